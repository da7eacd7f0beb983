//! A golden question: what a good retriever or a good model is measured by. One a line.

use serde::{Deserialize, Serialize};

/// A question of which it is known where its answer lies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoldenQuestion {
    pub id: String,
    /// The repository it is asked of, where a file of questions is about several.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repo: String,
    /// The commit of that repository.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub commit: String,
    pub question: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Relative to the root, separated by `/`.
    pub gold_files: Vec<String>,
    /// `path::name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gold_symbols: Option<Vec<String>>,
    /// The id of the module it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
}
