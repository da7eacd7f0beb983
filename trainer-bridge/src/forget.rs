//! Forgets interactions together with the files outside the database that hold copies of their text.

use std::fs;
use std::path::PathBuf;

use crate::drafts::{delete_orphaned_drafts, deletion_error};
use crate::private_file::FileError;
use crate::store::{Filter, ForgetSummary, Store, StoreError};

/// Where copies of an interaction's text may lie outside the database.
#[derive(Debug, Clone)]
pub struct CopyLocations {
    /// The folder of documents in which answers were opened.
    pub answers: PathBuf,
    /// The text in front of an interaction's id in such a document.
    pub id_marker: &'static str,
    /// The folder in which [drafts](crate::Draft) are created.
    pub drafts: PathBuf,
}

impl CopyLocations {
    /// Deletes the documents of answers whose text fulfils `condition`. Returns those that could not be deleted.
    pub fn delete_answers(&self, condition: impl Fn(&str) -> bool) -> Vec<FileError> {
        let entries = fs::read_dir(&self.answers).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.path())
            .filter(|path| condition(&fs::read_to_string(path).unwrap_or_default()))
            .filter_map(|path| deletion_error(&path, fs::remove_file(&path)))
            .collect()
    }
}

/// Deletes the interactions that match any of `filters` from the database, and then every copy of their text in `copies`.
///
/// Call it with no filter to finish an earlier call that was interrupted between deleting rows and rewriting the file. Also returns
/// the copies that could not be deleted.
pub fn forget_interactions(
    store: &mut Store,
    filters: &[Filter],
    copies: &CopyLocations,
) -> Result<(ForgetSummary, Vec<FileError>), StoreError> {
    let summary = store.forget_any(filters)?;
    let mut undeleted = Vec::new();
    if !summary.interactions.is_empty() {
        undeleted = copies.delete_answers(|text| {
            // A document without an id may be of any interaction.
            !text.contains(copies.id_marker)
                || summary.interactions.iter().any(|id| text.contains(id))
        });
    }
    undeleted.extend(delete_orphaned_drafts(&copies.drafts, store)?);
    Ok((summary, undeleted))
}
