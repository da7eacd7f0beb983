//! The wire format: OpenAI chat completions with the extension fields of some engines.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::host_files::PREEMPTED;
use crate::{ChatMessage, Request, Usage};

/// The extension fields that an engine accepts beyond the OpenAI protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// The fields of our own host.
    Host,
    /// `chat_template_kwargs`, which vLLM, llama.cpp and others accept.
    Common,
    /// No extension field.
    Plain,
}

#[derive(Debug, Serialize)]
pub(super) struct Body<'r> {
    model: &'r str,
    messages: &'r [ChatMessage],
    max_tokens: usize,
    temperature: f64,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_thinking: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grammar: Option<GrammarField<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_template_kwargs: Option<TemplateArguments>,
}

#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Debug, Serialize)]
struct GrammarField<'r> {
    r#type: &'static str,
    value: &'r str,
}

#[derive(Debug, Serialize)]
struct TemplateArguments {
    enable_thinking: bool,
}

impl<'r> Body<'r> {
    pub fn new(request: &'r Request, dialect: Dialect) -> Self {
        let host = dialect == Dialect::Host;
        let grammar = request.grammar.as_ref().filter(|_| host);
        Body {
            model: &request.model,
            messages: &request.messages,
            max_tokens: request.max_tokens,
            temperature: request.temperature,
            stream: true,
            // The host always sends usage counts.
            stream_options: (!host).then_some(StreamOptions {
                include_usage: true,
            }),
            enable_thinking: host.then_some(request.thinking),
            grammar: grammar.map(|grammar| GrammarField {
                r#type: "lark",
                value: &grammar.0,
            }),
            chat_template_kwargs: (dialect == Dialect::Common).then_some(TemplateArguments {
                enable_thinking: request.thinking,
            }),
        }
    }
}

/// One event of a stream. Every field is optional, because engines differ and errors have other fields.
#[derive(Debug, Deserialize)]
#[serde(expecting = "a chat completion chunk")]
pub(super) struct Chunk {
    pub model: Option<String>,
    pub choices: Option<Vec<Choice>>,
    pub usage: Option<Counts>,
    error: Option<Value>,
    message: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    pub delta: Option<Delta>,
    pub finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Delta {
    pub content: Option<String>,
    pub reasoning_content: Option<String>,
    /// The name of `reasoning_content` in newer engines.
    pub reasoning: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Counts {
    #[serde(default)]
    prompt_tokens: usize,
    #[serde(default)]
    completion_tokens: usize,
}

impl From<Counts> for Usage {
    fn from(counts: Counts) -> Self {
        Usage {
            prompt: counts.prompt_tokens,
            completion: counts.completion_tokens,
        }
    }
}

impl Chunk {
    pub fn is_preempted(&self) -> bool {
        self.error.as_ref().is_some_and(is_preempted)
    }

    /// Returns the error message, if this event is an error.
    pub fn error(&self) -> Option<String> {
        match (&self.error, &self.choices) {
            (Some(Value::Null) | None, Some(_)) => None,
            (Some(error), _) if !error.is_null() => Some(message(error)),
            _ => self.message.as_ref().map(message),
        }
    }
}

/// Returns whether an error means that the request was preempted.
pub(super) fn is_preempted(error: &Value) -> bool {
    let error = error.get("error").unwrap_or(error);
    error["type"] == PREEMPTED
}

/// Extracts the message of an error, which is an object for most engines and a string for some.
pub(super) fn message(error: &Value) -> String {
    let inner = ["error", "message", "detail"]
        .iter()
        .find_map(|key| error.get(key))
        .filter(|inner| !inner.is_null());
    match (inner, error) {
        (Some(inner), _) => message(inner),
        (None, Value::String(text)) => text.clone(),
        (None, Value::Null) => String::new(),
        (None, other) => other.to_string(),
    }
}
