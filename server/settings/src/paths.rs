//! Where things live: the workspace a command is about, and the user's own folders for index, data and configuration.
//!
//! Nothing is ever written inside the repository's own tree.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use etcetera::BaseStrategy;

/// The name of the optional, untrusted file at the root of a workspace.
pub const WORKSPACE_FILE: &str = "repo-lsp.toml";

/// What marks the root of a repository. A `.git` may be a file: worktrees and submodules have one.
const ROOT_MARKERS: [&str; 6] = [".git", ".hg", ".jj", ".svn", ".sl", WORKSPACE_FILE];

/// The user's own folders. None of them need exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dirs {
    /// What can be made again: indexes.
    pub cache: PathBuf,
    /// What the user wrote: `config.toml`.
    pub config: PathBuf,
    /// What cannot be made again.
    pub data: PathBuf,
}

impl Dirs {
    /// The platform's folders, each replaceable by a variable of its own so that tests and sandboxes stay apart.
    pub fn from_environment() -> Result<Self> {
        let strategy = etcetera::choose_base_strategy();
        let pick = |variable: &str, default: fn(&dyn BaseStrategy) -> PathBuf| -> Result<PathBuf> {
            if let Some(folder) = env::var_os(variable).filter(|value| !value.is_empty()) {
                return Ok(PathBuf::from(folder));
            }
            match &strategy {
                Ok(strategy) => Ok(default(strategy).join("repo-lsp")),
                Err(_) => bail!("no home folder is known; set HOME or {variable}"),
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

    /// What was asked and answered, and what came of it.
    pub fn samples(&self) -> PathBuf {
        self.data.join("samples.db")
    }

    /// Where the answers of editors' commands are written as documents.
    pub fn answers(&self) -> PathBuf {
        self.cache.join("answers")
    }

    /// What a model said about definitions, to be shown in hovers.
    pub fn summaries(&self) -> PathBuf {
        self.cache.join("summaries")
    }

    /// The folder of the index of one workspace: its name for people who look, a hash of its path so that no two share one.
    /// An editor may name the workspace by another path than a shell does; the index is the same.
    pub fn index(&self, root: &Path) -> PathBuf {
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
        self.cache
            .join("index")
            .join(format!("{name}-{}", &hash[..16]))
    }
}

/// The workspace a command is about: the folder that was named, or else the repository around the current one.
pub fn workspace(named: Option<&Path>) -> Result<PathBuf> {
    match named {
        Some(folder) => canonical_folder(folder),
        None => {
            let here = env::current_dir()
                .context("the current folder is gone; name one with --workspace DIR")?;
            let here = canonical_folder(&here)?;
            Ok(repository_around(&here).unwrap_or(here))
        }
    }
}

/// The nearest folder, upwards from `start`, that bears a mark of a repository's root.
pub fn repository_around(start: &Path) -> Option<PathBuf> {
    let marked = |folder: &&Path| {
        ROOT_MARKERS
            .iter()
            .any(|marker| folder.join(marker).exists())
    };
    start.ancestors().find(marked).map(Path::to_path_buf)
}

/// Whether a folder bears a mark of a repository's root itself.
pub fn is_marked(folder: &Path) -> bool {
    ROOT_MARKERS
        .iter()
        .any(|marker| folder.join(marker).exists())
}

fn canonical_folder(folder: &Path) -> Result<PathBuf> {
    let shown = folder.display();
    let found = match folder.canonicalize() {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("no such folder: {shown}. Name the root of a repository with --workspace DIR")
        }
        Err(error) => bail!("cannot open the folder {shown}: {}", plain(&error)),
    };
    if !found.is_dir() {
        bail!("not a folder: {shown}. Name the root of a repository with --workspace DIR");
    }
    if let Err(error) = found.read_dir() {
        bail!(
            "cannot read the folder {shown}: {}. Check its permissions",
            plain(&error)
        );
    }
    Ok(found)
}

/// What an I/O error says, in lower case and without its number.
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// A path as people write it: with `~` for their home.
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
    fn the_nearest_mark_wins() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b/c");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        assert_eq!(repository_around(&inner).unwrap(), folder.path());
        std::fs::write(folder.path().join("a/b").join(WORKSPACE_FILE), "").unwrap();
        assert_eq!(
            repository_around(&inner).unwrap(),
            folder.path().join("a/b")
        );
    }

    #[test]
    fn folders_of_one_name_have_indexes_of_their_own() {
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
