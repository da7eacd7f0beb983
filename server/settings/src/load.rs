//! Reads all configuration sources in order and collects their errors.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;
use trainer_bridge::PrivacyMode;

use super::keys::{self, KeyError, Leaf};
use super::{Options, Settings, WorkspaceOptions};
use crate::paths::{self, Dirs};

/// The source of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingOrigin {
    /// `repo-lsp.toml` in the workspace root: part of the repository, so not trusted.
    Workspace,
    /// The user's `config.toml`.
    User,
    /// The settings that the editor sends.
    Editor,
}

/// An error in the configuration. Displays as one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub origin: SettingOrigin,
    pub file: Option<PathBuf>,
    /// 1-based.
    pub line: Option<usize>,
    pub key: Option<String>,
    pub message: String,
}

impl Problem {
    /// Returns whether this leaves it unknown what may be recorded.
    fn affects_recording(&self) -> bool {
        match self.key.as_deref() {
            None => true,
            Some(key) => key == "samples" || key.starts_with("samples."),
        }
    }

    /// Returns whether this leaves it unknown which files are private.
    pub fn affects_private_files(&self) -> bool {
        match self.key.as_deref() {
            // The whole source is invalid or unreadable.
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

/// The effective settings, and all errors in the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub settings: Settings,
    pub problems: Vec<Problem>,
    /// The configuration files that were read.
    pub files: Vec<PathBuf>,
}

impl Loaded {
    /// Returns the problem that prevents indexing, if any: it is unknown which files are private.
    /// A running server keeps its previous settings instead.
    pub fn fatal(&self) -> Option<&Problem> {
        self.problems
            .iter()
            .find(|problem| problem.affects_private_files())
    }
}

/// Loads the settings of the workspace at `root`, or without a `root` those that apply to all workspaces. `editor` is the settings
/// section that the editor sent, `flags` the settings from the command line.
pub fn load(root: Option<&Path>, dirs: &Dirs, editor: Option<&Value>, flags: Options) -> Loaded {
    let mut reader = Reader {
        sources: Vec::new(),
        problems: Vec::new(),
        files: Vec::new(),
    };
    if let Some(root) = root
        && let Some((file, text)) =
            reader.read_file(SettingOrigin::Workspace, root.join(paths::WORKSPACE_FILE))
    {
        reader.add_workspace(file, &text);
    }
    if let Some((file, text)) = reader.read_file(SettingOrigin::User, dirs.config_file()) {
        reader.add_trusted(SettingOrigin::User, Some(file), keys::parse_toml(&text));
    }
    if let Some(value) = editor {
        reader.add_trusted(SettingOrigin::Editor, None, keys::parse_json(value));
    }
    reader.sources.push(flags);
    let mut settings = Settings::resolve(reader.sources);
    if reader.problems.iter().any(Problem::affects_recording) {
        settings.samples.mode = PrivacyMode::Off;
    }
    Loaded {
        settings,
        problems: reader.problems,
        files: reader.files,
    }
}

/// The user's configuration file, as error messages call it.
const USER_FILE: &str = "your config.toml";

struct Reader {
    sources: Vec<Options>,
    problems: Vec<Problem>,
    files: Vec<PathBuf>,
}

impl Reader {
    /// Reads a file if it exists; an unreadable file is a problem.
    fn read_file(&mut self, origin: SettingOrigin, file: PathBuf) -> Option<(PathBuf, String)> {
        match std::fs::read_to_string(&file) {
            Ok(text) => {
                self.files.push(file.clone());
                Some((file, text))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                let message = format!("cannot be read: {}", paths::plain(&error));
                self.problems.push(Problem {
                    origin,
                    file: Some(file),
                    line: None,
                    key: None,
                    message,
                });
                None
            }
        }
    }

    fn add_workspace(&mut self, file: PathBuf, text: &str) {
        let (options, errors) = match keys::parse_toml(text) {
            Ok(leaves) => keys::read::<WorkspaceOptions>(&leaves, explain_forbidden),
            Err(error) => (WorkspaceOptions::default(), vec![error]),
        };
        self.sources.push(options.into());
        self.report(SettingOrigin::Workspace, Some(file), errors);
    }

    fn add_trusted(
        &mut self,
        origin: SettingOrigin,
        file: Option<PathBuf>,
        leaves: Result<Vec<Leaf>, KeyError>,
    ) {
        let (options, errors) = match leaves {
            Ok(mut leaves) => {
                let host_settings = leaves.extract_if(.., |leaf| {
                    origin == SettingOrigin::Editor && leaf.is_host_setting()
                });
                let rejected: Vec<KeyError> = host_settings
                    .map(|leaf| {
                        leaf.error(format!(
                            "this applies to all editors, so set it in {USER_FILE}"
                        ))
                    })
                    .collect();
                let (options, mut errors) = keys::read::<Options>(&leaves, |_| None);
                errors.extend(rejected);
                (options, errors)
            }
            Err(error) => (Options::default(), vec![error]),
        };
        self.sources.push(options);
        self.report(origin, file, errors);
    }

    fn report(&mut self, origin: SettingOrigin, file: Option<PathBuf>, errors: Vec<KeyError>) {
        self.problems
            .extend(errors.into_iter().map(|error| Problem {
                origin,
                file: file.clone(),
                line: error.line,
                key: error.key,
                message: error.message,
            }));
    }
}

/// Returns the message for a key that the user can set but a workspace file cannot; none for any other key.
fn explain_forbidden(leaf: &Leaf) -> Option<String> {
    let (_, workspace_errors) =
        keys::read::<WorkspaceOptions>(std::slice::from_ref(leaf), |_| None);
    let unknown_in_workspace = workspace_errors.first()?.message.starts_with("unknown key");
    let (_, user_errors) = keys::read::<Options>(std::slice::from_ref(leaf), |_| None);
    let place = match leaf.is_host_setting() {
        true => USER_FILE.to_owned(),
        false => format!("{USER_FILE} or in your editor's settings"),
    };
    (unknown_in_workspace && user_errors.is_empty())
        .then(|| format!("not allowed in a workspace file; set it in {place}"))
}

#[cfg(test)]
mod tests;
