//! What the edge needs to know of the user's settings, and who it asks. Where they come from is not its business.

use std::path::{Path, PathBuf};

use repo_indexer::{IndexOptions, PrivateFiles};
use serde_json::Value;

use assistant::chat::Assistant;
use assistant::recording::RecordingPolicy;
use settings::ModelSettings;

/// Where settings come from: the user's file, the workspace's file, and what the editor sent.
pub trait SettingsSource: Send + Sync + 'static {
    /// The settings of one workspace root; without a root, of the server as a whole.
    /// `editor` is the `repoLsp` section of the editor's settings; null if it has sent none.
    fn resolve(&self, root: Option<&Path>, editor: &Value) -> Resolved;

    /// Who answers with these settings: none if no model is set up, or why the one that is cannot be asked. Makes no connection.
    fn assistant(&self, settings: &ModelSettings) -> Result<Option<Assistant>, String>;

    /// When the model in use was trained, in milliseconds since 1970; none if it was not trained here.
    fn trained(&self, settings: &ModelSettings) -> Option<u64>;
}

#[derive(Debug, Clone)]
pub struct Resolved {
    pub settings: Settings,
    /// What is wrong, one line each.
    pub problems: Vec<String>,
    /// Why nothing may be indexed with these settings: nobody can tell which files are private.
    pub fatal: Option<String>,
}

impl Resolved {
    /// Which files are private; none if nobody can tell.
    pub fn private(&self) -> Option<PrivateFiles> {
        match self.fatal {
            Some(_) => None,
            None => PrivateFiles::new(&self.settings.index.private).ok(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Offer symbols, definition, references and call hierarchy. Off where a language's own server does that.
    pub navigation: bool,
    /// How many sources an answer quotes.
    pub sources: usize,
    /// Where the answers of commands are written as Markdown documents.
    pub answers_directory: PathBuf,
    /// The index is reopened when these options change.
    pub index: IndexOptions,
    pub model: ModelSettings,
    /// Where summaries that a model made are kept.
    pub summaries_directory: PathBuf,
    /// How much of questions and answers is kept, and where.
    pub samples: RecordingPolicy,
}
