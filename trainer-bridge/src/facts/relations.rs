//! Calls between definitions, as far as the index is certain of them. Each list is computed once, on first use.

use std::collections::HashMap;
use std::sync::OnceLock;

use repo_indexer::{Callee, SymbolId, Usages};

use crate::repository::Repository;

/// From this confidence on a use is taken for certain: it is in the file of the definition, or the file imports the definition by name.
/// Below it the index infers the target from the name or the type, which suits a list of hints and not a training fact.
pub(super) const CERTAIN: f32 = 0.85;

pub(crate) struct Relations<'r, 's> {
    repository: &'r Repository<'s>,
    numbers: HashMap<SymbolId, usize>,
    usages: Vec<OnceLock<Usages>>,
    callees: Vec<OnceLock<Vec<Callee>>>,
    /// The errors that each definition raises, by file.
    pub(super) errors: Vec<OnceLock<Vec<Vec<String>>>>,
}

impl<'r, 's> Relations<'r, 's> {
    pub fn new(repository: &'r Repository<'s>) -> Self {
        let ids = repository
            .files
            .iter()
            .flat_map(|file| file.symbols.iter().map(|symbol| symbol.id));
        let numbers: HashMap<_, _> = ids.enumerate().map(|(number, id)| (id, number)).collect();
        let count = repository.files.iter().map(|file| file.symbols.len()).sum();
        Relations {
            repository,
            numbers,
            usages: std::iter::repeat_with(OnceLock::new).take(count).collect(),
            callees: std::iter::repeat_with(OnceLock::new).take(count).collect(),
            errors: std::iter::repeat_with(OnceLock::new)
                .take(repository.files.len())
                .collect(),
        }
    }

    /// Returns the certain uses of a definition.
    pub fn usages(&self, id: SymbolId) -> &Usages {
        static NONE: Usages = Usages {
            total: 0,
            possible: 0,
            files: Vec::new(),
            sites: Vec::new(),
        };
        let Some(number) = self.numbers.get(&id) else {
            return &NONE;
        };
        self.usages[*number].get_or_init(|| {
            let mut usages = self.repository.snapshot.usages(id);
            usages
                .sites
                .retain(|site| site.confidence >= CERTAIN && site.by != Some(id));
            usages
                .sites
                .sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
            usages
        })
    }

    /// Returns what a definition certainly calls, in the order of the calls.
    pub fn callees(&self, id: SymbolId) -> &[Callee] {
        let Some(number) = self.numbers.get(&id) else {
            return &[];
        };
        self.callees[*number].get_or_init(|| {
            let mut callees = self.repository.snapshot.callees(id);
            callees.retain(|callee| {
                callee.confidence >= CERTAIN && callee.calls > 0 && callee.symbol != id
            });
            let mut seen = std::collections::HashSet::new();
            callees.retain(|callee| seen.insert(callee.symbol));
            callees
        })
    }
}
