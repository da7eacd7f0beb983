//! The protocol extensions that `editors/PROTOCOL.md` documents. A test checks that both agree.

pub use assistant::ask::{AskPartial, AskResult};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_lsp::ls_types::notification::Notification;
use tower_lsp::ls_types::{Diagnostic, ProgressToken, Range, TextDocumentIdentifier, Uri};
use trainer_bridge::PrivacyMode;

/// The version of the extensions. Raised with every change that is incompatible with older clients.
pub const VERSION: u32 = 1;
pub const ASK: &str = "repoLsp/ask";
pub const STATUS: &str = "repoLsp/status";
pub const FEEDBACK: &str = "repoLsp/feedback";
/// The section of the editor's settings that this server reads.
pub const SECTION: &str = "repoLsp";

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AskParams {
    /// If empty, the selected text is the question.
    #[serde(default)]
    pub question: String,
    pub text_document: Option<TextDocumentIdentifier>,
    pub range: Option<Range>,
    /// Only determines the module that the question, a requirement, belongs to.
    #[serde(default)]
    pub module: bool,
    pub conversation_id: Option<String>,
    pub partial_result_token: Option<ProgressToken>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct PartialParams {
    pub token: ProgressToken,
    pub value: AskPartial,
}

/// `$/progress` with a partial result. The type of `tower-lsp` only supports work-done progress.
pub enum Partial {}

impl Notification for Partial {
    type Params = PartialParams;
    const METHOD: &'static str = "$/progress";
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusParams {
    /// Maximum number of skipped files to list for each root. Defaults to 20.
    pub max_skipped: Option<usize>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusResult {
    pub version: u32,
    /// One line for a status bar.
    pub message: String,
    /// The model that answers, or null if no model is set up.
    pub model: Option<String>,
    pub roots: Vec<RootStatus>,
    pub samples: SamplesStatus,
}

/// The state of the recording of questions and answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SamplesStatus {
    /// `full`, `no-code` or `off`.
    pub mode: PrivacyMode,
    /// Recorded interactions of all workspaces since `since`.
    pub interactions: u64,
    /// Recorded feedback of all workspaces since `since`.
    pub feedback: u64,
    /// When the model in use was trained, in milliseconds since the Unix epoch. If null, everything recorded is counted.
    pub since: Option<u64>,
    /// Why samples cannot be written or counted at the moment.
    pub problem: Option<String>,
}

/// Feedback on an answer. At least one part must be present.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeedbackParams {
    pub interaction_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The answer as it should have been. Implies that the given answer was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copied: Option<Copied>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inserted: Option<InsertedAt>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Good,
    Bad,
}

/// Code of the answer that was copied.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Copied {
    pub characters: u64,
}

/// The range in an open document into which code of the answer was inserted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InsertedAt {
    pub text_document: TextDocumentIdentifier,
    pub range: Range,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedbackResult {
    /// Whether the feedback was recorded.
    pub recorded: bool,
    /// Why it was not recorded.
    pub message: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RootStatus {
    pub name: String,
    pub uri: Option<Uri>,
    pub state: IndexState,
    /// The reason of the state `failed`.
    pub error: Option<String>,
    pub done: usize,
    pub total: usize,
    pub files: usize,
    pub symbols: usize,
    pub modules: usize,
    pub chunks: usize,
    pub bytes_on_disk: u64,
    /// Whether this process writes the index. Another process with the same workspace may be the writer.
    pub writer: bool,
    pub skipped_count: usize,
    pub skipped: Vec<Skipped>,
    /// Notices of the index, for example that it was rebuilt.
    pub notices: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IndexState {
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

/// The single argument of the commands.
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

/// The result of the commands: the answer, and the Markdown document it was written to.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandResult {
    #[serde(flatten)]
    pub answer: AskResult,
    pub document: Option<Uri>,
}

/// Returns the value that `initialize` announces under `experimental`.
pub fn announcement() -> Value {
    serde_json::json!({ "repoLsp": { "version": VERSION, "ask": true, "status": true, "feedback": true } })
}
