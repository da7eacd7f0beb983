//! Resolves names across the files of a workspace: candidates for a name, callees of a definition, uses of a definition.

use crate::graph::definition::Definition;
use crate::graph::scope::{LIKELY, UseContext, UseResolver, WEAK};
use crate::graph::{FileId, Graph, SymbolId};
use crate::record::{HashedUse, NameKey, RoleKey};

/// Returns the definitions that a definition probably uses, with the use and the confidence.
pub(crate) fn callees(graph: &Graph, id: SymbolId) -> Vec<(SymbolId, HashedUse, f32)> {
    let (Some((record, _)), Some(scope)) = (graph.symbol(id), UseResolver::new(graph, id.file))
    else {
        return Vec::new();
    };
    // Names with many definitions (`new`, `get`) are slow to resolve and rarely resolved correctly.
    const MAX_DEFINITIONS: usize = 200;
    let used = record.uses.iter().filter(|used| {
        used.by() == Some(id.index) && graph.count_definitions(used.name) <= MAX_DEFINITIONS
    });
    let best = used.filter_map(|used| {
        let (callee, confidence) = scope
            .candidates(used.name, scope.site(used))
            .into_iter()
            .next()?;
        (confidence >= LIKELY && callee != id).then_some((callee, *used, confidence))
    });
    best.collect()
}

/// Returns the definitions that the import statements of a file name, in the order of the statements, with the confidence.
pub(crate) fn imported(graph: &Graph, file: FileId) -> Vec<(SymbolId, f32)> {
    let (Some(record), Some(scope)) = (graph.file(file), UseResolver::new(graph, file)) else {
        return Vec::new();
    };
    let site = UseContext {
        role: RoleKey::BARE,
        owner: None,
    };
    let names = record.imports.iter().flat_map(|import| &import.names);
    let best = names.filter_map(|name| {
        let (symbol, confidence) = scope
            .candidates(NameKey::of(name), site)
            .into_iter()
            .next()?;
        (confidence >= LIKELY && symbol.file != file).then_some((symbol, confidence))
    });
    best.collect()
}

/// Returns the definitions that a name may refer to when it is used in `file` inside the definition `by`; best first.
pub(crate) fn candidates(
    graph: &Graph,
    file: FileId,
    name: NameKey,
    role: RoleKey,
    by: Option<u32>,
) -> Vec<(SymbolId, f32)> {
    let Some(scope) = UseResolver::new(graph, file) else {
        return Vec::new();
    };
    let site = UseContext {
        role,
        owner: scope.owner_of(by),
    };
    scope.candidates(name, site)
}

/// A use that may refer to a definition.
pub(crate) struct PossibleUse {
    pub file: FileId,
    pub used: HashedUse,
    pub confidence: f32,
    /// Whether another definition matches the use with the same or a higher confidence.
    pub ambiguous: bool,
}

/// Returns the uses that may refer to a definition.
pub(crate) fn possible_uses(graph: &Graph, id: SymbolId) -> Vec<PossibleUse> {
    let Some((_, symbol)) = graph.symbol(id) else {
        return Vec::new();
    };
    let name = NameKey::of(&symbol.name);
    let all = graph.definitions(name);
    let rarity = Definition::rarity(graph, name, &all);
    let Some(definition) = Definition::new(graph, id, rarity) else {
        return Vec::new();
    };
    // Only some of many definitions with the same name are compared, to limit the time. Such uses are ambiguous in any case.
    const MAX_RIVALS: usize = 64;
    let rivals: Vec<Definition> = all
        .iter()
        .filter(|&&other| other != id)
        .take(MAX_RIVALS)
        .filter_map(|&other| Definition::new(graph, other, rarity))
        // Overloads, or a field and its getter, are not considered rivals.
        .filter(|rival| (rival.id.file, rival.owner) != (definition.id.file, definition.owner))
        .collect();
    let mut uses = Vec::new();
    for file in graph.users(name) {
        let (Some(scope), Some(record)) = (UseResolver::new(graph, file), graph.file(file)) else {
            continue;
        };
        let mut seen: Vec<(RoleKey, Option<&str>, f32, bool)> = Vec::new();
        for used in record.uses_of(name) {
            let site = scope.site(used);
            let known = seen
                .iter()
                .find(|(role, owner, _, _)| (*role, *owner) == (site.role, site.owner))
                .copied();
            let (_, _, confidence, ambiguous) = known.unwrap_or_else(|| {
                let confidence = scope.confidence(&definition, site);
                let ambiguous = confidence >= LIKELY
                    && rivals
                        .iter()
                        .any(|rival| scope.confidence(rival, site) >= confidence);
                seen.push((site.role, site.owner, confidence, ambiguous));
                (site.role, site.owner, confidence, ambiguous)
            });
            if confidence >= WEAK {
                uses.push(PossibleUse {
                    file,
                    used: *used,
                    confidence,
                    ambiguous,
                });
            }
        }
    }
    uses
}
