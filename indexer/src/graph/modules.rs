//! The module graph: descriptions, public items and dependencies of modules.
//!
//! Nodes are the modules of [`Packages`], edges count the imports between their files, and descriptions are taken from documentation.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::facts::{Import, SymbolKind};
use crate::graph::imports::{ImportMatch, ImportPath};
use crate::graph::packages::{ModuleKind, Packages};
use crate::graph::{FileId, Graph, imports::folder};
use crate::record::FileRecord;

/// A crate, a package, or a directory.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Module {
    /// Depends on paths and manifests only, so that it is the same on all machines.
    pub id: String,
    pub kind: ModuleKind,
    /// The folder of its files, relative to the root; the shortest path if there are several.
    pub directory: String,
    /// The first paragraph of its documentation, else a list of its definitions; never empty.
    pub description: String,
    /// Number of files.
    pub files: usize,
    /// Names of public items: types first, then functions, then constants and type aliases.
    pub items: Vec<String>,
    /// Id of the enclosing module.
    pub parent: Option<String>,
    /// Ids of imported modules with the number of imports, in descending order of that number.
    pub depends_on: Vec<(String, u32)>,
    /// Ids of importing modules with the number of imports, in descending order of that number.
    pub used_by: Vec<(String, u32)>,
}

const MAX_ITEMS: usize = 40;

/// Returns all modules, sorted by id.
pub(crate) fn modules(graph: &Graph, packages: &Packages) -> Vec<Module> {
    let mut members: BTreeMap<String, (ModuleKind, Vec<FileId>)> = BTreeMap::new();
    let mut module_of: FxHashMap<FileId, String> = FxHashMap::default();
    for (id, file) in graph.files().filter(|(_, file)| file.skipped.is_none()) {
        let membership = packages.of(&file.path);
        members
            .entry(membership.id.clone())
            .or_insert((membership.kind, Vec::new()))
            .1
            .push(id);
        module_of.insert(id, membership.id);
    }
    let files = FilesBySegment::new(graph);
    let edges: Vec<(String, String)> = graph
        .files()
        .par_bridge()
        .flat_map_iter(|(id, file)| {
            let from = module_of.get(&id);
            let targets = file
                .imports
                .iter()
                .flat_map(|import| files.targets(graph, file, import));
            targets
                .filter_map(|target| Some((from?.clone(), module_of.get(&target)?.clone())))
                .filter(|(from, to)| from != to)
                .collect::<Vec<_>>()
        })
        .collect();
    let (mut out, mut into): (
        FxHashMap<_, BTreeMap<_, u32>>,
        FxHashMap<_, BTreeMap<_, u32>>,
    ) = Default::default();
    for (from, to) in edges {
        *out.entry(from.clone())
            .or_default()
            .entry(to.clone())
            .or_default() += 1;
        *into.entry(to).or_default().entry(from).or_default() += 1;
    }
    let ids: Vec<String> = members.keys().cloned().collect();
    members
        .into_iter()
        .map(|(id, (kind, files))| {
            let mut records: Vec<&FileRecord> = files
                .iter()
                .filter_map(|&file| graph.file(file))
                .map(|file| &**file)
                .collect();
            records.sort_unstable_by(|a, b| a.path.cmp(&b.path));
            let directory = records
                .iter()
                .map(|file| folder(&file.path))
                .min_by_key(|folder| folder.len())
                .unwrap_or_default()
                .to_owned();
            let items = public_items(&records);
            Module {
                description: describe(&records, &items),
                parent: ids
                    .iter()
                    .filter(|other| is_parent(other, &id))
                    .max_by_key(|other| other.len())
                    .cloned(),
                depends_on: by_weight(out.remove(&id)),
                used_by: by_weight(into.remove(&id)),
                files: records.len(),
                id,
                kind,
                directory,
                items,
            }
        })
        .collect()
}

fn is_parent(parent: &str, child: &str) -> bool {
    child
        .strip_prefix(parent)
        .is_some_and(|rest| rest.starts_with(['/', '.']) || rest.starts_with("::"))
}

fn by_weight(edges: Option<BTreeMap<String, u32>>) -> Vec<(String, u32)> {
    let mut edges: Vec<_> = edges.unwrap_or_default().into_iter().collect();
    edges.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    edges
}

fn public_items(records: &[&FileRecord]) -> Vec<String> {
    let rank = |kind| match kind {
        SymbolKind::Class
        | SymbolKind::Struct
        | SymbolKind::Enum
        | SymbolKind::Interface
        | SymbolKind::Table => Some(0),
        SymbolKind::Function | SymbolKind::Macro => Some(1),
        SymbolKind::TypeAlias | SymbolKind::Constant => Some(2),
        _ => None,
    };
    let mut items = Vec::new();
    for record in records.iter().filter(|record| !record.test) {
        let offered = record
            .symbols
            .iter()
            .filter(|symbol| symbol.public && !symbol.test && symbol.container.is_none());
        items.extend(offered.filter_map(|symbol| Some((rank(symbol.kind)?, &*symbol.name))));
    }
    items.sort_by_key(|&(rank, _)| rank);
    let mut seen = rustc_hash::FxHashSet::default();
    items.retain(|&(_, name)| seen.insert(name));
    items
        .into_iter()
        .take(MAX_ITEMS)
        .map(|(_, name)| name.to_owned())
        .collect()
}

fn describe(records: &[&FileRecord], items: &[String]) -> String {
    // Prefer the file that represents the folder, then a readme, then any documented file.
    let weight = |record: &FileRecord| match record.path.rsplit('/').next().unwrap_or_default() {
        "lib.rs" | "__init__.py" | "mod.rs" | "package-info.java" | "doc.go" => 0,
        "main.rs" | "index.ts" | "index.js" | "index.tsx" | "__main__.py" => 1,
        name if name.to_ascii_lowercase().starts_with("readme") => 2,
        _ => 3,
    };
    let documented = records
        .iter()
        .filter(|record| !record.test && record.summary.is_some());
    if let Some(summary) = documented
        .min_by_key(|record| (weight(record), record.path.len()))
        .and_then(|record| record.summary.as_deref())
    {
        return summary.to_owned();
    }
    if items.is_empty() {
        let files = if records.len() == 1 { "file" } else { "files" };
        return format!("{} {files} without public definitions.", records.len());
    }
    format!("Defines {}.", items[..items.len().min(6)].join(", "))
}

/// Finds the files that match an import by their last segment, without checking every file.
struct FilesBySegment<'a> {
    by_last: FxHashMap<String, Vec<(FileId, &'a str)>>,
}

impl<'a> FilesBySegment<'a> {
    fn new(graph: &'a Graph) -> Self {
        let mut by_last: FxHashMap<String, Vec<(FileId, &str)>> = FxHashMap::default();
        let mut folders = rustc_hash::FxHashSet::default();
        for (id, file) in graph.files().filter(|(_, file)| file.language.is_some()) {
            let mut names: Vec<String> = graph
                .target(&file.path)
                .last()
                .map(|last| last.replace('-', "_"))
                .collect();
            names.dedup();
            for name in names {
                by_last.entry(name).or_default().push((id, &file.path));
            }
            // Go and Java import folders, which are represented by their first file.
            let folder = folder(&file.path);
            if !folder.is_empty() && folders.insert(folder) {
                let last = folder.rsplit('/').next().unwrap_or(folder);
                by_last
                    .entry(last.replace('-', "_"))
                    .or_default()
                    .push((id, folder));
            }
        }
        FilesBySegment { by_last }
    }

    /// Returns the files that match an import, at most one for each imported path: the nearest if several match.
    fn targets(&self, graph: &Graph, from: &FileRecord, import: &Import) -> Vec<FileId> {
        // An imported name may be a file (`from package import module`) or a definition in a file.
        let named_files = import
            .names
            .iter()
            .filter(|name| &***name != "*")
            .map(|name| Import {
                path: format!("{}/{name}", import.path).into(),
                names: Vec::new(),
                line: import.line,
            });
        let mut found: Vec<FileId> = named_files
            .filter_map(|import| self.nearest(graph, from, &ImportPath::new(&import, &from.path)))
            .collect();
        if found.is_empty() {
            let wanted = ImportPath::new(import, &from.path);
            // `use a::b::Type` imports from the file of `b`, so the last segment may not be a file.
            found.extend(
                self.nearest(graph, from, &wanted)
                    .or_else(|| self.nearest(graph, from, &wanted.parent()?)),
            );
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn nearest(&self, graph: &Graph, from: &FileRecord, wanted: &ImportPath) -> Option<FileId> {
        let candidates = self.by_last.get(&wanted.last()?.replace('-', "_"))?;
        let answers = candidates.iter().filter(|(id, path)| {
            let same_family = graph.file(*id).is_some_and(|file| related(from, file));
            same_family && wanted.matches(&graph.target(path)) == Some(ImportMatch::File)
        });
        answers
            .max_by_key(|(_, path)| (common_prefix(&from.path, path), std::cmp::Reverse(*path)))
            .map(|(id, _)| *id)
    }
}

/// Whether a file can import another by language: a Python file does not import a Rust file even if the segments match.
fn related(from: &FileRecord, to: &FileRecord) -> bool {
    from.language()
        .zip(to.language())
        .is_some_and(|(from, to)| from.is_related(to))
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.split('/')
        .zip(b.split('/'))
        .take_while(|(a, b)| a == b)
        .count()
}
