//! Plans a refresh: which files to check, and which indexed files may have been removed.

use std::path::PathBuf;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Index, RefreshScope};
use crate::commit::Committed;
use crate::error::IndexError;
use crate::graph::imports::folder;
use crate::record::FileRecord;
use crate::scan::ScanListing;

impl Index {
    /// Lists the files to check and the indexed files that are removed if they are not listed.
    pub(super) fn plan(&self, scope: RefreshScope) -> Result<RefreshPlan, IndexError> {
        let everything = || RefreshPlan {
            listing: self.rules.list(&self.root, false, self.options.threads),
            removal_candidates: RemovalCandidates::All,
        };
        let paths = match scope {
            RefreshScope::All | RefreshScope::Rebuild => return Ok(everything()),
            RefreshScope::Paths(paths) => paths,
        };
        // For more paths than this, one walk of the workspace is faster. A changed ignore file may affect all files below it.
        const MAX_PATHS: usize = 500;
        let is_ignore_file = |path: &PathBuf| {
            path.file_name()
                .is_some_and(|name| name == ".gitignore" || name == ".ignore")
        };
        if paths.len() > MAX_PATHS || paths.iter().any(is_ignore_file) {
            return Ok(everything());
        }
        let mut listing = ScanListing::default();
        let mut dirty = Vec::new();
        let mut parents: FxHashMap<PathBuf, ScanListing> = FxHashMap::default();
        for path in &paths {
            let (Some(relative), Some(parent)) = (self.rules.relative(path), path.parent()) else {
                continue;
            };
            let siblings = parents.entry(parent.to_owned()).or_insert_with(|| {
                if self.rules.lists_folder(parent) {
                    self.rules.list(parent, true, 1)
                } else {
                    ScanListing::default()
                }
            });
            if let Some(found) = siblings.files.iter().find(|found| found.path == relative) {
                listing.files.push(found.clone());
            } else if siblings.folders.contains(path) {
                let inside = self.rules.list(path, false, 1);
                listing.files.extend(inside.files);
                listing.folders.extend(inside.folders);
            }
            dirty.push(relative);
        }
        listing.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        listing.files.dedup_by(|a, b| a.path == b.path);
        Ok(RefreshPlan {
            listing,
            removal_candidates: RemovalCandidates::Under(dirty),
        })
    }
}

pub(super) struct RefreshPlan {
    pub listing: ScanListing,
    pub removal_candidates: RemovalCandidates,
}

pub(super) enum RemovalCandidates {
    All,
    /// Files whose path is one of these or below one of these.
    Under(Vec<String>),
}

impl RemovalCandidates {
    pub fn select<'a>(
        &'a self,
        committed: &'a Committed,
    ) -> Box<dyn Iterator<Item = &'a Arc<FileRecord>> + 'a> {
        match self {
            RemovalCandidates::All => Box::new(committed.records()),
            RemovalCandidates::Under(dirty) => {
                let dirty: FxHashSet<&str> = dirty.iter().map(String::as_str).collect();
                Box::new(committed.records().filter(move |record| {
                    let parents = std::iter::successors(Some(&*record.path), |path| {
                        Some(folder(path)).filter(|folder| !folder.is_empty())
                    });
                    parents.into_iter().any(|path| dirty.contains(path))
                }))
            }
        }
    }
}
