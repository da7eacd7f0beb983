//! A consistent, immutable view of a workspace, which all queries use.
//!
//! Text is read on demand: from the open buffer, else from the disk. If the file on disk is newer than the index, definitions are located
//! again in the newer text, because their old offsets may be wrong.

mod answers;
mod relations;
mod view;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use rustc_hash::FxHashMap;

pub use answers::*;

use crate::Cancel;
use crate::buffers::{Buffer, Buffers};
use crate::commit::Committed;
use crate::error::IndexError;
use crate::facts::SymbolKind;
use crate::graph::modules::{Module, modules};
use crate::graph::packages::{Membership, Packages};
use crate::graph::{Changes, Graph, SymbolId};
use crate::record::{FileKey, FileRecord, SkipReason};
use crate::scan::ScanRules;
use crate::search::corpus::Corpus;
use crate::search::{self, Query, SearchResult};
use crate::store::IndexStore;

pub struct Snapshot {
    root: PathBuf,
    name: String,
    rules: ScanRules,
    graph: Graph,
    corpus: Corpus,
    buffers: Buffers,
    bytes_on_disk: u64,
    packages: OnceLock<Packages>,
    modules: OnceLock<Vec<Module>>,
    /// Records of files that are newer on disk than in the index, by file and content hash.
    newer: Mutex<FxHashMap<(FileKey, u64), Arc<FileRecord>>>,
}

/// Maximum number of cached records of newer files.
const MAX_NEWER_RECORDS: usize = 64;

/// Larger files are not read for display.
const MAX_DISPLAY_BYTES: u64 = 16_000_000;

impl Snapshot {
    pub(crate) fn new(
        root: &Path,
        rules: &ScanRules,
        store: &IndexStore,
        committed: &Committed,
        buffers: &Buffers,
    ) -> Result<Snapshot, IndexError> {
        // A buffer with the same content as the indexed file is not needed.
        let differs = |key: &FileKey, buffer: &Buffer| {
            committed
                .record(*key)
                .is_none_or(|record| record.fingerprint.hash != buffer.record.fingerprint.hash)
        };
        let buffers: Buffers = buffers
            .iter()
            .filter(|(key, buffer)| differs(key, buffer))
            .map(|(key, buffer)| (*key, buffer.clone()))
            .collect();
        let mut changes: Changes = committed.changes.clone();
        changes.extend(
            buffers
                .iter()
                .map(|(&key, buffer)| (key, Some(buffer.record.clone()))),
        );
        let graph = Graph::new(committed.base.clone(), &changes);
        let buffer_searchers: Vec<_> = buffers
            .iter()
            .map(|(&key, buffer)| (key, buffer.searcher.clone()))
            .collect();
        let corpus = Corpus::new(
            &graph,
            store.fields.text,
            (&committed.searcher, &committed.columns),
            &buffer_searchers,
        )?;
        Ok(Snapshot {
            root: root.to_owned(),
            name: root.file_name().map_or_else(
                || "workspace".to_owned(),
                |name| name.to_string_lossy().into_owned(),
            ),
            rules: rules.clone(),
            graph,
            corpus,
            buffers,
            bytes_on_disk: store.bytes_on_disk(),
            packages: OnceLock::new(),
            modules: OnceLock::new(),
            newer: Mutex::default(),
        })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the name of the root folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Finds files and definitions for a query.
    pub fn search(&self, query: &Query, cancel: &Cancel) -> Result<SearchResult, IndexError> {
        search::search(&self.graph, &self.corpus, query, cancel)
    }

    /// Returns the text of a file: from the open buffer, else from the disk. `None` for private, missing and large files.
    pub fn text(&self, path: &str) -> Option<Arc<str>> {
        if self.rules.is_private(path) {
            return None;
        }
        match self.buffers.get(&FileKey::of(path)) {
            Some(buffer) => Some(buffer.text.clone()),
            None => self.rules.text_of(path, MAX_DISPLAY_BYTES),
        }
    }

    pub fn is_private(&self, path: &str) -> bool {
        self.rules.is_private(path)
    }

    /// Whether the file is indexed and not skipped.
    pub fn contains(&self, path: &str) -> bool {
        self.graph
            .id_of_path(path)
            .and_then(|id| self.graph.file(id))
            .is_some_and(|file| file.skipped.is_none())
    }

    /// Returns the indexed files that are not skipped, in no particular order.
    pub fn files(&self) -> impl Iterator<Item = FileEntry> {
        let files = self.graph.files().map(|(_, file)| file);
        files
            .filter(|file| file.skipped.is_none())
            .map(|file| FileEntry {
                path: file.path.clone(),
                language: file.language(),
                bytes: file.fingerprint.size,
                test: file.test,
            })
    }

    /// Returns the files that the index skips, with the reason, in no particular order.
    pub fn skipped(&self) -> impl Iterator<Item = (Arc<str>, SkipReason)> {
        let files = self.graph.files();
        files.filter_map(|(_, file)| Some((file.path.clone(), file.skipped.clone()?)))
    }

    /// Returns the indexed files whose path ends with the segments of `tail`: `store/journal.py` ends with `journal.py`, but not with
    /// `nal.py`.
    pub fn paths_ending_with(&self, tail: &str) -> impl Iterator<Item = &Arc<str>> {
        let files = self.graph.files().map(|(_, file)| file);
        files
            .filter(|file| file.skipped.is_none())
            .map(|file| &file.path)
            .filter(move |path| {
                path.strip_suffix(tail)
                    .is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
            })
    }

    /// Returns the definitions of a file in source order.
    pub fn outline(&self, path: &str) -> Vec<SymbolInfo> {
        let Some(id) = self.graph.id_of_path(path) else {
            return Vec::new();
        };
        let Some(view) = self.view(id) else {
            return Vec::new();
        };
        (0..view.record.symbols.len() as u32)
            .filter_map(|index| self.describe(&view, SymbolId { file: id, index }))
            .collect()
    }

    pub fn symbol(&self, id: SymbolId) -> Option<SymbolInfo> {
        let (_, indexed) = self.graph.symbol(id)?;
        let view = self.view(id.file)?;
        let index = view.find(id.index, indexed)?;
        let mut info = self.describe(
            &view,
            SymbolId {
                file: id.file,
                index,
            },
        )?;
        info.id = id;
        Some(info)
    }

    /// Returns the innermost definition that contains a byte offset.
    pub fn enclosing(&self, path: &str, offset: u32) -> Option<SymbolId> {
        let id = self.graph.id_of_path(path)?;
        let record = self.graph.file(id)?;
        let around = record
            .symbols
            .iter()
            .enumerate()
            .filter(|(_, symbol)| symbol.span.start <= offset && offset <= symbol.span.end);
        let (index, _) = around.min_by_key(|(_, symbol)| symbol.span.end - symbol.span.start)?;
        Some(SymbolId {
            file: id,
            index: index as u32,
        })
    }

    /// Returns definitions whose name contains the characters of `query` in order, best first.
    pub fn find_symbols(&self, query: &str, limit: usize) -> Vec<SymbolInfo> {
        let mut found: Vec<(u32, &str, SymbolId)> = Vec::new();
        for (file, record) in self.graph.files() {
            for (index, symbol) in record.symbols.iter().enumerate() {
                if matches!(
                    symbol.kind,
                    SymbolKind::Impl | SymbolKind::Key | SymbolKind::Section
                ) {
                    continue;
                }
                if let Some(distance) = distance(&symbol.name, query) {
                    found.push((
                        distance,
                        &record.path,
                        SymbolId {
                            file,
                            index: index as u32,
                        },
                    ));
                }
            }
        }
        found.sort_unstable_by(|a, b| (a.0, a.1, a.2.index).cmp(&(b.0, b.1, b.2.index)));
        found
            .into_iter()
            .take(limit)
            .filter_map(|(_, _, id)| self.symbol(id))
            .collect()
    }

    /// Returns the name of a definition. Unlike [`Snapshot::symbol`], this does not read the file.
    pub fn name_of(&self, id: SymbolId) -> Option<&str> {
        self.graph.symbol(id).map(|(_, symbol)| &*symbol.name)
    }

    /// Returns the kind of a definition, without reading the file.
    pub fn kind_of(&self, id: SymbolId) -> Option<SymbolKind> {
        self.graph.symbol(id).map(|(_, symbol)| symbol.kind)
    }

    /// Iterates over the names of all definitions that [`Snapshot::definitions`] finds. Names may repeat.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let symbols = self.graph.files().flat_map(|(_, file)| &file.symbols);
        let named = symbols.filter(|symbol| {
            !matches!(
                symbol.kind,
                SymbolKind::Impl | SymbolKind::Key | SymbolKind::Section
            )
        });
        named.map(|symbol| &*symbol.name)
    }

    /// Returns all modules, sorted by id. Computed on first use.
    pub fn modules(&self) -> &[Module] {
        self.modules
            .get_or_init(|| modules(&self.graph, self.packages()))
    }

    pub fn module(&self, id: &str) -> Option<&Module> {
        let modules = self.modules();
        modules
            .binary_search_by(|module| module.id.as_str().cmp(id))
            .ok()
            .map(|at| &modules[at])
    }

    /// Returns the module of a file. Much faster than [`Snapshot::modules`].
    pub fn membership(&self, path: &str) -> Membership {
        self.packages().of(path)
    }

    fn packages(&self) -> &Packages {
        self.packages
            .get_or_init(|| Packages::new(&self.graph, &self.name))
    }

    /// Returns statistics of the index and the list of skipped files.
    pub fn status(&self) -> IndexStatus {
        let mut languages: std::collections::BTreeMap<&str, usize> = Default::default();
        let (mut files, mut symbols, mut skipped) = (0, 0, Vec::new());
        let mut modules = std::collections::BTreeSet::new();
        for (_, file) in self.graph.files() {
            match &file.skipped {
                Some(reason) => skipped.push(SkippedFile {
                    path: file.path.to_string(),
                    reason: reason.to_string(),
                }),
                None => {
                    files += 1;
                    if file.unparsed {
                        skipped.push(SkippedFile {
                            path: file.path.to_string(),
                            reason: "took too long to parse; indexed as plain text".to_owned(),
                        });
                    }
                    modules.insert(self.membership(&file.path).id);
                    symbols += file.symbols.len();
                    *languages
                        .entry(file.language.as_deref().unwrap_or("text"))
                        .or_default() += 1;
                }
            }
        }
        skipped.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let mut languages: Vec<(String, usize)> = languages
            .into_iter()
            .map(|(id, count)| (id.to_owned(), count))
            .collect();
        languages.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        IndexStatus {
            files,
            symbols,
            chunks: self.corpus.chunks,
            modules: modules.len(),
            bytes_on_disk: self.bytes_on_disk,
            languages,
            skipped,
        }
    }

    /// Returns why a file was skipped, or `None` if it was not.
    pub fn skip_reason(&self, path: &str) -> Option<&SkipReason> {
        self.graph
            .file(self.graph.id_of_path(path)?)?
            .skipped
            .as_ref()
    }
}

/// Returns the distance between a name and a query whose characters it contains in order; smaller is better. `None` if it does not.
fn distance(name: &str, query: &str) -> Option<u32> {
    let lower = |text: &str| text.to_lowercase();
    if query.is_empty() || name == query {
        return Some(0);
    }
    let (name, query) = (lower(name), lower(query));
    if name.starts_with(&query) {
        return Some(1 + (name.len() - query.len()) as u32);
    }
    if name.contains(&query) {
        return Some(100 + (name.len() - query.len()) as u32);
    }
    let mut rest = name.chars();
    query
        .chars()
        .all(|wanted| rest.any(|c| c == wanted))
        .then(|| 200 + name.len() as u32)
}
