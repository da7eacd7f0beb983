//! The models on this machine: `models/<name>/<generation>/` with a manifest and weights, and which of them is in use.
//!
//! Nothing here runs a model or knows what runs it.

use std::path::{Path, PathBuf};

use trainer_bridge::Generation;

use crate::paths::Dirs;

/// The folder `models` in the user's data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    directory: PathBuf,
}

/// A generation that is on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Installed {
    pub name: String,
    /// Where its manifest and its weights are.
    pub directory: PathBuf,
    pub manifest: Generation,
}

impl Installed {
    /// `name@7`: what an answer says it was made by.
    pub fn label(&self) -> String {
        format!("{}@{}", self.name, self.manifest.number)
    }
}

impl Library {
    pub fn new(dirs: &Dirs) -> Self {
        Library {
            directory: dirs.data.join("models"),
        }
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }
}
