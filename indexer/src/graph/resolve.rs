//! What names mean across the files of a workspace: the candidates for a name, what a definition uses, who uses it.

use crate::graph::definition::Definition;
use crate::graph::scope::{LIKELY, UseContext, UseResolver, WEAK};
use crate::graph::{FileId, Graph, SymbolId};
use crate::record::{HashedUse, NameKey, RoleKey};

/// The definitions a definition likely uses, each with the use.
pub(crate) fn callees(graph: &Graph, id: SymbolId) -> Vec<(SymbolId, HashedUse, f32)> {
    let (Some((record, _)), Some(scope)) = (graph.symbol(id), UseResolver::new(graph, id.file))
    else {
        return Vec::new();
    };
    // A name defined all over (`new`, `get`) is slow to guess at and seldom guessed right, unless its owner stands before it.
    const GUESSABLE: usize = 200;
    let used = record.uses.iter().filter(|used| {
        used.by() == Some(id.index) && graph.count_definitions(used.name) <= GUESSABLE
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

/// What a name used in a file, inside the definition `by`, may mean; best first.
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

/// One use that may mean a definition.
pub(crate) struct PossibleUse {
    pub file: FileId,
    pub used: HashedUse,
    pub confidence: f32,
    /// Whether another definition explains the use as well or better.
    pub shared: bool,
}

/// The uses that may mean a definition.
pub(crate) fn possible_uses(graph: &Graph, id: SymbolId) -> Vec<PossibleUse> {
    let Some((_, symbol)) = graph.symbol(id) else {
        return Vec::new();
    };
    let name = NameKey::of(&symbol.name);
    let all = graph.definitions(name);
    let special = Definition::special(graph, name, &all);
    let Some(definition) = Definition::new(graph, id, special) else {
        return Vec::new();
    };
    // Among very many definitions of a name not all are asked: it would take long, and such a use is shared in any case.
    const RIVALS: usize = 64;
    let rivals: Vec<Definition> = all
        .iter()
        .filter(|&&other| other != id)
        .take(RIVALS)
        .filter_map(|&other| Definition::new(graph, other, special))
        // Overloads, or a field and its getter: to the reader they are one.
        .filter(|rival| (rival.id.file, rival.owner) != (definition.id.file, definition.owner))
        .collect();
    let mut users = Vec::new();
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
            let (_, _, confidence, shared) = known.unwrap_or_else(|| {
                let confidence = scope.confidence(&definition, site);
                let shared = confidence >= LIKELY
                    && rivals
                        .iter()
                        .any(|rival| scope.confidence(rival, site) >= confidence);
                seen.push((site.role, site.owner, confidence, shared));
                (site.role, site.owner, confidence, shared)
            });
            if confidence >= WEAK {
                users.push(PossibleUse {
                    file,
                    used: *used,
                    confidence,
                    shared,
                });
            }
        }
    }
    users
}
