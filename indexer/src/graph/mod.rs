//! The in-memory graph of a workspace: which files define and use a name, and which definition a use refers to.
//!
//! All snapshots share a large immutable *base*. Files that changed since the base was built are in a small *layer* on top of it.
//! Updating the graph for a saved file or an open buffer therefore only rebuilds the layer, and snapshots are immutable.
//! The graph is built from records only; it does not access text, disk or store.

mod definition;
pub(crate) mod imports;
pub(crate) mod modules;
pub(crate) mod packages;
pub(crate) mod resolve;
pub(crate) mod scope;

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{Symbol, SymbolKind};
use crate::graph::imports::ImportTarget;
use crate::record::{FileKey, FileRecord, NameKey};

/// The id of a file, valid within one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub(crate) u32);

/// The id of a definition, valid within one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolId {
    pub(crate) file: FileId,
    pub(crate) index: u32,
}

/// Changed files by key; `None` for a removed file.
pub(crate) type Changes = BTreeMap<FileKey, Option<Arc<FileRecord>>>;

/// An immutable index of definitions and uses by name over a fixed set of files.
pub(crate) struct Base {
    files: Vec<Arc<FileRecord>>,
    by_key: FxHashMap<FileKey, u32>,
    /// Pairs of a name and a definition of it, sorted.
    definitions: Vec<(NameKey, SymbolId)>,
    /// Pairs of a name and a file that uses it, sorted.
    users: Vec<(NameKey, FileId)>,
    manifests: Arc<Manifests>,
    /// The names of folders, files and packages, with the number of files for each.
    segments: Segments,
}

type Segments = FxHashMap<NameKey, u32>;

/// Package names by the folder of their manifest.
type Manifests = FxHashMap<Box<str>, Box<str>>;

impl Base {
    pub fn new(mut files: Vec<Arc<FileRecord>>) -> Self {
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let by_key = files
            .iter()
            .enumerate()
            .map(|(index, file)| (file.key, index as u32))
            .collect();
        let numbered = || {
            files
                .par_iter()
                .enumerate()
                .map(|(index, file)| (FileId(index as u32), file))
        };
        let mut definitions: Vec<_> = numbered()
            .flat_map_iter(|(id, file)| definitions_in(id, file))
            .collect();
        let mut users: Vec<_> = numbered()
            .flat_map_iter(|(id, file)| names_used_in(file).map(move |name| (name, id)))
            .collect();
        definitions.par_sort_unstable();
        users.par_sort_unstable();
        let segments = count_segments(files.iter().map(|file| &**file));
        let manifests = Arc::new(files.iter().filter_map(|file| manifest_of(file)).collect());
        Base {
            files,
            by_key,
            definitions,
            users,
            manifests,
            segments,
        }
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    pub fn record(&self, key: FileKey) -> Option<&Arc<FileRecord>> {
        self.by_key
            .get(&key)
            .map(|&index| &self.files[index as usize])
    }

    pub fn records(&self) -> impl Iterator<Item = &Arc<FileRecord>> {
        self.files.iter()
    }
}

fn count_segments<'a>(files: impl Iterator<Item = &'a FileRecord>) -> Segments {
    let mut counts = Segments::default();
    for segment in files.flat_map(segments_of) {
        *counts.entry(segment).or_default() += 1;
    }
    counts
}

fn segments_of(file: &FileRecord) -> impl Iterator<Item = NameKey> + '_ {
    let package = file
        .package
        .as_deref()
        .filter(|_| packages::is_manifest(&file.path));
    let package = package.into_iter().flat_map(|name| name.split('/'));
    imports::segments(&file.path)
        .into_iter()
        .chain(package)
        .map(segment_key)
}

/// Returns the key of a segment, treating `-` and `_` as equal.
fn segment_key(segment: &str) -> NameKey {
    NameKey::of(&segment.replace('-', "_"))
}

fn manifest_of(file: &FileRecord) -> Option<(Box<str>, Box<str>)> {
    let name = file
        .package
        .as_ref()
        .filter(|_| packages::is_manifest(&file.path))?;
    Some((imports::folder(&file.path).into(), name.clone()))
}

/// Whether definitions of this kind are looked up by name.
fn is_named(kind: SymbolKind) -> bool {
    !matches!(
        kind,
        SymbolKind::Impl | SymbolKind::Section | SymbolKind::Key
    )
}

fn definitions_in(
    file: FileId,
    record: &FileRecord,
) -> impl Iterator<Item = (NameKey, SymbolId)> + '_ {
    let named = record
        .symbols
        .iter()
        .enumerate()
        .filter(|(_, symbol)| is_named(symbol.kind));
    named.map(move |(index, symbol)| {
        (
            NameKey::of(&symbol.name),
            SymbolId {
                file,
                index: index as u32,
            },
        )
    })
}

fn names_used_in(record: &FileRecord) -> impl Iterator<Item = NameKey> + '_ {
    let mut last = None;
    record
        .uses
        .iter()
        .filter_map(move |u| (last.replace(u.name) != Some(u.name)).then_some(u.name))
}

/// The graph of one snapshot: the base with a layer of changed files.
pub(crate) struct Graph {
    base: Arc<Base>,
    /// Base files that were replaced or removed.
    hidden: FxHashSet<FileId>,
    /// Changed files; their ids follow those of the base.
    layer: Vec<Arc<FileRecord>>,
    layer_by_key: FxHashMap<FileKey, FileId>,
    layer_definitions: Vec<(NameKey, SymbolId)>,
    layer_segments: Segments,
    hidden_segments: Segments,
    manifests: Arc<Manifests>,
}

impl Graph {
    pub fn new(base: Arc<Base>, changes: &Changes) -> Self {
        let hidden = changes
            .keys()
            .filter_map(|key| base.by_key.get(key))
            .map(|&index| FileId(index))
            .collect();
        let layer: Vec<_> = changes.values().flatten().cloned().collect();
        let numbered = || {
            layer
                .iter()
                .enumerate()
                .map(|(index, file)| (FileId((base.len() + index) as u32), file))
        };
        let layer_by_key = numbered().map(|(id, file)| (file.key, id)).collect();
        let mut layer_definitions: Vec<_> = numbered()
            .flat_map(|(id, file)| definitions_in(id, file))
            .collect();
        layer_definitions.sort_unstable();
        let manifests = manifests(&base, changes);
        let replaced = changes.keys().filter_map(|&key| base.record(key));
        let hidden_segments = count_segments(replaced.map(|file| &**file));
        let layer_segments = count_segments(layer.iter().map(|file| &**file));
        Graph {
            base,
            hidden,
            layer,
            layer_by_key,
            layer_definitions,
            layer_segments,
            hidden_segments,
            manifests,
        }
    }

    /// Returns the file at a path as an import target.
    pub fn target<'a>(&'a self, path: &'a str) -> ImportTarget<'a> {
        let mut folders = std::iter::successors(Some(imports::folder(path)), |folder| {
            (!folder.is_empty()).then(|| imports::folder(folder))
        });
        let package = folders.find_map(|folder| Some((folder, &**self.manifests.get(folder)?)));
        ImportTarget::new(path, package)
    }

    pub fn file(&self, id: FileId) -> Option<&Arc<FileRecord>> {
        let index = id.0 as usize;
        match index.checked_sub(self.base.len()) {
            Some(index) => self.layer.get(index),
            None => self
                .base
                .files
                .get(index)
                .filter(|_| !self.hidden.contains(&id)),
        }
    }

    pub fn id(&self, key: FileKey) -> Option<FileId> {
        if let Some(&id) = self.layer_by_key.get(&key) {
            return Some(id);
        }
        self.base
            .by_key
            .get(&key)
            .map(|&index| FileId(index))
            .filter(|id| !self.hidden.contains(id))
    }

    pub fn id_of_path(&self, path: &str) -> Option<FileId> {
        self.id(FileKey::of(path))
    }

    /// Iterates over all files: those of the base, ordered by path, and then those of the layer, ordered by key.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &Arc<FileRecord>)> {
        let base = self
            .base
            .files
            .iter()
            .enumerate()
            .map(|(index, file)| (FileId(index as u32), file));
        let layer = self
            .layer
            .iter()
            .enumerate()
            .map(|(index, file)| (FileId((self.base.len() + index) as u32), file));
        base.filter(|(id, _)| !self.hidden.contains(id))
            .chain(layer)
    }

    pub fn symbol(&self, id: SymbolId) -> Option<(&Arc<FileRecord>, &Symbol)> {
        let file = self.file(id.file)?;
        Some((file, file.symbols.get(id.index as usize)?))
    }

    /// Returns the definitions of a name, ordered by file id.
    pub fn definitions(&self, name: NameKey) -> Vec<SymbolId> {
        let base = range_of(&self.base.definitions, name)
            .iter()
            .map(|&(_, id)| id)
            .filter(|id| !self.hidden.contains(&id.file));
        base.chain(
            range_of(&self.layer_definitions, name)
                .iter()
                .map(|&(_, id)| id),
        )
        .collect()
    }

    /// Returns the number of definitions of a name.
    pub fn count_definitions(&self, name: NameKey) -> usize {
        let base = range_of(&self.base.definitions, name).iter();
        let base = base.filter(|(_, id)| !self.hidden.contains(&id.file));
        base.count() + range_of(&self.layer_definitions, name).len()
    }

    /// Returns the number of files that use a name.
    pub fn count_users(&self, name: NameKey) -> usize {
        let base = range_of(&self.base.users, name).iter();
        let base = base.filter(|(_, id)| !self.hidden.contains(id));
        let layer = self
            .layer
            .iter()
            .filter(|file| !file.uses_of(name).is_empty());
        base.count() + layer.count()
    }

    pub fn count_files(&self) -> usize {
        self.base.len() - self.hidden.len() + self.layer.len()
    }

    /// Whether the workspace contains a folder, file or package with this name.
    pub fn has_segment(&self, segment: &str) -> bool {
        let key = segment_key(segment);
        let count = |segments: &Segments| segments.get(&key).copied().unwrap_or(0);
        count(&self.base.segments) > count(&self.hidden_segments) || count(&self.layer_segments) > 0
    }

    /// Returns the files that use a name, sorted by id.
    pub fn users(&self, name: NameKey) -> Vec<FileId> {
        let base = range_of(&self.base.users, name)
            .iter()
            .map(|&(_, id)| id)
            .filter(|id| !self.hidden.contains(id));
        let layer = self.layer_by_key.values().copied().filter(|&id| {
            self.file(id)
                .is_some_and(|file| !file.uses_of(name).is_empty())
        });
        let mut users: Vec<_> = base.chain(layer).collect();
        users.sort_unstable();
        users
    }
}

/// Returns the manifests of the base with the changes of the layer applied. Copies them only if there are any.
fn manifests(base: &Base, changes: &Changes) -> Arc<Manifests> {
    let mut manifests = base.manifests.clone();
    for (key, change) in changes {
        if let Some((folder, _)) = base.record(*key).and_then(|file| manifest_of(file)) {
            Arc::make_mut(&mut manifests).remove(&folder);
        }
        if let Some((folder, name)) = change.as_ref().and_then(|file| manifest_of(file)) {
            Arc::make_mut(&mut manifests).insert(folder, name);
        }
    }
    manifests
}

fn range_of<T>(pairs: &[(NameKey, T)], name: NameKey) -> &[(NameKey, T)] {
    let start = pairs.partition_point(|(key, _)| *key < name);
    let end = start + pairs[start..].partition_point(|(key, _)| *key == name);
    &pairs[start..end]
}
