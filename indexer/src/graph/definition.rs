//! A definition with what resolution asks of it again and again.

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
    /// The type it is a member of.
    pub owner: Option<&'a str>,
    /// The namespace inside its file that contains it.
    namespace: Option<&'a str>,
    pub kind: SymbolKind,
    pub language: Option<Language>,
    pub test: bool,
    /// Whether no definition elsewhere has its name.
    pub only: bool,
    /// Whether its name is used all over the workspace.
    pub ubiquitous: bool,
}

/// How special a name is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NameRarity {
    only: bool,
    ubiquitous: bool,
}

impl<'a> Definition<'a> {
    pub fn special(graph: &Graph, name: NameKey, definitions: &[SymbolId]) -> NameRarity {
        /// Names used in fewer files than this are not common in any workspace.
        const FEW: usize = 20;
        /// One file in this many uses a common name.
        const SHARE: usize = 25;
        /// A field, its getter and its setter at most.
        const MEMBERS: usize = 4;
        let used_in = graph.count_users(name);
        NameRarity {
            only: definitions.len() <= MEMBERS && one_owner(graph, definitions),
            ubiquitous: used_in > FEW.max(graph.count_files() / SHARE),
        }
    }

    pub fn new(graph: &'a Graph, id: SymbolId, special: NameRarity) -> Option<Self> {
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
            only: special.only,
            ubiquitous: special.ubiquitous,
        })
    }

    /// The names of the modules it may be a member of: its file, its folder, a namespace around it.
    pub fn modules(&self) -> impl Iterator<Item = &'a str> {
        let folder = self
            .folder
            .rsplit('/')
            .next()
            .filter(|name| !name.is_empty());
        self.target.last().chain(folder).chain(self.namespace)
    }
}

/// Whether the definitions are of one file and one owner, like a field and the method that reads it.
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
