//! What is asked of a model, and what comes back.

use serde::{Deserialize, Serialize};

/// One turn to be completed.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The name of the model, as the engine knows it.
    pub model: String,
    pub messages: Vec<Message>,
    pub max_tokens: usize,
    /// 0 is greedy.
    pub temperature: f64,
    /// Whether a model that can think before it answers should.
    pub thinking: bool,
    /// What the answer must look like, where it is not free. Only our own host understands it.
    pub grammar: Option<Grammar>,
    pub priority: Priority,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub content: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
}

/// A grammar in the dialect of Lark that llguidance reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grammar(pub String);

/// Who waits for the answer. What nobody waits for goes behind what somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    Background,
    Chat,
}

/// A piece of an answer, in the order in which it was made. The last one is [`Event::Done`].
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// What the model thinks before it answers; no part of the answer.
    Thinking(String),
    Text(String),
    Done(Finish),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Finish {
    pub reason: Reason,
    pub usage: Option<Usage>,
    /// The generation that answered, `name@7`, where the engine tells.
    pub generation: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The model came to its end.
    Stop,
    /// `max_tokens`, or the context, was used up: the answer is cut short.
    Length,
}

/// Counts of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    pub prompt: usize,
    pub completion: usize,
}
