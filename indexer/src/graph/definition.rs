//! A definition with the properties that resolution uses repeatedly.

use crate::facts::SymbolKind;
use crate::graph::imports::{ImportTarget, folder};
use crate::graph::{Graph, SymbolId};
use crate::language::Language;
use crate::record::NameKey;

pub(crate) struct Definition<'a> {
    pub id: SymbolId,
    pub folder: &'a str,
    pub target: ImportTarget<'a>,
    pub name: &'a str,
    /// The type that contains it.
    pub owner: Option<&'a str>,
    /// The namespace in its file that contains it.
    namespace: Option<&'a str>,
    pub kind: SymbolKind,
    pub language: Option<Language>,
    pub test: bool,
    /// Whether its name is not defined by any other file or type.
    pub unique: bool,
    /// Whether its name is used in many files of the workspace.
    pub ubiquitous: bool,
}

/// How distinctive a name is in the workspace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NameRarity {
    unique: bool,
    ubiquitous: bool,
}

impl<'a> Definition<'a> {
    pub fn rarity(graph: &Graph, name: NameKey, definitions: &[SymbolId]) -> NameRarity {
        /// A name used in at most this many files is not ubiquitous in any workspace.
        const MIN_UBIQUITOUS_FILES: usize = 20;
        /// A name is ubiquitous if more than one in this many files use it.
        const UBIQUITOUS_RATIO: usize = 25;
        /// A name is unique with at most this many definitions of one owner, such as a field, its getter and its setter.
        const MAX_DEFINITIONS: usize = 4;
        let used_in = graph.count_users(name);
        NameRarity {
            unique: definitions.len() <= MAX_DEFINITIONS && one_owner(graph, definitions),
            ubiquitous: used_in > MIN_UBIQUITOUS_FILES.max(graph.count_files() / UBIQUITOUS_RATIO),
        }
    }

    pub fn new(graph: &'a Graph, id: SymbolId, rarity: NameRarity) -> Option<Self> {
        let (file, symbol) = graph.symbol(id)?;
        let container = symbol
            .container
            .and_then(|index| file.symbols.get(index as usize));
        let owner = container
            .filter(|container| container.kind.is_type())
            .map(|container| &*container.name);
        let namespace = container
            .filter(|container| container.kind == SymbolKind::Module)
            .map(|container| &*container.name);
        Some(Definition {
            id,
            folder: folder(&file.path),
            target: graph.target(&file.path),
            name: &symbol.name,
            owner: owner.or(symbol.receiver.as_deref()),
            namespace,
            kind: symbol.kind,
            language: file.language(),
            test: file.test || symbol.test,
            unique: rarity.unique,
            ubiquitous: rarity.ubiquitous,
        })
    }

    /// Returns the names of modules that may contain it: its file, its folder and the enclosing namespace.
    pub fn modules(&self) -> impl Iterator<Item = &'a str> {
        let folder = self
            .folder
            .rsplit('/')
            .next()
            .filter(|name| !name.is_empty());
        self.target.last().chain(folder).chain(self.namespace)
    }
}

/// Whether all definitions are in one file and have the same owner, such as a field and its getter.
fn one_owner(graph: &Graph, definitions: &[SymbolId]) -> bool {
    let mut owners = definitions.iter().map(|id| {
        let file = graph.file(id.file)?;
        let symbol = file.symbols.get(id.index as usize)?;
        let container = symbol
            .container
            .and_then(|index| file.symbols.get(index as usize));
        Some((
            id.file,
            container.map(|container| &container.name),
            &symbol.receiver,
        ))
    });
    let first = owners.next();
    owners.all(|owner| Some(owner) == first)
}
