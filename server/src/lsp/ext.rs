//! The extensions of the protocol, as `editors/PROTOCOL.md` documents them. A test holds the two together.

pub use assistant::ask::{AskPartial, AskResult};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_lsp::ls_types::notification::Notification;
use tower_lsp::ls_types::{Diagnostic, ProgressToken, Range, TextDocumentIdentifier, Uri};
use trainer_bridge::PrivacyMode;

/// Raised when a client written for the version before would misread something.
pub const VERSION: u32 = 1;
pub const ASK: &str = "repoLsp/ask";
pub const STATUS: &str = "repoLsp/status";
pub const FEEDBACK: &str = "repoLsp/feedback";
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
    /// Which module the question belongs to is all that is asked.
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
    pub samples: SamplesStatus,
}

/// What is kept of questions and answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SamplesStatus {
    /// `full`, `no-code` or `off`.
    pub mode: PrivacyMode,
    /// Since the model in use was trained; since ever, if none was. Both count all workspaces.
    pub interactions: u64,
    pub feedback: u64,
    /// When that was, in milliseconds since 1970; null for ever.
    pub since: Option<u64>,
    /// Why nothing can be written or counted at the moment.
    pub problem: Option<String>,
}

/// What came of an answer; any of its parts may be absent.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeedbackParams {
    pub interaction_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The answer as it should have been; says by itself that it was not right.
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

/// Code of the answer was copied.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Copied {
    pub characters: u64,
}

/// Where code of the answer lies, now that it was inserted into an open document.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InsertedAt {
    pub text_document: TextDocumentIdentifier,
    pub range: Range,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedbackResult {
    /// Whether it is kept.
    pub recorded: bool,
    /// Why it is not.
    pub message: Option<String>,
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
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandResult {
    #[serde(flatten)]
    pub answer: AskResult,
    pub document: Option<Uri>,
}

/// What `initialize` announces under `experimental`.
pub fn announcement() -> Value {
    serde_json::json!({ "repoLsp": { "version": VERSION, "ask": true, "status": true, "feedback": true } })
}
