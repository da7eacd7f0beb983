//! A training sample: a conversation and its origin, one per line, in the format that the mixing step of `sdg_hub` writes too.

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
    /// The reasoning of the teacher model before its answer, if it is available.
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
    /// A hash of the content, so that equal samples have equal ids.
    pub id: String,
    /// The kind of task, for example `explain` or `where`.
    pub kind: String,
    pub source: SampleSource,
    /// The name of the synthesis flow that generated the sample, or `interaction`.
    pub flow: String,
    /// The model that wrote the answer. `None` for answers of a person or of the index.
    pub teacher: Option<String>,
    pub split: Split,
    /// Whether the places and names in the answer were verified. False for text written by a person, which is not checked.
    pub grounded: bool,
    /// The interactions that it was made of: several if their questions were near-duplicates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interactions: Vec<String>,
    /// The developer's reaction that the sample is based on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<Signal>,
}

/// A developer's reaction to an answer, in ascending order of quality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Rated bad.
    Rejected,
    /// No reaction, but everything in the answer was verified.
    Unjudged,
    /// Code was inserted into a file and was not removed.
    Inserted,
    /// Rated good.
    Good,
    /// Corrected by the developer.
    Corrected,
}

/// The part of the repository that a sample is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SampleSource {
    pub file: String,
    pub range: CitedLines,
    /// The git blob hash of the file, which shows whether the sample is out of date. Empty if it is unknown.
    pub blob: String,
}

/// A range of lines as in a citation `path#L10-L24`: 1-based, inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CitedLines {
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
