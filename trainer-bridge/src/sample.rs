//! A training sample: a conversation, and where it comes from. One a line; the shape that `sdg_hub`'s mixing step emits as well.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    pub messages: Vec<Message>,
    pub metadata: Metadata,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub content: String,
    /// What the model thought before it answered, where the teacher showed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    System,
    User,
    Assistant,
    Tool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The same content has the same id, so that a sample is never counted twice.
    pub id: String,
    /// What is practised, for example `explain` or `where`.
    pub kind: String,
    pub source: Source,
    /// What made the sample: the name of a synthesis flow, or `interaction`.
    pub flow: String,
    /// The model that wrote the answer; none where a person or the index did.
    pub teacher: Option<String>,
    pub split: Split,
    /// Whether everything the answer names was found in the source. Nobody has checked what a person wrote.
    pub grounded: bool,
    /// The interactions it was made of: more than one where developers asked nearly the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interactions: Vec<String>,
    /// Why it is believed to be good, where a developer's reaction says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<Signal>,
}

/// What a developer did with an answer; the better reason is the greater one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Said that it is wrong.
    Rejected,
    /// Nothing, but everything it names is there.
    Unjudged,
    /// Put its code into a file and left it there.
    Inserted,
    /// Said that it is right.
    Good,
    /// Wrote it as it should be.
    Corrected,
}

/// The piece of the repository a sample was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub file: String,
    pub range: Lines,
    /// git's hash of the file's content, by which a sample is known to be out of date.
    pub blob: String,
}

/// Lines of a file, counted from 1, the last one included: as a citation `path#L10-L24` has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    pub first: u32,
    pub last: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    Train,
    Valid,
    Test,
}
