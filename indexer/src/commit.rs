//! The state of the last commit in memory, as records and columns.
//!
//! The writer after its own commit and a reader after a commit by another process use the same code: records that are unchanged since
//! the previous state are reused, the others are read from the store.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use tantivy::{DocAddress, Searcher};

use crate::error::IndexError;
use crate::graph::{Base, Changes};
use crate::record::{FileKey, FileRecord};
use crate::search::corpus::{ColumnCache, Columns, columns};
use crate::store::{IndexStore, version_of};

/// The base is rebuilt when more files than this have changed, because lookups scan the layer of changed files.
const MAX_LAYER_FILES: usize = 256;

pub(crate) struct Committed {
    pub searcher: Searcher,
    pub columns: Vec<Arc<Columns>>,
    pub base: Arc<Base>,
    pub changes: Changes,
    cache: ColumnCache,
    versions: FxHashMap<FileKey, u64>,
}

impl Committed {
    pub fn load(store: &IndexStore) -> Result<Committed, IndexError> {
        let empty = Committed {
            searcher: store.searcher(),
            columns: Vec::new(),
            base: Arc::new(Base::new(Vec::new())),
            changes: Changes::new(),
            cache: ColumnCache::default(),
            versions: FxHashMap::default(),
        };
        empty.advance(store, &FxHashMap::default())
    }

    /// Opens the index for writing. A missing index is created. A damaged one is recreated empty, and the returned message gives the
    /// reason.
    pub fn open_or_recreate(
        directory: &Path,
    ) -> Result<(IndexStore, Committed, Option<String>), IndexError> {
        let opened = IndexStore::open_validated(directory).and_then(|store| {
            store
                .map(|store| Ok((Committed::load(&store)?, store)))
                .transpose()
        });
        let notice = match opened {
            Ok(Some((committed, store))) => return Ok((store, committed, None)),
            Ok(None) => None,
            Err(error) => Some(format!(
                "the index was damaged and has been rebuilt ({error})"
            )),
        };
        let store = IndexStore::create(directory)?;
        let committed = Committed::load(&store)?;
        Ok((store, committed, notice))
    }

    /// Returns the state of the latest commit. `fresh` contains records the caller has just written, which need not be read from disk.
    pub fn advance(
        &self,
        store: &IndexStore,
        fresh: &FxHashMap<FileKey, Arc<FileRecord>>,
    ) -> Result<Committed, IndexError> {
        let searcher = store.reload()?;
        let mut cache = self.cache.clone();
        let columns = columns(&searcher, &mut cache)?;
        let mut versions = FxHashMap::default();
        let mut unread: Vec<DocAddress> = Vec::new();
        let mut records: Vec<(FileKey, Arc<FileRecord>)> = Vec::new();
        for (ordinal, (reader, columns)) in
            searcher.segment_readers().iter().zip(&columns).enumerate()
        {
            for doc in reader.doc_ids_alive() {
                let (key, version) = (columns.keys[doc as usize], columns.versions[doc as usize]);
                if version == 0 {
                    continue;
                }
                versions.insert(key, version);
                if self.versions.get(&key) == Some(&version) {
                    continue;
                }
                match fresh
                    .get(&key)
                    .filter(|record| version_of(record) == version)
                {
                    Some(record) => records.push((key, record.clone())),
                    None => unread.push(DocAddress::new(ordinal as u32, doc)),
                }
            }
        }
        records.extend(read(store, &searcher, &unread)?);

        let mut changes = self.changes.clone();
        changes.extend(
            self.versions
                .keys()
                .filter(|key| !versions.contains_key(key))
                .map(|&key| (key, None)),
        );
        changes.extend(records.into_iter().map(|(key, record)| (key, Some(record))));
        let mut base = self.base.clone();
        if changes.len() > MAX_LAYER_FILES.min(base.len() / 2) {
            let kept = base
                .records()
                .filter(|record| !changes.contains_key(&record.key))
                .cloned();
            base = Arc::new(Base::new(
                kept.chain(changes.values().flatten().cloned()).collect(),
            ));
            changes.clear();
        }
        Ok(Committed {
            searcher,
            columns,
            base,
            changes,
            cache,
            versions,
        })
    }

    pub fn record(&self, key: FileKey) -> Option<&Arc<FileRecord>> {
        match self.changes.get(&key) {
            Some(change) => change.as_ref(),
            None => self.base.record(key),
        }
    }

    pub fn records(&self) -> impl Iterator<Item = &Arc<FileRecord>> {
        let base = self
            .base
            .records()
            .filter(|record| !self.changes.contains_key(&record.key));
        base.chain(self.changes.values().flatten())
    }
}

/// Reads and decodes records in parallel on the current thread pool.
fn read(
    store: &IndexStore,
    searcher: &Searcher,
    unread: &[DocAddress],
) -> Result<Vec<(FileKey, Arc<FileRecord>)>, IndexError> {
    const READ_BATCH_LEN: usize = 64;
    let batches: Result<Vec<Vec<_>>, IndexError> = unread
        .par_chunks(READ_BATCH_LEN)
        .map(|addresses| {
            let mut stores = FxHashMap::default();
            addresses
                .iter()
                .map(|address| {
                    let segment = address.segment_ord;
                    if let std::collections::hash_map::Entry::Vacant(entry) = stores.entry(segment)
                    {
                        let reader = searcher.segment_reader(segment).get_store_reader(1);
                        entry.insert(reader.map_err(tantivy::TantivyError::from)?);
                    }
                    let record = store.record(&stores[&segment], address.doc_id)?;
                    Ok((record.key, Arc::new(record)))
                })
                .collect()
        })
        .collect();
    Ok(batches?.into_iter().flatten().collect())
}
