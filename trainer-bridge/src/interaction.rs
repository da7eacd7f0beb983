//! An interaction: a developer's question, the answer with its sources, and the verdict.

use serde::{Deserialize, Serialize};

use crate::sample::CitedLines;

/// A question and its answer, as they are stored in the user's own database. Secrets are redacted before it is stored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    pub id: String,
    /// The path of the workspace, or empty if it is unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub workspace: String,
    /// Milliseconds since 1970, in UTC.
    pub time: u64,
    /// The kind of request: `ask`, `explain`, `usages`, `impact`, `module`, `selection`, `diagnostic`, `hover`. Later versions may add kinds.
    pub kind: String,
    pub question: String,
    /// The sources that the answer is based on.
    pub context: Vec<ContextRef>,
    pub answer: String,
    /// Whether the answer is incomplete, because the model reached its token limit or was interrupted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    pub citations: Vec<RecordedCitation>,
    /// The share of the places and names in the answer that were verified, from 0 to 1. `None` if there are none, or if they were not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grounded: Option<f64>,
    pub scores: Vec<RetrievalScore>,
    /// The label of the generation that answered, such as `repo@7`. `None` for an answer from the index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<String>,
    pub latency_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What the answer should have been, as written by the developer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<String>,
    pub privacy: PrivacyMode,
    pub redactions: Vec<Redaction>,
}

/// A range of a file and the hash of its text at the time. The text itself is not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextRef {
    pub file: String,
    pub range: CitedLines,
    /// The blake3 hash of the text of the range, in hexadecimal.
    pub hash: String,
    /// The git blob hash of the file at the time, if it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
}

/// A place that the answer cites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedCitation {
    pub file: String,
    pub range: CitedLines,
    /// Whether the place was found.
    pub verified: bool,
}

/// The retrieval score of a file: the sum and its components.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetrievalScore {
    pub file: String,
    pub total: f64,
    pub parts: crate::Metrics,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Good,
    Bad,
    /// The developer wrote a correction.
    Corrected,
}

/// How much of an interaction may be recorded. Stricter modes are greater.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrivacyMode {
    #[default]
    Full,
    /// No source code is recorded: it is removed from question, answer and correction.
    NoCode,
    /// Nothing is recorded.
    Off,
}

impl PrivacyMode {
    /// Returns the name as it is written in settings and JSON.
    pub fn name(self) -> &'static str {
        match self {
            PrivacyMode::Full => "full",
            PrivacyMode::NoCode => "no-code",
            PrivacyMode::Off => "off",
        }
    }
}

/// How many secrets of one kind were redacted. The secrets themselves are not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redaction {
    /// For example `aws_access_key` or `private_key`.
    pub kind: String,
    pub count: u32,
}

/// Generates a unique id. Ids sort by the time at which they were generated.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}
