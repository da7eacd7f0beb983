//! The chat request and the events of its streamed reply.

use serde::{Deserialize, Serialize};
use trainer_bridge::Role;

/// A chat completion request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The model name that the engine expects.
    pub model: String,
    pub messages: Vec<ChatMessage>,
    pub max_tokens: usize,
    /// 0 means greedy decoding.
    pub temperature: f64,
    /// Enables reasoning, for models that support it.
    pub thinking: bool,
    /// Constrains the output. Only the host of this program supports it; it is not sent to other engines.
    pub grammar: Option<Grammar>,
    pub priority: Priority,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    pub role: Role,
    pub content: String,
}

/// A grammar in the Lark dialect of llguidance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grammar(pub String);

/// Scheduling priority. Chat requests run before background requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    Background,
    Chat,
}

/// One event of a streamed reply. The last event is [`Event::Done`].
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Reasoning text, which is not part of the answer.
    Thinking(String),
    Text(String),
    Done(Finish),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Finish {
    pub reason: FinishReason,
    pub usage: Option<Usage>,
    /// The generation that answered, such as `name@7`, if the engine reports it.
    pub generation: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// The model finished its answer.
    Stop,
    /// `max_tokens` or the context length was reached; the answer is truncated.
    Length,
}

/// Token counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    pub prompt: usize,
    pub completion: usize,
}
