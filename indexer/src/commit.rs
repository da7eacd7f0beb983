//! The committed state of an index in memory: what the last commit holds, as records and columns.
//!
//! The writer after its own commit and a reader after somebody else's take the same way here: what the new commit shares with the state
//! before is kept, the rest is read from the store.

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

/// More changed files than this, and the base is built anew; below, the layer is quick to search.
const LARGEST_LAYER: usize = 256;

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

    /// Opens the index for its only writer with all it holds. One that is missing is made; one that cannot be read is made anew, and
    /// the last value says why.
    pub fn open_or_heal(
        directory: &Path,
    ) -> Result<(IndexStore, Committed, Option<String>), IndexError> {
        let opened = IndexStore::open_whole(directory).and_then(|store| {
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

    /// The state after the latest commit. `fresh` are records the caller just wrote, so that they need not be read back.
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
        if changes.len() > LARGEST_LAYER.min(base.len() / 2) {
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

/// Reads and decodes records on all threads of the current pool.
fn read(
    store: &IndexStore,
    searcher: &Searcher,
    unread: &[DocAddress],
) -> Result<Vec<(FileKey, Arc<FileRecord>)>, IndexError> {
    const READ_TOGETHER: usize = 64;
    let batches: Result<Vec<Vec<_>>, IndexError> = unread
        .par_chunks(READ_TOGETHER)
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
