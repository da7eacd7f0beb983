//! Hard negatives: what a query should not find although it resembles what it should find.

use std::collections::HashMap;

use repo_indexer::SymbolInfo;

use crate::repository::SourceFile;
use crate::sample::Split;

/// Finds a definition that is lexically near: one of the same module with a common word in its name, and never one of the same name.
pub(super) struct Negatives<'d> {
    definitions: &'d [(&'d SourceFile, &'d SymbolInfo)],
    by_word: HashMap<String, Vec<usize>>,
}

/// Definitions that are compared.
const MAX_COMPARED: usize = 200;

impl<'d> Negatives<'d> {
    pub(super) fn new(definitions: &'d [(&'d SourceFile, &'d SymbolInfo)]) -> Self {
        let mut by_word: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, (_, symbol)) in definitions.iter().enumerate() {
            for word in crate::facts::words(&symbol.name) {
                by_word.entry(word.to_lowercase()).or_default().push(at);
            }
        }
        Negatives {
            definitions,
            by_word,
        }
    }

    pub(super) fn near(&self, at: usize) -> Option<usize> {
        let (file, symbol) = self.definitions[at];
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for word in crate::facts::words(&symbol.name) {
            let same = self.by_word.get(&word.to_lowercase());
            for other in same.into_iter().flatten().take(MAX_COMPARED) {
                *counts.entry(*other).or_default() += 1;
            }
        }
        let allowed = |other: &usize| {
            let (of, near) = self.definitions[*other];
            near.name != symbol.name && (of.split == Split::Train || of.split == file.split)
        };
        let best = counts
            .into_iter()
            .filter(|(other, _)| allowed(other))
            .max_by_key(|(other, common)| {
                let same_module = self.definitions[*other].0.module == file.module;
                (*common, same_module, std::cmp::Reverse(*other))
            });
        // Without a common word any other definition is better than none: trainers want all columns.
        best.map(|(other, _)| other).or_else(|| {
            let beside = [at.checked_add(1), at.checked_sub(1)].into_iter().flatten();
            beside
                .filter(|other| *other < self.definitions.len())
                .find(|other| allowed(other))
        })
    }
}
