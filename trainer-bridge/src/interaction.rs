//! An interaction: one question of a developer, what was answered from which sources, and what came of it.

use serde::{Deserialize, Serialize};

use crate::sample::Lines;

/// A row of the user's own database. Secrets are redacted before it is written, so nothing of it has to be hidden again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    pub id: String,
    /// Of which workspace it was asked; empty where that is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub workspace: String,
    /// Milliseconds since 1970, in UTC.
    pub time: u64,
    /// What asked: `ask`, `explain`, `usages`, `impact`, `module`, `selection`, `diagnostic`, `hover`. Later versions may know more.
    pub kind: String,
    pub question: String,
    /// What the answer was made of.
    pub context: Vec<ContextRef>,
    pub answer: String,
    /// Whether the answer breaks off: a model came to its limit, or was cut off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    pub citations: Vec<Citation>,
    /// The share of the places and names in the answer that were found, from 0 to 1; none where it names nothing, or nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grounded: Option<f64>,
    pub scores: Vec<RetrievalScore>,
    /// The generation of the model that answered; none for an extractive answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<String>,
    pub latency_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The answer as the developer would have had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<String>,
    pub privacy: PrivacyMode,
    pub redactions: Vec<Redaction>,
}

/// A piece of a file as it was: its place and the hash of what stood there, never the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextRef {
    pub file: String,
    pub range: Lines,
    /// blake3 of the text of the range, in hexadecimal.
    pub hash: String,
    /// git's hash of the file's content at the time, where it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
}

/// A place that the answer names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    pub file: String,
    pub range: Lines,
    /// Whether the place was looked up, and is there.
    pub verified: bool,
}

/// Why a file was found: the sum, and the parts it is made of.
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
    /// `Interaction::correction` says how it should have been.
    Corrected,
}

/// What may be kept of an interaction.
/// The stricter mode is the greater one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrivacyMode {
    #[default]
    Full,
    /// No source text is stored: no code in question, answer and correction, and nothing of the context but hashes.
    NoCode,
    /// Nothing is stored at all.
    Off,
}

impl PrivacyMode {
    /// As it is written, in settings and elsewhere.
    pub fn name(self) -> &'static str {
        match self {
            PrivacyMode::Full => "full",
            PrivacyMode::NoCode => "no-code",
            PrivacyMode::Off => "off",
        }
    }
}

/// That something was taken out, and what kind of thing; never what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redaction {
    /// For example `aws_access_key` or `private_key`.
    pub kind: String,
    pub count: u32,
}

/// An id that no other interaction has. Ids sort in the order in which they were made.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}
