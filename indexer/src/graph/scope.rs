//! Which definition a use means, with a stated confidence.
//!
//! No types are inferred. What can be known without them is used: how the name is written, the file itself, its imports and what they
//! name, the package, and how special the name is. The levels are ordered, not calibrated probabilities; [`LIKELY`] is where "used
//! here" may be said. Saying nothing is better than naming the wrong definition: names of the standard library and of other packages
//! have no definition here, and must not be given one.

use crate::facts::SymbolKind;
use crate::graph::definition::Definition;
use crate::graph::imports::{ImportMatch, ImportPath, folder};
use crate::graph::{FileId, Graph, SymbolId};
use crate::language::Language;
use crate::record::{FileRecord, HashedUse, NameKey, RoleKey};
use crate::tokens::is_compound;

/// From here on a use is counted as a use of the definition.
pub(crate) const LIKELY: f32 = 0.5;

const SAME_FILE: f32 = 0.95;
const NAMED_FROM_FILE: f32 = 0.9;
const SAME_PACKAGE: f32 = 0.85;
const NAMED_FROM_PACKAGE: f32 = 0.8;
const OWNER_KNOWN: f32 = 0.7;
const REEXPORTED: f32 = 0.65;
const ONLY_DEFINITION: f32 = 0.6;
const PERHAPS: f32 = 0.5;
pub(crate) const WEAK: f32 = 0.3;
const SAME_NAME: f32 = 0.1;
const IMPOSSIBLE: f32 = 0.0;

/// The names by which a definition speaks of its own owner.
const SELF: &[&str] = &["self", "this", "cls", "Self", "super", "static"];

/// Decides how well definitions explain uses in one file. Made once per file, as its imports are split only once.
pub(crate) struct UseResolver<'a> {
    graph: &'a Graph,
    id: FileId,
    record: &'a FileRecord,
    language: Option<Language>,
    folder: &'a str,
    imports: Vec<(ImportPath<'a>, &'a [Box<str>])>,
}

/// One way a name is used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UseContext<'a> {
    pub role: RoleKey,
    /// The type that contains the use.
    pub owner: Option<&'a str>,
}

/// Where a name used in a file was imported from.
enum ImportOrigin {
    /// Not by name.
    Not,
    /// From the definition's file or package.
    Here(f32),
    /// From another place of the workspace, which may pass it on.
    Elsewhere,
    /// From outside of the workspace.
    Outside,
}

impl<'a> UseResolver<'a> {
    pub fn new(graph: &'a Graph, id: FileId) -> Option<Self> {
        let record = graph.file(id)?;
        let imports = record
            .imports
            .iter()
            .map(|import| (ImportPath::new(import, &record.path), &import.names[..]))
            .collect();
        Some(UseResolver {
            graph,
            id,
            record,
            language: record.language(),
            folder: folder(&record.path),
            imports,
        })
    }

    pub fn site(&self, used: &HashedUse) -> UseContext<'a> {
        UseContext {
            role: used.role,
            owner: self.owner_of(used.by()),
        }
    }

    /// The type that contains a definition of this file, or that it is.
    pub fn owner_of(&self, symbol: Option<u32>) -> Option<&'a str> {
        let mut at = self.record.symbols.get(symbol? as usize);
        while let Some(symbol) = at {
            if symbol.kind.is_type() {
                return Some(&symbol.name);
            }
            if let Some(receiver) = &symbol.receiver {
                return Some(receiver);
            }
            at = symbol
                .container
                .and_then(|index| self.record.symbols.get(index as usize));
        }
        None
    }

    /// How likely a use means the definition, which bears the name that is used.
    pub fn confidence(&self, definition: &Definition, site: UseContext) -> f32 {
        let languages = self.language.zip(definition.language);
        // A document may name anything.
        let Some(here) = self.language.filter(|here| here.is_code()) else {
            return if definition.only {
                ONLY_DEFINITION
            } else {
                WEAK
            };
        };
        if !languages.is_some_and(|(here, there)| here.is_related(there)) {
            return IMPOSSIBLE;
        }
        let same_file = definition.id.file == self.id;
        // Code does not use what tests and their data define.
        if definition.test && !self.record.test && !same_file {
            return IMPOSSIBLE;
        }
        let is_macro = definition.kind == SymbolKind::Macro;
        if site.role == RoleKey::MACRO {
            return if is_macro {
                self.by_scope(definition, here)
                    .max(self.if_only(definition))
            } else {
                IMPOSSIBLE
            };
        }
        if is_macro && here.id() == "rust" {
            return IMPOSSIBLE;
        }
        match definition.owner {
            None if site.role == RoleKey::BARE => self.by_scope(definition, here),
            None => self.by_module(definition, site.role, here),
            Some(owner) if site.role == RoleKey::BARE => {
                self.bare_member(definition, owner, site, here)
            }
            Some(owner) => self.member(definition, owner, site),
        }
    }

    /// A definition of a file, named alone.
    fn by_scope(&self, definition: &Definition, here: Language) -> f32 {
        if definition.id.file == self.id {
            return SAME_FILE;
        }
        let by_name = match self.imported(definition, definition.name) {
            ImportOrigin::Here(confidence) => return confidence,
            ImportOrigin::Outside => return IMPOSSIBLE,
            ImportOrigin::Elsewhere => {
                self.if_only(definition).max(WEAK) + (REEXPORTED - ONLY_DEFINITION)
            }
            ImportOrigin::Not => SAME_NAME,
        };
        let whole = self.imports.iter().filter_map(|(wanted, names)| {
            let everything = names.iter().any(|name| &**name == "*")
                || names.is_empty() && here.folder_is_scope();
            match wanted.reaches(&definition.target).filter(|_| everything)? {
                ImportMatch::File => Some(NAMED_FROM_PACKAGE),
                ImportMatch::Inside => Some(REEXPORTED),
            }
        });
        let by_whole = whole.fold(SAME_NAME, f32::max);
        let by_folder = match definition.folder == self.folder && here.folder_is_scope() {
            true => SAME_PACKAGE,
            false if here.folder_is_scope() => self.if_only(definition),
            false => SAME_NAME,
        };
        by_name.max(by_whole).max(by_folder)
    }

    /// A definition of a file, named as a member: of its module, one hopes.
    fn by_module(&self, definition: &Definition, role: RoleKey, here: Language) -> f32 {
        let Some(module) = definition.modules().find(|module| role.is_of(module)) else {
            let own = ["crate", "self", "super"]
                .iter()
                .any(|word| role.is_of(word));
            // `self.name` is a member in most languages, and the module's own in Rust.
            return if own && here.id() == "rust" {
                self.by_scope(definition, here).max(WEAK)
            } else if definition.only && is_compound(definition.name) && !self.is_outside(role) {
                // The module may be known here by another name.
                PERHAPS
            } else {
                SAME_NAME
            };
        };
        let reached = self.imports.iter().any(|(wanted, names)| {
            names.iter().any(|name| &**name == module)
                || wanted.reaches(&definition.target).is_some()
        });
        if reached || definition.id.file == self.id {
            NAMED_FROM_FILE
        } else if definition.folder == self.folder || folder(definition.folder) == self.folder {
            OWNER_KNOWN
        } else {
            self.if_only(definition).min(PERHAPS)
        }
    }

    /// A member without its owner before it.
    fn bare_member(
        &self,
        definition: &Definition,
        owner: &str,
        site: UseContext,
        here: Language,
    ) -> f32 {
        if definition.kind == SymbolKind::Variant {
            // A variant needs an import of its own, or of all of its enumeration.
            return match self.imported(definition, definition.name) {
                ImportOrigin::Here(confidence) => confidence,
                _ if self.imports_all_of(owner) => NAMED_FROM_PACKAGE,
                _ => IMPOSSIBLE,
            };
        }
        if !here.members_are_bare() {
            return IMPOSSIBLE;
        }
        if site.owner == Some(owner) {
            return if definition.id.file == self.id {
                SAME_FILE
            } else {
                SAME_PACKAGE
            };
        }
        if self.knows(definition, owner) {
            PERHAPS
        } else {
            SAME_NAME
        }
    }

    /// A member after its owner, or after something whose type is not known.
    fn member(&self, definition: &Definition, owner: &str, site: UseContext) -> f32 {
        let same_file = definition.id.file == self.id;
        if SELF.iter().any(|word| site.role.is_of(word)) {
            return match site.owner == Some(owner) {
                true if same_file => SAME_FILE,
                true => NAMED_FROM_PACKAGE,
                // It may be inherited.
                false if self.knows(definition, owner) && !definition.ubiquitous => PERHAPS,
                false => SAME_NAME,
            };
        }
        if site.role.is_of(owner) {
            return match self.imported(definition, owner) {
                ImportOrigin::Here(confidence) => confidence,
                ImportOrigin::Outside => IMPOSSIBLE,
                ImportOrigin::Elsewhere => OWNER_KNOWN,
                ImportOrigin::Not if same_file => SAME_FILE,
                ImportOrigin::Not if definition.folder == self.folder => SAME_PACKAGE,
                ImportOrigin::Not => self.if_only(definition).max(WEAK),
            };
        }
        // The owner is another type, or a module: `Other::name`.
        if definition.kind == SymbolKind::Variant || self.is_other_type(site.role) {
            return SAME_NAME;
        }
        if definition.ubiquitous {
            // What is called on everything is seldom called on this.
            return WEAK;
        }
        match self.knows(definition, owner) {
            true => OWNER_KNOWN,
            // A name of several words is seldom one of a standard library.
            false if definition.only && is_compound(definition.name) => PERHAPS,
            false => SAME_NAME,
        }
    }

    /// Whether the file speaks of the owner at all.
    fn knows(&self, definition: &Definition, owner: &str) -> bool {
        definition.id.file == self.id
            || !self.record.uses_of(NameKey::of(owner)).is_empty()
            || matches!(
                self.imported(definition, owner),
                ImportOrigin::Here(_) | ImportOrigin::Elsewhere
            )
    }

    /// Whether the name before a member is imported as, or known to be, something other than the member's owner.
    fn is_other_type(&self, role: RoleKey) -> bool {
        let imported = self.imports.iter().flat_map(|(_, names)| names.iter());
        imported.into_iter().any(|name| role.is_of(name))
            || self
                .record
                .symbols
                .iter()
                .any(|symbol| symbol.kind.is_type() && role.is_of(&symbol.name))
            || self.imports.iter().any(|(wanted, names)| {
                names.is_empty() && wanted.last().is_some_and(|last| role.is_of(last))
            })
    }

    /// Whether the name before a member was imported from outside of the workspace.
    fn is_outside(&self, role: RoleKey) -> bool {
        let outside = self
            .imports
            .iter()
            .filter(|(wanted, _)| wanted.is_outside(self.graph));
        outside.into_iter().any(|(wanted, names)| {
            names.iter().any(|name| role.is_of(name))
                || wanted.last().is_some_and(|last| role.is_of(last))
        })
    }

    fn imports_all_of(&self, owner: &str) -> bool {
        let all = |names: &[Box<str>]| names.iter().any(|name| &**name == "*");
        self.imports
            .iter()
            .any(|(wanted, names)| all(names) && wanted.last() == Some(owner))
    }

    fn imported(&self, definition: &Definition, name: &str) -> ImportOrigin {
        let mut found = ImportOrigin::Not;
        for (wanted, names) in &self.imports {
            if !names.iter().any(|imported| &**imported == name) {
                continue;
            }
            found = match wanted.reaches(&definition.target) {
                Some(ImportMatch::File) => return ImportOrigin::Here(NAMED_FROM_FILE),
                Some(ImportMatch::Inside) => ImportOrigin::Here(NAMED_FROM_PACKAGE),
                // A package may be imported by a name that no folder bears, but hardly a file of that very name.
                None if wanted.is_outside(self.graph)
                    && !definition
                        .target
                        .last()
                        .any(|last| wanted.last() == Some(last)) =>
                {
                    ImportOrigin::Outside
                }
                None => ImportOrigin::Elsewhere,
            };
        }
        found
    }

    fn if_only(&self, definition: &Definition) -> f32 {
        if definition.only {
            ONLY_DEFINITION
        } else {
            SAME_NAME
        }
    }

    /// The definitions a use may mean, best first.
    pub fn candidates(&self, name: NameKey, site: UseContext) -> Vec<(SymbolId, f32)> {
        let definitions = self.graph.definitions(name);
        let special = Definition::special(self.graph, name, &definitions);
        let mut scored: Vec<_> = definitions
            .into_iter()
            .filter_map(|id| Definition::new(self.graph, id, special))
            .map(|definition| {
                (
                    definition.target.path,
                    definition.id,
                    self.confidence(&definition, site),
                )
            })
            .filter(|(_, _, confidence)| *confidence > SAME_NAME)
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
}
