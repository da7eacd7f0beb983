//! The manifest of a dataset: what it was made of, how, and what came out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::build::BuildOptions;
use super::statistics::Statistics;

/// The version of the format of datasets.
pub(super) const FORMAT: u32 = 1;

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetManifest {
    pub format: u32,
    /// The name of the repository's folder.
    pub repository: String,
    /// The hash of all indexed paths and texts, and the number of files.
    pub inputs: Inputs,
    pub options: BuildOptions,
    pub statistics: Statistics,
    /// The written files by name.
    pub files: BTreeMap<String, OutputFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    pub files: u64,
    pub bytes: u64,
    /// blake3 over paths and texts.
    pub content: String,
    /// The newest commit of the history that was read.
    pub commit: Option<String>,
    /// blake3 over the ids of the samples that were handed in: interactions, flows and scenes.
    pub samples: String,
    /// blake3 over the golden questions that samples were compared with.
    pub golden: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFile {
    pub rows: u64,
    pub bytes: u64,
    pub blake3: String,
}

impl DatasetManifest {
    /// The name of a dataset that the user did not name: it depends on the content only.
    pub fn content_name(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (name, file) in &self.files {
            hasher.update(name.as_bytes());
            hasher.update(file.blake3.as_bytes());
        }
        hasher.finalize().to_hex()[..12].to_owned()
    }
}
