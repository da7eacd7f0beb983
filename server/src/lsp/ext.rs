//! The extensions of the protocol, as `editors/PROTOCOL.md` documents them. A test holds the two together.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_lsp::ls_types::notification::Notification;
use tower_lsp::ls_types::{Diagnostic, ProgressToken, Range, TextDocumentIdentifier, Uri};

/// Raised when a client written for the version before would misread something.
pub const VERSION: u32 = 1;
pub const ASK: &str = "repoLsp/ask";
pub const STATUS: &str = "repoLsp/status";
/// The section of the editor's settings that is ours.
pub const SECTION: &str = "repoLsp";

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AskParams {
    /// Empty: the selected text is the question.
    #[serde(default)]
    pub question: String,
    pub text_document: Option<TextDocumentIdentifier>,
    pub range: Option<Range>,
    pub conversation_id: Option<String>,
    pub partial_result_token: Option<ProgressToken>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AskResult {
    pub markdown: String,
    pub citations: Vec<Citation>,
    pub mode: Mode,
    /// The generation of the model that answered; null where none did.
    pub generation: Option<String>,
    /// What the model thought before it answered; no part of the answer.
    #[serde(default)]
    pub thinking: Option<String>,
    /// The share of the places and names in the answer that were found, from 0 to 1; null where it names none.
    #[serde(default)]
    pub grounded: Option<f64>,
    /// The places and names that were not found, as the answer has them.
    #[serde(default)]
    pub unverified: Vec<String>,
    /// Why the model's answer is missing or not whole.
    #[serde(default)]
    pub error: Option<String>,
    pub interaction_id: String,
    pub conversation_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Model,
    Extractive,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Citation {
    pub uri: Uri,
    pub range: Range,
    /// `path#L10-L24`
    pub label: String,
    pub verified: bool,
}

/// What `$/progress` carries under the `partialResultToken` of an ask: text to append, and the places it cites.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AskPartial {
    pub markdown: String,
    pub citations: Vec<Citation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct PartialParams {
    pub token: ProgressToken,
    pub value: AskPartial,
}

/// `$/progress` with a value of our own; the framework's type only knows work-done progress.
pub enum Partial {}

impl Notification for Partial {
    type Params = PartialParams;
    const METHOD: &'static str = "$/progress";
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusParams {
    /// How many skipped files to list in each root; 20 where not given.
    pub max_skipped: Option<usize>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusResult {
    pub version: u32,
    /// One quiet line for a status bar.
    pub message: String,
    /// The model that answers; null where there is none.
    pub model: Option<String>,
    pub roots: Vec<RootStatus>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RootStatus {
    pub name: String,
    pub uri: Option<Uri>,
    pub state: State,
    /// Why it failed, where it did.
    pub error: Option<String>,
    pub done: usize,
    pub total: usize,
    pub files: usize,
    pub symbols: usize,
    pub modules: usize,
    pub chunks: usize,
    pub bytes_on_disk: u64,
    /// Whether this process writes the index; another one on the same workspace may.
    pub writer: bool,
    pub skipped_count: usize,
    pub skipped: Vec<Skipped>,
    /// What the index had to say, such as that it was rebuilt.
    pub notices: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Opening,
    Indexing,
    Fresh,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Skipped {
    pub path: String,
    pub reason: String,
}

/// The one argument of our commands.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandArgument {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_document: Option<TextDocumentIdentifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnostic: Option<Diagnostic>,
}

/// What our commands return: the answer, and the Markdown document it was written to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandResult {
    #[serde(flatten)]
    pub answer: AskResult,
    pub document: Option<Uri>,
}

/// What `initialize` announces under `experimental`.
pub fn announcement() -> Value {
    serde_json::json!({ "repoLsp": { "version": VERSION, "ask": true, "status": true } })
}
