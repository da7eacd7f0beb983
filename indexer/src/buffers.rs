//! Open buffers: unsaved text that replaces the file on disk.
//!
//! Each buffer is indexed like a file, into its own in-memory index, so that search, hover and the graph use the text in the editor.

use std::collections::BTreeMap;
use std::sync::Arc;

use tantivy::Searcher;

use crate::error::IndexError;
use crate::record::{FileKey, FileRecord, Fingerprint, IndexedFile, SkipReason, hash64};
use crate::scan::ScanRules;
use crate::store::IndexStore;

pub(crate) struct Buffer {
    pub text: Arc<str>,
    pub record: Arc<FileRecord>,
    pub searcher: Searcher,
}

/// Open buffers by the key of their file.
pub(crate) type Buffers = BTreeMap<FileKey, Arc<Buffer>>;

impl Buffer {
    pub fn new(rules: &ScanRules, path: &str, text: Arc<str>) -> Result<Buffer, IndexError> {
        let fingerprint = Fingerprint {
            size: text.len() as u64,
            modified: 0,
            hash: hash64(text.as_bytes()),
        };
        let skipped = |reason| IndexedFile {
            record: FileRecord::skipped(path, fingerprint, reason),
            chunks: Vec::new(),
        };
        let indexed = if rules.is_private(path) {
            skipped(SkipReason::Private)
        } else {
            rules
                .index(path, &text, fingerprint)
                .unwrap_or_else(skipped)
        };
        let (searcher, _) = IndexStore::in_memory(std::slice::from_ref(&indexed))?;
        Ok(Buffer {
            text,
            record: Arc::new(indexed.record),
            searcher,
        })
    }
}
