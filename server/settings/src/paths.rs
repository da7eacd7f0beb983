//! Paths: the workspace root, and the user's folders for the index, data and configuration.
//!
//! Nothing is written inside the workspace.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use etcetera::BaseStrategy;

/// The name of the optional, untrusted configuration file in the workspace root.
pub const WORKSPACE_FILE: &str = "repo-lsp.toml";

/// Files and folders that mark the root of a repository. `.git` is a file in worktrees and submodules.
const ROOT_MARKERS: [&str; 6] = [".git", ".hg", ".jj", ".svn", ".sl", WORKSPACE_FILE];

/// The folders of this program for the current user. They need not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dirs {
    /// Data that can be regenerated, such as indexes.
    pub cache: PathBuf,
    /// The user's `config.toml`.
    pub config: PathBuf,
    /// Data that cannot be regenerated, such as samples and models.
    pub data: PathBuf,
}

impl Dirs {
    /// Returns the platform's default folders. Each can be overridden by an environment variable, for example in tests: `REPO_LSP_CACHE_DIR`,
    /// `REPO_LSP_CONFIG_DIR`, `REPO_LSP_DATA_DIR`. Fails if there is no home folder to derive a default from.
    pub fn from_environment() -> Result<Self> {
        let strategy = etcetera::choose_base_strategy();
        let pick = |variable: &str, default: fn(&dyn BaseStrategy) -> PathBuf| -> Result<PathBuf> {
            if let Some(folder) = env::var_os(variable).filter(|value| !value.is_empty()) {
                return Ok(PathBuf::from(folder));
            }
            match &strategy {
                Ok(strategy) => Ok(default(strategy).join("repo-lsp")),
                Err(_) => bail!("cannot determine the home folder; set HOME or {variable}"),
            }
        };
        Ok(Dirs {
            cache: pick("REPO_LSP_CACHE_DIR", |s| s.cache_dir())?,
            config: pick("REPO_LSP_CONFIG_DIR", |s| s.config_dir())?,
            data: pick("REPO_LSP_DATA_DIR", |s| s.data_dir())?,
        })
    }

    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The database of recorded interactions and samples.
    pub fn samples(&self) -> PathBuf {
        self.data.join("samples.db")
    }

    /// The folder for answers that editor commands open as documents.
    pub fn answers(&self) -> PathBuf {
        self.cache.join("answers")
    }

    /// The folder of model-generated summaries shown in hovers.
    pub fn summaries(&self) -> PathBuf {
        self.cache.join("summaries")
    }

    /// The index folder of one workspace.
    pub fn index(&self, root: &Path) -> PathBuf {
        self.cache.join("index").join(Dirs::workspace_key(root))
    }

    /// The folder of the datasets that were made of one workspace.
    pub fn datasets(&self, root: &Path) -> PathBuf {
        self.data.join("datasets").join(Dirs::workspace_key(root))
    }

    /// The folder of what a teacher made of one workspace, with the answers it gave.
    pub fn synthesis(&self, root: &Path) -> PathBuf {
        self.data.join("synth").join(Dirs::workspace_key(root))
    }

    /// The name of a folder for one workspace: the workspace's name, for readability, and a hash of its canonical path, for uniqueness.
    /// Different paths to the same workspace, for example through a symlink, result in the same name.
    fn workspace_key(root: &Path) -> String {
        let root = &root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let name: String = root
            .file_name()
            .unwrap_or_else(|| OsStr::new("root"))
            .to_string_lossy()
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || "-_.".contains(c) {
                    c
                } else {
                    '-'
                }
            })
            .take(64)
            .collect();
        let hash = blake3::hash(root.as_os_str().as_encoded_bytes()).to_hex();
        format!("{name}-{}", &hash[..16])
    }
}

/// Returns the canonical path of the workspace: `folder` if given, else the repository that contains the current folder, else the
/// current folder itself.
pub fn workspace(folder: Option<&Path>) -> Result<PathBuf> {
    match folder {
        Some(folder) => canonical_folder(folder),
        None => {
            let here = env::current_dir().context(
                "the current folder no longer exists; pass a folder with --workspace DIR",
            )?;
            let here = canonical_folder(&here)?;
            Ok(enclosing_repository(&here).unwrap_or(here))
        }
    }
}

/// Returns the nearest repository root among `start` and its ancestors.
pub fn enclosing_repository(start: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .find(|folder| is_repository_root(folder))
        .map(Path::to_path_buf)
}

/// Returns whether a folder contains a marker of a repository root, such as `.git`.
pub fn is_repository_root(folder: &Path) -> bool {
    ROOT_MARKERS
        .iter()
        .any(|marker| folder.join(marker).exists())
}

fn canonical_folder(folder: &Path) -> Result<PathBuf> {
    let shown = folder.display();
    let found = match folder.canonicalize() {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("no such folder: {shown}. Pass the root of a repository with --workspace DIR")
        }
        Err(error) => bail!("cannot open the folder {shown}: {}", plain(&error)),
    };
    if !found.is_dir() {
        bail!("not a folder: {shown}. Pass the root of a repository with --workspace DIR");
    }
    if let Err(error) = found.read_dir() {
        bail!(
            "cannot read the folder {shown}: {}. Check its permissions",
            plain(&error)
        );
    }
    Ok(found)
}

/// Returns the message of an I/O error with a lower-case first letter and without the error number.
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Formats a path for display, with `~` for the home folder.
pub fn tilde(path: &Path) -> String {
    if let Ok(home) = etcetera::home_dir()
        && home.parent().is_some()
        && let Ok(rest) = path.strip_prefix(&home)
    {
        return if rest.as_os_str().is_empty() {
            "~".into()
        } else {
            format!("~/{}", rest.display())
        };
    }
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_repository_root() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b/c");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        assert_eq!(enclosing_repository(&inner).unwrap(), folder.path());
        std::fs::write(folder.path().join("a/b").join(WORKSPACE_FILE), "").unwrap();
        assert_eq!(
            enclosing_repository(&inner).unwrap(),
            folder.path().join("a/b")
        );
    }

    #[test]
    fn workspaces_with_the_same_name_have_separate_index_folders() {
        let dirs = Dirs {
            cache: "/c".into(),
            config: "/f".into(),
            data: "/d".into(),
        };
        let (one, two) = (
            dirs.index(Path::new("/x/my repo")),
            dirs.index(Path::new("/y/my repo")),
        );
        assert_ne!(one, two);
        assert!(one.starts_with("/c/index"));
        assert!(
            one.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("my-repo-")
        );
    }
}
