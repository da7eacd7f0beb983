//! The datasets of a repository on disk: one folder each, below one parent.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::DatasetError;
use super::manifest::DatasetManifest;
use crate::private_file::FileError;
use crate::sample::Sample;

/// A dataset in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetEntry {
    pub name: String,
    pub folder: PathBuf,
    /// When it was written.
    pub written: Option<SystemTime>,
    /// Why it cannot be used, if it is damaged.
    pub manifest: Result<Box<DatasetManifest>, String>,
}

/// Lists the datasets below `parent`, the newest first. A damaged one is listed with its reason.
pub fn list_datasets(parent: &Path) -> Vec<DatasetEntry> {
    let mut entries: Vec<DatasetEntry> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            // Folders that are being written, or that a killed build left behind.
            if name.starts_with('.') {
                return None;
            }
            let folder = entry.path();
            let written = fs::metadata(folder.join("manifest.json"))
                .and_then(|file| file.modified())
                .ok();
            let manifest = read_manifest(parent, &name)
                .map(Box::new)
                .map_err(|error| error.to_string());
            Some(DatasetEntry {
                name,
                folder,
                written,
                manifest,
            })
        })
        .collect();
    entries.sort_by(|a, b| b.written.cmp(&a.written).then_with(|| a.name.cmp(&b.name)));
    entries
}

/// Reads the manifest of a dataset.
pub fn read_manifest(parent: &Path, name: &str) -> Result<DatasetManifest, DatasetError> {
    let folder = folder_of(parent, name)?;
    let damaged = |reason: String| DatasetError::Damaged {
        name: name.to_owned(),
        reason,
    };
    let text = fs::read_to_string(folder.join("manifest.json")).map_err(|error| {
        damaged(format!(
            "manifest.json: {}",
            crate::private_file::io_reason(&error)
        ))
    })?;
    serde_json::from_str(&text).map_err(|error| damaged(format!("manifest.json: {error}")))
}

/// Calls `each` for the samples of a dataset until it returns false: those for training first, then those held out.
pub fn read_samples(
    parent: &Path,
    name: &str,
    each: &mut dyn FnMut(Sample) -> bool,
) -> Result<(), DatasetError> {
    let folder = folder_of(parent, name)?;
    for file in ["train.jsonl", "valid.jsonl", "test.jsonl"] {
        let path = folder.join(file);
        let Ok(opened) = fs::File::open(&path) else {
            // A small dataset may have no sample in a split.
            continue;
        };
        for (number, line) in BufReader::new(opened).lines().enumerate() {
            let damaged = |reason: String| DatasetError::Damaged {
                name: name.to_owned(),
                reason: format!("{file}, line {}: {reason}", number + 1),
            };
            let line = line.map_err(|error| damaged(crate::private_file::io_reason(&error)))?;
            let sample = serde_json::from_str(&line).map_err(|error| damaged(error.to_string()))?;
            if !each(sample) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Deletes a dataset.
pub fn remove_dataset(parent: &Path, name: &str) -> Result<(), DatasetError> {
    let folder = folder_of(parent, name)?;
    fs::remove_dir_all(&folder).map_err(|error| FileError::new("delete", &folder, &error).into())
}

/// Returns the folder of a dataset. A name is one part of a path, so that nothing outside of `parent` is meant.
fn folder_of(parent: &Path, name: &str) -> Result<PathBuf, DatasetError> {
    let missing = || DatasetError::Missing {
        name: name.to_owned(),
        folder: parent.to_owned(),
    };
    if !is_dataset_name(name) {
        return Err(missing());
    }
    let folder = parent.join(name);
    if folder.is_dir() {
        Ok(folder)
    } else {
        Err(missing())
    }
}

/// Whether a name may be that of a dataset: letters, digits, `-`, `_` and `.`, not at the beginning.
pub fn is_dataset_name(name: &str) -> bool {
    let valid = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.len() <= 64 && !name.starts_with('.') && name.chars().all(valid)
}
