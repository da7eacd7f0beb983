//! `LLMChatBlock`: asks the teacher. Where it runs and how requests are sent is not the flow's business.

use std::sync::Arc;

use futures::{StreamExt, stream};
use serde_json::{Map, Value, json};

use super::{Context, place_of};
use crate::{
    config::{ColumnRef, Config},
    dispatch::{AskError, Dispatcher},
    table::{Table, cell},
    teacher::{Reply, Role, Sampling, TeacherMessage, TeacherRequest},
    yaml::LoadError,
};

/// `async_mode`, `timeout`, `num_retries` and `drop_params` say how sdg_hub sends requests; they are accepted and have no effect.
pub(super) const KEYS: &[&str] = &[
    "async_mode",
    "timeout",
    "num_retries",
    "drop_params",
    "model",
    "api_base",
    "api_key",
    "temperature",
    "top_p",
    "max_tokens",
    "max_completion_tokens",
    "seed",
    "n",
];

pub(crate) struct Chat {
    pub input: ColumnRef,
    pub output: ColumnRef,
    pub sampling: Sampling,
    /// How many replies are wanted per prompt.
    pub n: u32,
}

impl Chat {
    pub(super) fn load(config: &Config<'_>) -> Result<Self, LoadError> {
        for key in ["model", "api_base", "api_key"] {
            if let Some(entry) = config.get(key) {
                let problem = format!("a flow does not choose the teacher: remove `{key}`");
                return Err(config.invalid(entry.line, problem));
            }
        }
        let small = |key: &str| {
            let number = config.whole_number(key)?;
            number
                .map(u32::try_from)
                .transpose()
                .map_err(|_| config.invalid(config.line_of(key), format!("`{key}` is too large")))
        };
        Ok(Self {
            input: config.column("input_cols")?,
            output: config.column("output_cols")?,
            sampling: Sampling {
                temperature: config.number("temperature")?,
                top_p: config.number("top_p")?,
                max_tokens: match small("max_completion_tokens")? {
                    None => small("max_tokens")?,
                    some => some,
                },
                seed: config.whole_number("seed")?,
            },
            n: small("n")?.unwrap_or(1).max(1),
        })
    }

    /// Returns the prompts of the rows that have one.
    pub fn prompts(&self, table: &Table) -> Vec<Vec<TeacherMessage>> {
        let Ok(place) = place_of(table, &self.input) else {
            return Vec::new();
        };
        let cells = table
            .records
            .iter()
            .map(|record| record.cells[place].as_deref());
        cells.filter_map(|cell| messages(cell).ok()).collect()
    }

    /// Appends the replies to each row. `answered` is called after each request.
    pub async fn run(
        &self,
        mut table: Table,
        n: u32,
        cx: &mut Context,
        dispatcher: &Dispatcher,
        answered: &(dyn Fn() + Sync),
    ) -> Result<Table, String> {
        let place = place_of(&table, &self.input)?;
        let mut prompts = Vec::with_capacity(table.records.len());
        let mut asked = Vec::with_capacity(table.records.len());
        for record in std::mem::take(&mut table.records) {
            match messages(record.cells[place].as_deref()) {
                Ok(messages) => {
                    prompts.push(messages);
                    asked.push(record);
                }
                Err(problem) if cx.compat => {
                    let row = prompts.len();
                    return Err(format!("`{}` of row {row}: {problem}", self.input.name));
                }
                Err(problem) => cx.drop(record.origin, problem, ""),
            }
        }
        // sdg_hub sends one request for n choices; servers may ignore n, so that here n requests are sent.
        let requests_per_prompt = if cx.compat { 1 } else { n };
        let requests = prompts
            .iter()
            .flat_map(|messages| (0..requests_per_prompt).map(move |choice| (messages, choice)));
        let ask = async |(messages, choice): (&Vec<TeacherMessage>, u32)| {
            let request = self.request(messages.clone(), n, choice, cx.compat);
            let answer = dispatcher.ask(&request, choice).await;
            answered();
            answer
        };
        // More than may be in flight, so that one slow reply does not hold back the rest.
        let window = dispatcher.limits().in_flight.max(1) * 4;
        let answers: Vec<Result<Arc<Vec<Reply>>, AskError>> = stream::iter(requests)
            .map(ask)
            .buffered(window)
            .collect()
            .await;

        let mut answers = answers.into_iter();
        for mut record in asked {
            let mut replies: Vec<Value> = Vec::new();
            for answer in answers.by_ref().take(requests_per_prompt as usize) {
                match answer {
                    Ok(choices)
                        if !cx.compat && choices.first().is_some_and(|reply| reply.truncated) =>
                    {
                        let reply = choices.first().map_or("", |reply| reply.content.as_str());
                        cx.drop(record.origin, AskError::Truncated.to_string(), reply);
                    }
                    Ok(choices) => {
                        let wanted = if cx.compat && n > 1 { usize::MAX } else { 1 };
                        let shape = if cx.compat { client_message } else { message };
                        replies.extend(choices.iter().take(wanted).map(shape));
                    }
                    Err(error) if cx.compat => return Err(error.to_string()),
                    Err(error @ (AskError::Failed { .. } | AskError::Refused(_))) => cx.drop(
                        record.origin,
                        "the teacher gave no answer",
                        &error.to_string(),
                    ),
                    Err(error) => {
                        let text = error.to_string();
                        cx.drop(record.origin, text.clone(), &text);
                    }
                }
            }
            if !replies.is_empty() {
                record.cells.push(cell(replies));
                table.records.push(record);
            }
        }
        table.push_column(&self.output.name);
        Ok(table)
    }

    fn request(
        &self,
        messages: Vec<TeacherMessage>,
        n: u32,
        choice: u32,
        compat: bool,
    ) -> TeacherRequest {
        let mut sampling = self.sampling.clone();
        if !compat && choice > 0 {
            // A server that honours seeds would otherwise say the same again.
            sampling.seed = Some(sampling.seed.unwrap_or(0) + u64::from(choice));
        }
        TeacherRequest {
            messages,
            sampling,
            n: if compat { n } else { 1 },
        }
    }
}

/// Reads a list of messages, or a text as the only message.
fn messages(value: Option<&Value>) -> Result<Vec<TeacherMessage>, &'static str> {
    let items = match value {
        Some(Value::Array(items)) if items.is_empty() => {
            return Err("the list of messages is empty");
        }
        Some(Value::Array(items)) => items,
        _ => return Err("this is not a list of messages"),
    };
    items
        .iter()
        .map(|item| {
            let role = match item["role"].as_str() {
                Some("system") => Role::System,
                Some("user") => Role::User,
                Some("assistant") => Role::Assistant,
                _ => return None,
            };
            Some(TeacherMessage {
                role,
                content: item["content"].as_str()?.to_owned(),
            })
        })
        .collect::<Option<_>>()
        .ok_or("a message has no `role` or no `content`")
}

/// A reply as a cell.
fn message(reply: &Reply) -> Value {
    let (reasoning, content) = match split_reasoning(reply.content.trim_start()) {
        Some((thought, content)) => (Some(thought.trim()), content),
        None => (reply.reasoning.as_deref(), reply.content.as_str()),
    };
    let mut message = Map::new();
    message.insert("role".to_owned(), "assistant".into());
    message.insert("content".to_owned(), content.into());
    if let Some(reasoning) = reasoning {
        message.insert("reasoning_content".to_owned(), reasoning.into());
    }
    Value::Object(message)
}

/// A reply in the shape in which sdg_hub's client passes it on, with its empty fields; they show where a flow outputs the column.
fn client_message(reply: &Reply) -> Value {
    let (reasoning, content) = match (&reply.reasoning, split_reasoning(&reply.content)) {
        (Some(reasoning), _) => (Some(reasoning.as_str()), reply.content.as_str()),
        (None, Some((thought, content))) => (Some(thought), content),
        (None, None) => (None, reply.content.as_str()),
    };
    let mut message = json!({
        "content": content,
        "role": "assistant",
        "tool_calls": null,
        "function_call": null,
    });
    let mut fields = json!({ "refusal": null });
    if let Some(reasoning) = reasoning {
        message["reasoning_content"] = reasoning.into();
        fields["reasoning_content"] = reasoning.into();
    }
    message["provider_specific_fields"] = fields;
    message
}

/// Splits `<think>…</think>` off the beginning of a reply.
fn split_reasoning(content: &str) -> Option<(&str, &str)> {
    const TAGS: [&str; 3] = ["think", "thinking", "budget:thinking"];
    let rest = content.strip_prefix('<')?;
    let start = TAGS
        .iter()
        .find_map(|tag| rest.strip_prefix(tag)?.strip_prefix('>'))?;
    TAGS.iter()
        .filter_map(|tag| {
            let end = format!("</{tag}>");
            let at = start.find(&end)?;
            Some((at, &start[..at], &start[at + end.len()..]))
        })
        .min_by_key(|(at, ..)| *at)
        .map(|(_, thought, content)| (thought, content))
}
