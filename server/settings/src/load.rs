//! Reads the sources in their order and keeps a record of all that was wrong.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;
use trainer_bridge::PrivacyMode;

use super::keys::{self, Fault, Leaf};
use super::{Options, Settings, WorkspaceOptions};
use crate::paths::{self, Dirs};

/// Where a setting was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `repo-lsp.toml`: it came with the repository.
    Workspace,
    /// The user's own `config.toml`.
    User,
    Editor,
}

/// One thing that is wrong with the configuration. Displays as one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub source: Source,
    pub file: Option<PathBuf>,
    pub line: Option<usize>,
    pub key: Option<String>,
    pub message: String,
}

impl Problem {
    /// Whether this leaves unknown what may be kept of questions and answers.
    fn hides_recording(&self) -> bool {
        match self.key.as_deref() {
            None => true,
            Some(key) => key == "samples" || key.starts_with("samples."),
        }
    }

    /// Whether this leaves unknown which files are private.
    pub fn hides_privacy(&self) -> bool {
        match self.key.as_deref() {
            // The text as a whole could not be read.
            None => true,
            Some(key) => {
                key == "index" || key == "index.private" || key.starts_with("index.private.")
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}", paths::tilde(file))?,
            None => write!(f, "editor settings")?,
        }
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": {key}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// The settings that apply, and what was wrong on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub settings: Settings,
    pub problems: Vec<Problem>,
    /// The files that exist and were read.
    pub files: Vec<PathBuf>,
}

impl Loaded {
    /// The problem for which nothing may be indexed: nobody can tell which files were meant to be private.
    /// A running server keeps its previous settings instead.
    pub fn fatal(&self) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.hides_privacy())
    }
}

/// Reads all sources for the workspace at `root`, or without one what holds for all. `editor` is the section an editor sends,
/// `flags` what the command line said.
pub fn load(root: Option<&Path>, dirs: &Dirs, editor: Option<&Value>, flags: Options) -> Loaded {
    let mut reader = Reader {
        sources: Vec::new(),
        problems: Vec::new(),
        files: Vec::new(),
    };
    if let Some(root) = root
        && let Some((file, text)) = reader.text(Source::Workspace, root.join(paths::WORKSPACE_FILE))
    {
        reader.workspace(file, &text);
    }
    if let Some((file, text)) = reader.text(Source::User, dirs.config_file()) {
        reader.trusted(Source::User, Some(file), keys::of_toml(&text));
    }
    if let Some(value) = editor {
        reader.trusted(Source::Editor, None, keys::of_json(value));
    }
    reader.sources.push(flags);
    let mut settings = Settings::resolve(reader.sources);
    if reader.problems.iter().any(Problem::hides_recording) {
        settings.samples.mode = PrivacyMode::Off;
    }
    Loaded {
        settings,
        problems: reader.problems,
        files: reader.files,
    }
}

struct Reader {
    sources: Vec<Options>,
    problems: Vec<Problem>,
    files: Vec<PathBuf>,
}

impl Reader {
    fn text(&mut self, source: Source, file: PathBuf) -> Option<(PathBuf, String)> {
        match std::fs::read_to_string(&file) {
            Ok(text) => {
                self.files.push(file.clone());
                Some((file, text))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                let message = format!("cannot be read: {}", paths::plain(&error));
                self.problems.push(Problem {
                    source,
                    file: Some(file),
                    line: None,
                    key: None,
                    message,
                });
                None
            }
        }
    }

    fn workspace(&mut self, file: PathBuf, text: &str) {
        let (options, faults) = match keys::of_toml(text) {
            Ok(leaves) => keys::read::<WorkspaceOptions>(&leaves, why_refused),
            Err(fault) => (WorkspaceOptions::default(), vec![fault]),
        };
        self.sources.push(options.into());
        self.blame(Source::Workspace, Some(file), faults);
    }

    fn trusted(&mut self, source: Source, file: Option<PathBuf>, leaves: Result<Vec<Leaf>, Fault>) {
        let (options, faults) = match leaves {
            Ok(mut leaves) => {
                let shared =
                    leaves.extract_if(.., |leaf| source == Source::Editor && leaf.is_shared());
                let refused: Vec<Fault> = shared
                    .map(|leaf| leaf.fault("one process serves all editors, so this belongs in your own config.toml"))
                    .collect();
                let (options, mut faults) = keys::read::<Options>(&leaves, |_| None);
                faults.extend(refused);
                (options, faults)
            }
            Err(fault) => (Options::default(), vec![fault]),
        };
        self.sources.push(options);
        self.blame(source, file, faults);
    }

    fn blame(&mut self, source: Source, file: Option<PathBuf>, faults: Vec<Fault>) {
        self.problems
            .extend(faults.into_iter().map(|fault| Problem {
                source,
                file: file.clone(),
                line: fault.line,
                key: fault.key,
                message: fault.message,
            }));
    }
}

/// A key that a workspace may not set, though its owner may.
fn why_refused(leaf: &Leaf) -> Option<String> {
    let (_, refused_by_workspace) =
        keys::read::<WorkspaceOptions>(std::slice::from_ref(leaf), |_| None);
    let unknown_here = refused_by_workspace
        .first()?
        .message
        .starts_with("unknown key");
    let (_, refused) = keys::read::<Options>(std::slice::from_ref(leaf), |_| None);
    let place = match leaf.is_shared() {
        true => "your own config.toml",
        false => "your own config.toml or your editor's settings",
    };
    (unknown_here && refused.is_empty())
        .then(|| format!("a workspace file may not set this; it belongs in {place}"))
}

#[cfg(test)]
mod tests;
