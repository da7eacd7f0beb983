//! One consistent, immutable view of a workspace: what every question about it is answered from.
//!
//! Text is read when it is shown: from the open buffer, else from the disk. Where the disk is ahead of the index, the definition is found
//! again in the newer text rather than cut out of it at old offsets.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use crate::Cancel;
use crate::buffers::Buffers;
use crate::commit::Committed;
use crate::error::IndexError;
use crate::extract;
use crate::facts::{Lines, Span, Symbol, SymbolKind};
use crate::graph::modules::{Module, modules};
use crate::graph::packages::Packages;
use crate::graph::resolve::{self, LIKELY};
use crate::graph::{Changes, FileId, Graph, SymbolId};
use crate::language::Language;
use crate::record::{FileKey, FileRecord, Fingerprint, NameKey, SkipReason, hash64};
use crate::scan::{self, Rules};
use crate::search::corpus::Corpus;
use crate::search::{self, Query, SearchResult};
use crate::store::Store;

/// A definition as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct SymbolInfo {
    pub id: SymbolId,
    pub name: String,
    /// Containers and name, joined as the language joins them.
    pub qualified: String,
    pub kind: SymbolKind,
    pub path: Arc<str>,
    /// Language id of the file.
    pub language: Option<String>,
    pub lines: Lines,
    pub span: Span,
    pub name_span: Span,
    pub signature: String,
    /// Comment marks stripped.
    pub doc: Option<String>,
    pub public: bool,
    pub test: bool,
    pub container: Option<SymbolId>,
}

/// What an identifier may denote.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    pub name: String,
    pub span: Span,
    /// Best first.
    pub candidates: Vec<Candidate>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    pub symbol: SymbolId,
    /// Ordered, from 0 to 1; not a calibrated probability.
    pub confidence: f32,
}

/// Who uses a definition.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Users {
    /// Uses that are likely to mean this definition.
    pub total: u32,
    /// Uses of the same name that may mean another one.
    pub possible: u32,
    /// Likely users, most uses first.
    pub files: Vec<FileUses>,
    /// Likely uses, surest first; one for each definition that uses it.
    pub places: Vec<Place>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FileUses {
    pub path: Arc<str>,
    pub count: u32,
    pub test: bool,
}

/// The uses of a name by one definition, or by a file outside of any.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    pub path: Arc<str>,
    /// Zero-based line of the first use.
    pub line: u32,
    pub by: Option<SymbolId>,
    pub count: u32,
    pub calls: u32,
    pub test: bool,
    pub confidence: f32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Callee {
    pub symbol: SymbolId,
    pub line: u32,
    pub calls: u32,
    pub confidence: f32,
}

/// One exact use or definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    pub path: Arc<str>,
    pub span: Span,
    pub line: u32,
    pub call: bool,
    pub definition: bool,
    pub confidence: f32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Skipped {
    pub path: String,
    pub reason: String,
}

/// The state of the index in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    pub files: usize,
    pub symbols: usize,
    pub chunks: usize,
    pub modules: usize,
    pub bytes_on_disk: u64,
    /// Files by language id, most first.
    pub languages: Vec<(String, usize)>,
    pub skipped: Vec<Skipped>,
}

pub struct Snapshot {
    root: PathBuf,
    name: String,
    rules: Rules,
    graph: Graph,
    corpus: Corpus,
    buffers: Buffers,
    bytes_on_disk: u64,
    packages: OnceLock<Packages>,
    modules: OnceLock<Vec<Module>>,
}

/// Larger files are not read for showing them either.
const SHOWN_BYTES: u64 = 16_000_000;
/// A definition with more candidates than this has a name like `new`: the rest is noise.
const CANDIDATES: usize = 32;

impl Snapshot {
    pub(crate) fn new(root: &Path, rules: &Rules, store: &Store, committed: &Committed, buffers: &Buffers) -> Result<Snapshot, IndexError> {
        let mut changes: Changes = committed.changes.clone();
        changes.extend(buffers.iter().map(|(&key, buffer)| (key, Some(buffer.record.clone()))));
        let graph = Graph::new(committed.base.clone(), &changes);
        let layers: Vec<_> = buffers.iter().map(|(&key, buffer)| (key, buffer.searcher.clone())).collect();
        let corpus = Corpus::new(&graph, store.fields.text, (&committed.searcher, &committed.columns), &layers)?;
        Ok(Snapshot {
            root: root.to_owned(),
            name: root.file_name().map_or_else(|| "workspace".to_owned(), |name| name.to_string_lossy().into_owned()),
            rules: rules.clone(),
            graph,
            corpus,
            buffers: buffers.clone(),
            bytes_on_disk: store.bytes_on_disk(),
            packages: OnceLock::new(),
            modules: OnceLock::new(),
        })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The name of the root folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Retrieval: files and definitions for a question.
    pub fn search(&self, query: &Query, cancel: &Cancel) -> Result<SearchResult, IndexError> {
        search::search(&self.graph, &self.corpus, query, cancel)
    }

    /// The text of a file: of the open buffer, else of the disk. Nothing for a private file.
    pub fn text(&self, path: &str) -> Option<Arc<str>> {
        if self.rules.is_private(path) {
            return None;
        }
        match self.buffers.get(&FileKey::of(path)) {
            Some(buffer) => Some(buffer.text.clone()),
            None => scan::text_of(&self.rules.absolute(path), SHOWN_BYTES),
        }
    }

    pub fn contains(&self, path: &str) -> bool {
        self.graph.id_of_path(path).and_then(|id| self.graph.file(id)).is_some_and(|file| file.skipped.is_none())
    }

    /// The definitions of a file, in its order.
    pub fn outline(&self, path: &str) -> Vec<SymbolInfo> {
        let Some(id) = self.graph.id_of_path(path) else { return Vec::new() };
        let Some(view) = self.view(id) else { return Vec::new() };
        (0..view.record.symbols.len() as u32).filter_map(|index| self.describe(&view, SymbolId { file: id, index })).collect()
    }

    pub fn symbol(&self, id: SymbolId) -> Option<SymbolInfo> {
        let (_, indexed) = self.graph.symbol(id)?;
        let view = self.view(id.file)?;
        let index = view.find(id.index, indexed)?;
        let mut info = self.describe(&view, SymbolId { file: id.file, index })?;
        info.id = id;
        Some(info)
    }

    /// What the identifier under a byte offset may denote; nothing where there is no identifier.
    pub fn resolve_at(&self, path: &str, offset: u32) -> Option<Resolution> {
        let text = self.text(path)?;
        self.resolve_in(path, &text, offset)
    }

    /// The same in a text newer than the snapshot.
    pub fn resolve_in(&self, path: &str, text: &str, offset: u32) -> Option<Resolution> {
        let language = Language::detect(path, text);
        let span = extract::identifier_at(language, text, offset)?;
        let name = span.of(text)?;
        let before = text.get(..span.start as usize)?.trim_end();
        let member = before.ends_with(['.', ':']) || before.ends_with("->");
        let id = self.graph.id_of_path(path)?;
        let mut candidates = resolve::candidates(&self.graph, id, NameKey::of(name), member);
        // On the name of a definition there is no doubt.
        let here = |(symbol, _): &(SymbolId, f32)| {
            symbol.file == id && self.graph.symbol(*symbol).is_some_and(|(_, symbol)| symbol.name_span.start == span.start)
        };
        if let Some(at) = candidates.iter().position(here) {
            let (symbol, _) = candidates[at];
            candidates = vec![(symbol, 1.0)];
        }
        candidates.truncate(CANDIDATES);
        let candidates = candidates.into_iter().map(|(symbol, confidence)| Candidate { symbol, confidence }).collect();
        Some(Resolution { name: name.to_owned(), span, candidates })
    }

    /// The definitions of an exact name anywhere in the workspace.
    pub fn definitions(&self, name: &str) -> Vec<SymbolId> {
        self.graph.definitions(NameKey::of(name))
    }

    /// The innermost definition around a byte offset.
    pub fn enclosing(&self, path: &str, offset: u32) -> Option<SymbolId> {
        let id = self.graph.id_of_path(path)?;
        let record = self.graph.file(id)?;
        let around = record.symbols.iter().enumerate().filter(|(_, symbol)| symbol.span.start <= offset && offset <= symbol.span.end);
        let (index, _) = around.min_by_key(|(_, symbol)| symbol.span.end - symbol.span.start)?;
        Some(SymbolId { file: id, index: index as u32 })
    }

    /// Who uses a definition.
    pub fn users(&self, id: SymbolId) -> Users {
        let mut users = Users::default();
        let Some((_, symbol)) = self.graph.symbol(id) else { return users };
        let name = NameKey::of(&symbol.name);
        for (file, confidence) in resolve::users(&self.graph, id) {
            let Some(record) = self.graph.file(file) else { continue };
            let uses = record.uses_of(name);
            let count: u32 = uses.iter().map(|u| u32::from(u.count)).sum();
            if confidence < LIKELY {
                users.possible += count;
                continue;
            }
            users.total += count;
            users.files.push(FileUses { path: record.path.clone(), count, test: record.test });
            users.places.extend(uses.iter().map(|u| Place {
                path: record.path.clone(),
                line: u.line,
                by: u.by.map(|index| SymbolId { file, index }),
                count: u.count.into(),
                calls: u.calls.into(),
                test: record.is_test(u.by),
                confidence,
            }));
        }
        users.files.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.path.cmp(&b.path)));
        users.places.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(b.count.cmp(&a.count)).then_with(|| (&a.path, a.line).cmp(&(&b.path, b.line))));
        users
    }

    /// Every exact use of a definition, found by parsing the files that are likely to use it.
    pub fn references(&self, id: SymbolId, cancel: &Cancel) -> Result<Vec<Reference>, IndexError> {
        let Some((_, symbol)) = self.graph.symbol(id) else { return Ok(Vec::new()) };
        let mut files: Vec<(FileId, f32)> = resolve::users(&self.graph, id).into_iter().filter(|(_, confidence)| *confidence >= LIKELY).collect();
        if !files.iter().any(|(file, _)| *file == id.file) {
            files.insert(0, (id.file, 1.0));
        }
        let mut references = Vec::new();
        for (file, confidence) in files {
            cancel.check()?;
            let Some(record) = self.graph.file(file) else { continue };
            let Some(text) = self.text(&record.path) else { continue };
            let found = extract::occurrences(Language::detect(&record.path, &text), &text, &symbol.name);
            references.extend(found.into_iter().map(|at| Reference {
                path: record.path.clone(),
                span: at.span,
                line: at.line,
                call: at.call,
                definition: at.definition,
                confidence,
            }));
        }
        references.sort_by(|a, b| (&a.path, a.span).cmp(&(&b.path, b.span)));
        Ok(references)
    }

    /// The definitions that a definition uses, in the order of their first use.
    pub fn callees(&self, id: SymbolId) -> Vec<Callee> {
        let used = resolve::callees(&self.graph, id).into_iter();
        let mut callees: Vec<Callee> =
            used.map(|(symbol, used, confidence)| Callee { symbol, line: used.line, calls: used.calls.into(), confidence }).collect();
        callees.sort_by_key(|callee| (callee.line, callee.symbol));
        callees
    }

    /// Definitions whose name contains the letters of `query` in order, best first.
    pub fn find_symbols(&self, query: &str, limit: usize) -> Vec<SymbolInfo> {
        let mut found: Vec<(u32, &str, SymbolId)> = Vec::new();
        for (file, record) in self.graph.files() {
            for (index, symbol) in record.symbols.iter().enumerate() {
                if matches!(symbol.kind, SymbolKind::Impl | SymbolKind::Key | SymbolKind::Section) {
                    continue;
                }
                if let Some(distance) = distance(&symbol.name, query) {
                    found.push((distance, &record.path, SymbolId { file, index: index as u32 }));
                }
            }
        }
        found.sort_unstable_by(|a, b| (a.0, a.1, a.2.index).cmp(&(b.0, b.1, b.2.index)));
        found.into_iter().take(limit).filter_map(|(_, _, id)| self.symbol(id)).collect()
    }

    /// All modules, by id.
    pub fn modules(&self) -> &[Module] {
        self.modules.get_or_init(|| modules(&self.graph, self.packages()))
    }

    pub fn module(&self, id: &str) -> Option<&Module> {
        let modules = self.modules();
        modules.binary_search_by(|module| module.id.as_str().cmp(id)).ok().map(|at| &modules[at])
    }

    /// The id of the module a file belongs to. Cheap, unlike [`Snapshot::modules`].
    pub fn module_id_of(&self, path: &str) -> String {
        self.packages().of(path).id
    }

    fn packages(&self) -> &Packages {
        self.packages.get_or_init(|| Packages::new(&self.graph, &self.name))
    }

    pub fn status(&self) -> Status {
        let mut languages: std::collections::BTreeMap<&str, usize> = Default::default();
        let (mut files, mut symbols, mut skipped) = (0, 0, Vec::new());
        for (_, file) in self.graph.files() {
            match &file.skipped {
                Some(reason) => skipped.push(Skipped { path: file.path.to_string(), reason: reason.to_string() }),
                None => {
                    files += 1;
                    symbols += file.symbols.len();
                    *languages.entry(file.language.as_deref().unwrap_or("text")).or_default() += 1;
                }
            }
        }
        skipped.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let mut languages: Vec<(String, usize)> = languages.into_iter().map(|(id, count)| (id.to_owned(), count)).collect();
        languages.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Status { files, symbols, chunks: self.corpus.chunks, modules: self.modules().len(), bytes_on_disk: self.bytes_on_disk, languages, skipped }
    }

    /// Why a file is not in the index, if it was skipped.
    pub fn skip_reason(&self, path: &str) -> Option<&SkipReason> {
        self.graph.file(self.graph.id_of_path(path)?)?.skipped.as_ref()
    }

    /// A file's text with facts that fit it.
    fn view(&self, id: FileId) -> Option<View> {
        let record = self.graph.file(id)?.clone();
        let text = self.text(&record.path)?;
        let hash = hash64(text.as_bytes());
        if hash == record.fingerprint.hash {
            return Some(View { text, record });
        }
        let print = Fingerprint { hash, ..record.fingerprint };
        let newer = self.rules.index(&record.path, &text, print).ok()?;
        Some(View { text, record: Arc::new(newer.record) })
    }

    fn describe(&self, view: &View, id: SymbolId) -> Option<SymbolInfo> {
        let symbol = view.record.symbols.get(id.index as usize)?;
        let separator = view.record.language().map_or(".", Language::separator);
        let mut names = vec![&*symbol.name];
        let mut container = symbol.container;
        while let Some(outer) = container.and_then(|index| view.record.symbols.get(index as usize)) {
            names.push(&outer.name);
            container = outer.container;
        }
        if names.len() == 1
            && let Some(receiver) = &symbol.receiver
        {
            names.push(receiver);
        }
        names.reverse();
        Some(SymbolInfo {
            id,
            name: symbol.name.to_string(),
            qualified: names.join(separator),
            kind: symbol.kind,
            path: view.record.path.clone(),
            language: view.record.language.as_deref().map(str::to_owned),
            lines: symbol.lines,
            span: symbol.span,
            name_span: symbol.name_span,
            signature: symbol.signature.of(&view.text).unwrap_or_default().trim().to_owned(),
            doc: symbol.doc.and_then(|doc| doc.of(&view.text)).map(extract::clean_doc).filter(|doc| !doc.trim().is_empty()),
            public: symbol.public,
            test: view.record.is_test(Some(id.index)),
            container: symbol.container.map(|index| SymbolId { file: id.file, index }),
        })
    }
}

/// A text and the facts of that very text.
struct View {
    text: Arc<str>,
    record: Arc<FileRecord>,
}

impl View {
    /// The index of a definition known from the snapshot: the same one, or in a newer text the nearest of its name and kind.
    fn find(&self, index: u32, known: &Symbol) -> Option<u32> {
        let same = |symbol: &Symbol| symbol.name == known.name && symbol.kind == known.kind;
        if self.record.symbols.get(index as usize).is_some_and(same) {
            return Some(index);
        }
        let candidates = self.record.symbols.iter().enumerate().filter(|(_, symbol)| same(symbol));
        candidates.min_by_key(|(_, symbol)| symbol.lines.first.abs_diff(known.lines.first)).map(|(index, _)| index as u32)
    }
}

/// How far a name is from a query whose letters it contains in order; smaller is better.
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
    query.chars().all(|wanted| rest.any(|c| c == wanted)).then(|| 200 + name.len() as u32)
}
