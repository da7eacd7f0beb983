//! Which definition a use means, with a stated confidence.
//!
//! No types are inferred. What can be known without them is used: the file itself, its imports and what they name, the package, and how
//! rare the name is. The levels are ordered, not calibrated probabilities; [`LIKELY`] is where "used here" may be said.

use rustc_hash::FxHashSet;

use crate::facts::SymbolKind;
use crate::graph::imports::{Reach, Target, Wanted};
use crate::graph::{FileId, Graph, SymbolId};
use crate::language::Language;
use crate::record::{HashedUse, NameKey};

/// From here on a use is counted as a use of the definition.
pub(crate) const LIKELY: f32 = 0.5;

const SAME_FILE: f32 = 0.95;
const NAMED_FROM_FILE: f32 = 0.9;
const SAME_PACKAGE: f32 = 0.85;
const NAMED_FROM_PACKAGE: f32 = 0.8;
const FROM_FILE: f32 = 0.7;
const ONLY_DEFINITION: f32 = 0.6;
const FROM_PACKAGE: f32 = 0.55;
const NEARBY: f32 = 0.4;
const SAME_NAME: f32 = 0.2;

/// Decides how well definitions explain uses in one file. Made once per file, as its imports are split only once.
pub(crate) struct Scope<'a> {
    id: FileId,
    language: Option<Language>,
    folder: &'a str,
    imports: Vec<(Wanted<'a>, &'a [Box<str>])>,
}

/// A definition with what resolution asks of it again and again.
pub(crate) struct Definition<'a> {
    id: SymbolId,
    folder: &'a str,
    target: Target<'a>,
    name: &'a str,
    container: Option<&'a str>,
    kind: SymbolKind,
    language: Option<Language>,
    /// Whether no other definition has its name.
    only: bool,
}

impl<'a> Definition<'a> {
    pub fn new(graph: &'a Graph, id: SymbolId, only: bool) -> Option<Self> {
        let (file, symbol) = graph.symbol(id)?;
        let container = symbol
            .container
            .and_then(|index| file.symbols.get(index as usize));
        Some(Definition {
            id,
            folder: folder(&file.path),
            target: graph.target(&file.path),
            name: &symbol.name,
            container: container.map(|symbol| &*symbol.name),
            kind: symbol.kind,
            language: file.language(),
            only,
        })
    }
}

impl<'a> Scope<'a> {
    pub fn new(graph: &'a Graph, id: FileId) -> Option<Self> {
        let record = graph.file(id)?;
        let imports = record
            .imports
            .iter()
            .map(|import| (Wanted::new(import, &record.path), &import.names[..]))
            .collect();
        Some(Scope {
            id,
            language: record.language(),
            folder: folder(&record.path),
            imports,
        })
    }

    /// How likely a use of the definition's name in this file means that definition.
    /// Zero where the two files' languages cannot name each other's definitions.
    pub fn confidence(&self, definition: &Definition) -> f32 {
        if !self.is_related(definition) {
            return 0.0;
        }
        let by_place = if definition.id.file == self.id {
            SAME_FILE
        } else {
            self.by_import(definition).max(self.by_place(definition))
        };
        // A local variable easily bears a field's name, and nothing here tells them apart.
        if definition.kind == SymbolKind::Field {
            by_place * 0.6
        } else {
            by_place
        }
    }

    fn candidates(&self, graph: &Graph, name: NameKey, member: bool) -> Vec<(SymbolId, f32)> {
        let definitions = graph.definitions(name);
        let only = definitions.len() == 1;
        let mut scored: Vec<_> = definitions
            .into_iter()
            .filter_map(|id| Definition::new(graph, id, only))
            .map(|definition| {
                let field = definition.kind == SymbolKind::Field;
                let confidence = self.confidence(&definition);
                (
                    definition.target.path,
                    definition.id,
                    if field && member {
                        confidence / 0.6
                    } else {
                        confidence
                    },
                )
            })
            .filter(|(_, _, confidence)| *confidence > 0.0)
            .collect();
        // Ids depend on when a file was indexed, paths do not.
        scored.sort_by(|a, b| {
            b.2.total_cmp(&a.2)
                .then_with(|| (a.0, a.1.index).cmp(&(b.0, b.1.index)))
        });
        scored
            .into_iter()
            .map(|(_, id, confidence)| (id, confidence))
            .collect()
    }

    fn is_related(&self, definition: &Definition) -> bool {
        let languages = self.language.zip(definition.language);
        // A document may name anything.
        languages.is_some_and(|(here, there)| !here.is_code() || here.is_related(there))
    }

    fn by_import(&self, definition: &Definition) -> f32 {
        let mut best = 0.0_f32;
        for (wanted, names) in &self.imports {
            let is = |name: &str| names.iter().any(|imported| &**imported == name);
            let named = is(definition.name) || definition.container.is_some_and(is);
            // `from package import module` imports the file `package/module`.
            let module = names
                .iter()
                .any(|name| definition.target.last().any(|last| last == &**name));
            let whole = names.is_empty() || is("*");
            let level = match wanted.reaches(&definition.target) {
                Some(Reach::File) if named || whole => NAMED_FROM_FILE,
                Some(Reach::Inside) if named || module => NAMED_FROM_PACKAGE,
                Some(Reach::File) => FROM_FILE,
                Some(Reach::Inside) => FROM_PACKAGE,
                None => continue,
            };
            best = best.max(level);
        }
        best
    }

    fn by_place(&self, definition: &Definition) -> f32 {
        let related = self.is_related(definition);
        if related && definition.folder == self.folder {
            return if self.language.is_some_and(Language::folder_is_scope) {
                SAME_PACKAGE
            } else if definition.only {
                ONLY_DEFINITION
            } else {
                NEARBY
            };
        }
        if related && definition.only {
            ONLY_DEFINITION
        } else {
            SAME_NAME
        }
    }
}

/// The definitions a definition likely uses, each with the use.
pub(crate) fn callees(graph: &Graph, id: SymbolId) -> Vec<(SymbolId, HashedUse, f32)> {
    let (Some((record, _)), Some(scope)) = (graph.symbol(id), Scope::new(graph, id.file)) else {
        return Vec::new();
    };
    // A name defined all over (`new`, `get`) cannot be told without types, and is slow to guess at.
    const GUESSABLE: usize = 50;
    let used = record.uses.iter().filter(|used| {
        used.by == Some(id.index) && graph.count_definitions(used.name) <= GUESSABLE
    });
    let best = used.filter_map(|used| {
        let (callee, confidence) = scope
            .candidates(graph, used.name, used.calls > 0)
            .into_iter()
            .next()?;
        (confidence >= LIKELY && callee != id).then_some((callee, *used, confidence))
    });
    best.collect()
}

/// What a name used in a file may mean, best first. `member` says that it follows a dot or the like.
pub(crate) fn candidates(
    graph: &Graph,
    file: FileId,
    name: NameKey,
    member: bool,
) -> Vec<(SymbolId, f32)> {
    Scope::new(graph, file)
        .map(|scope| scope.candidates(graph, name, member))
        .unwrap_or_default()
}

/// The files that use a definition with how often and how surely, surest first.
pub(crate) fn users(graph: &Graph, id: SymbolId) -> Vec<(FileId, f32)> {
    let Some((_, symbol)) = graph.symbol(id) else {
        return Vec::new();
    };
    let name = NameKey::of(&symbol.name);
    let all = graph.definitions(name);
    let Some(definition) = Definition::new(graph, id, all.len() == 1) else {
        return Vec::new();
    };
    let defining: FxHashSet<FileId> = all.iter().map(|other| other.file).collect();
    let mut users: Vec<(FileId, f32)> = graph
        .users(name)
        .into_iter()
        .filter_map(|file| {
            let confidence = Scope::new(graph, file)?.confidence(&definition);
            // A file that defines the name itself mostly means its own definition.
            let own = file != id.file && defining.contains(&file);
            Some((
                file,
                if own {
                    confidence.min(NEARBY)
                } else {
                    confidence
                },
            ))
        })
        .filter(|(_, confidence)| *confidence > 0.0)
        .collect();
    users.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    users
}

pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
