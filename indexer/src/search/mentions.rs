//! Finds the definitions and files that a query names explicitly.

use rustc_hash::FxHashMap;

use crate::graph::{FileId, Graph, SymbolId};
use crate::record::{FileRecord, NameKey};
use crate::search::query::{NamedIdentifier, ParsedQuery};

/// How strongly each definition and file is named in the query, from 0 to 1.
#[derive(Default)]
pub(crate) struct NamedInQuery {
    pub symbols: FxHashMap<SymbolId, f32>,
    /// The sum over the definitions of each file, scaled so that the maximum is 1.
    pub files: FxHashMap<FileId, f32>,
    /// How well the path of each file matches.
    pub paths: FxHashMap<FileId, f32>,
}

/// Names with more definitions than this are ignored.
const MAX_DEFINITIONS: usize = 200;

pub(crate) fn mentioned(graph: &Graph, parsed: &ParsedQuery) -> NamedInQuery {
    let mut found = NamedInQuery::default();
    for mention in &parsed.identifiers {
        named(graph, mention, &mut found);
    }
    let most = found.files.values().copied().fold(0.0, f32::max);
    if most > 0.0 {
        found
            .files
            .values_mut()
            .for_each(|strength| *strength /= most);
    }
    let paths: Vec<Vec<&str>> = parsed
        .paths
        .iter()
        .map(|path| path.split('/').collect())
        .collect();
    if !paths.is_empty() {
        for (id, file) in graph.files() {
            let strength = paths
                .iter()
                .map(|path| path_match(file, path))
                .fold(0.0, f32::max);
            if strength > 0.0 {
                found.paths.insert(id, strength);
            }
        }
    }
    found
}

fn named(graph: &Graph, mention: &NamedIdentifier, found: &mut NamedInQuery) {
    let definitions = graph.definitions(NameKey::of(&mention.name));
    if definitions.is_empty() || definitions.len() > MAX_DEFINITIONS {
        return;
    }
    let rarity = 1.0 / (1.0 + (definitions.len() as f32).ln());
    let mut per_file: FxHashMap<FileId, f32> = FxHashMap::default();
    for id in definitions {
        let Some((file, symbol)) = graph.symbol(id) else {
            continue;
        };
        let container = symbol
            .container
            .and_then(|index| file.symbols.get(index as usize));
        let qualified = mention
            .qualifier
            .as_deref()
            .is_some_and(|owner| container.is_some_and(|container| &*container.name == owner));
        let strength = if qualified { 1.0 } else { rarity };
        let best = found.symbols.entry(id).or_default();
        *best = best.max(strength);
        let best = per_file.entry(id.file).or_default();
        *best = best.max(strength);
    }
    for (file, strength) in per_file {
        *found.files.entry(file).or_default() += strength;
    }
}

/// Returns the strength of the match if the path of the file, without its extension, ends with the segments; else 0.
fn path_match(file: &FileRecord, suffix: &[&str]) -> f32 {
    let path = &*file.path;
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut own = folder.rsplit('/').filter(|part| !part.is_empty());
    let Some((last, before)) = suffix.split_last() else {
        return 0.0;
    };
    if *last != stem || !before.iter().rev().all(|part| own.next() == Some(*part)) {
        return 0.0;
    }
    // A file name alone is weaker evidence than a path: names like `utils` or `__init__` are common.
    if before.is_empty() { 0.5 } else { 1.0 }
}
