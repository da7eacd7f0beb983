//! Whole answers, for a teacher: one request without streaming, possibly for several choices.
//!
//! Synthesis needs complete texts, and not every engine streams several choices. Requests to the host of this program are streamed all the
//! same, because the engine in it goes on with a dropped request that is not.

use flows::{Reply, TeacherError, TeacherRequest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Client;
use super::attempt::{Attempt, malformed};
use super::retry::{Failure, Retry};
use crate::Event;
use crate::error::{one_line, root_cause};
use crate::thinking::Splitter;

/// Maximum size of a response, in bytes.
const MAX_RESPONSE_LEN: usize = 64 * 1024 * 1024;

#[derive(Serialize)]
struct Body<'r> {
    model: &'r str,
    messages: &'r [flows::TeacherMessage],
    #[serde(flatten)]
    sampling: &'r flows::Sampling,
    #[serde(skip_serializing_if = "is_one")]
    n: u32,
}

fn is_one(n: &u32) -> bool {
    *n == 1
}

#[derive(Deserialize)]
struct Response {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: usize,
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    #[serde(alias = "reasoning")]
    reasoning_content: Option<String>,
}

impl Client {
    /// Asks for whole answers, `request.n` of them in one request, and returns them in order. Nothing is retried.
    pub async fn complete(
        &self,
        model: &str,
        request: &TeacherRequest,
    ) -> Result<Vec<Reply>, TeacherError> {
        let body = Body {
            model,
            messages: &request.messages,
            sampling: &request.sampling,
            n: request.n,
        };
        self.send(&body).await.map_err(|failure| {
            let reason = failure.error.to_string();
            let retry_after = match failure.retry {
                Retry::Never => return TeacherError::Permanent(reason),
                Retry::Backoff => None,
                Retry::After(delay) => Some(delay),
            };
            TeacherError::Transient {
                reason,
                retry_after,
            }
        })
    }

    async fn send(&self, body: &Body<'_>) -> Result<Vec<Reply>, Failure> {
        let engine = &self.0;
        let attempt = Attempt {
            http: &engine.http,
            connection: &engine.connection,
            dialect: engine.dialect,
        };
        let url = engine.connection.shown();
        let mut response = attempt.send_whole(body).await?;
        let mut bytes = Vec::new();
        loop {
            let piece = response.chunk().await.map_err(|error| {
                let why = format!(
                    "the connection to the engine was lost: {}",
                    root_cause(&error)
                );
                Failure::transient(crate::ModelError::Interrupted(why))
            })?;
            let Some(piece) = piece else { break };
            bytes.extend_from_slice(&piece);
            if bytes.len() > MAX_RESPONSE_LEN {
                return Err(Failure::permanent(malformed(
                    &url,
                    "an answer longer than 64 MiB",
                )));
            }
        }
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
            let text = one_line(&String::from_utf8_lossy(&bytes));
            Failure::permanent(malformed(&url, format!("{error} in `{text}`")))
        })?;
        if let Some(error) = value.get("error").filter(|error| !error.is_null()) {
            let message = one_line(&super::wire::message(error));
            return Err(Failure::transient(crate::ModelError::EngineFailed(message)));
        }
        let mut response: Response = serde_json::from_value(value)
            .map_err(|error| Failure::permanent(malformed(&url, error.to_string())))?;
        response.choices.sort_by_key(|choice| choice.index);
        Ok(response.choices.into_iter().map(reply).collect())
    }
}

/// Separates the reasoning: some engines return it in a field of its own, others leave it in the text.
fn reply(
    Choice {
        message,
        finish_reason,
        ..
    }: Choice,
) -> Reply {
    let content = message.content.unwrap_or_default();
    let mut events = Vec::new();
    let mut splitter = Splitter::default();
    splitter.text(&content, &mut events);
    splitter.end(&mut events);
    let (mut inline, mut content) = (String::new(), String::new());
    for event in events {
        match event {
            Event::Thinking(text) => inline.push_str(&text),
            Event::Text(text) => content.push_str(&text),
            Event::Done(_) => {}
        }
    }
    let reasoning = [message.reasoning_content.unwrap_or_default(), inline];
    Reply {
        content,
        reasoning: reasoning.into_iter().find(|text| !text.trim().is_empty()),
        truncated: finish_reason.as_deref() == Some("length"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_is_separated_and_a_cut_is_noticed() {
        for (choice, content, reasoning, truncated) in [
            (
                r#"{"message": {"content": "<think>Why?</think>So."}, "finish_reason": "stop"}"#,
                "So.",
                Some("Why?"),
                false,
            ),
            (
                r#"{"message": {"content": "So", "reasoning": "Why?"}, "finish_reason": "length"}"#,
                "So",
                Some("Why?"),
                true,
            ),
            (r#"{"message": {"content": null}}"#, "", None, false),
        ] {
            let choice: Choice = serde_json::from_str(choice).unwrap();
            let reply = reply(choice);
            assert_eq!(
                (&*reply.content, reply.reasoning.as_deref(), reply.truncated),
                (content, reasoning, truncated)
            );
        }
    }
}
