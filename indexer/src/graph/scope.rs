//! Estimates how likely a use refers to a definition.
//!
//! There is no type inference. The estimate is based on the syntactic form of the use, the file, its imports, the package, and how
//! distinctive the name is. Confidence levels are ordered, but they are not calibrated probabilities; from [`LIKELY`] on, a use counts
//! as a use of the definition. No result is better than a wrong one: names of the standard library and of external packages must not be
//! resolved to definitions in the workspace.

use crate::facts::SymbolKind;
use crate::graph::definition::Definition;
use crate::graph::imports::{ImportMatch, ImportPath, folder};
use crate::graph::{FileId, Graph, SymbolId};
use crate::language::Language;
use crate::record::{FileRecord, HashedUse, NameKey, RoleKey};
use crate::tokens::is_compound;

/// The minimum confidence at which a use is counted as a use of the definition.
pub(crate) const LIKELY: f32 = 0.5;

const SAME_FILE: f32 = 0.95;
const NAMED_FROM_FILE: f32 = 0.9;
const SAME_PACKAGE: f32 = 0.85;
const NAMED_FROM_PACKAGE: f32 = 0.8;
const OWNER_KNOWN: f32 = 0.7;
const REEXPORTED: f32 = 0.65;
const UNIQUE_NAME: f32 = 0.6;
const POSSIBLE: f32 = 0.5;
pub(crate) const WEAK: f32 = 0.3;
const SAME_NAME: f32 = 0.1;
const IMPOSSIBLE: f32 = 0.0;

/// Keywords that refer to the enclosing type or object.
const SELF_WORDS: &[&str] = &["self", "this", "cls", "Self", "super", "static"];

/// Resolves uses in one file. Created once per file, so that its imports are parsed only once.
pub(crate) struct UseResolver<'a> {
    graph: &'a Graph,
    id: FileId,
    record: &'a FileRecord,
    language: Option<Language>,
    folder: &'a str,
    imports: Vec<(ImportPath<'a>, &'a [Box<str>])>,
}

/// The context of a use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UseContext<'a> {
    pub role: RoleKey,
    /// The type that contains the use.
    pub owner: Option<&'a str>,
}

/// Where a name used in a file is imported from.
enum ImportOrigin {
    /// The name is not imported.
    NotImported,
    /// From the file or package of the definition, with the resulting confidence.
    Definition(f32),
    /// From another file of the workspace, which may re-export it.
    OtherFile,
    /// From outside of the workspace.
    External,
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

    /// Returns the type that contains a definition of this file, or the definition itself if it is a type.
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

    /// Returns the confidence that a use refers to the definition. Requires that the names are equal.
    pub fn confidence(&self, definition: &Definition, site: UseContext) -> f32 {
        let languages = self.language.zip(definition.language);
        // Documents can refer to any definition.
        let Some(here) = self.language.filter(|here| here.is_code()) else {
            return if definition.unique { UNIQUE_NAME } else { WEAK };
        };
        if !languages.is_some_and(|(here, there)| here.is_related(there)) {
            return IMPOSSIBLE;
        }
        let same_file = definition.id.file == self.id;
        // Production code does not use definitions in tests or test data.
        if definition.test && !self.record.test && !same_file {
            return IMPOSSIBLE;
        }
        let is_macro = definition.kind == SymbolKind::Macro;
        if site.role == RoleKey::MACRO {
            return if is_macro {
                self.bare_top_level(definition, here)
                    .max(self.if_unique(definition))
            } else {
                IMPOSSIBLE
            };
        }
        if is_macro && here.id() == "rust" {
            return IMPOSSIBLE;
        }
        match definition.owner {
            None if site.role == RoleKey::BARE => self.bare_top_level(definition, here),
            None => self.qualified_top_level(definition, site.role, here),
            Some(owner) if site.role == RoleKey::BARE => {
                self.bare_member(definition, owner, site, here)
            }
            Some(owner) => self.qualified_member(definition, owner, site),
        }
    }

    /// Confidence for a top-level definition that is used without a qualifier.
    fn bare_top_level(&self, definition: &Definition, here: Language) -> f32 {
        if definition.id.file == self.id {
            return SAME_FILE;
        }
        let by_name = match self.imported(definition, definition.name) {
            ImportOrigin::Definition(confidence) => return confidence,
            ImportOrigin::External => return IMPOSSIBLE,
            ImportOrigin::OtherFile => {
                self.if_unique(definition).max(WEAK) + (REEXPORTED - UNIQUE_NAME)
            }
            ImportOrigin::NotImported => SAME_NAME,
        };
        let whole = self.imports.iter().filter_map(|(wanted, names)| {
            let everything = names.iter().any(|name| &**name == "*")
                || names.is_empty() && here.folder_is_scope();
            match wanted.matches(&definition.target).filter(|_| everything)? {
                ImportMatch::File => Some(NAMED_FROM_PACKAGE),
                ImportMatch::Inside => Some(REEXPORTED),
            }
        });
        let by_whole = whole.fold(SAME_NAME, f32::max);
        let by_folder = match definition.folder == self.folder && here.folder_is_scope() {
            true => SAME_PACKAGE,
            false if here.folder_is_scope() => self.if_unique(definition),
            false => SAME_NAME,
        };
        by_name.max(by_whole).max(by_folder)
    }

    /// Confidence for a top-level definition that is used as a member, which is assumed to be a member of its module.
    fn qualified_top_level(&self, definition: &Definition, role: RoleKey, here: Language) -> f32 {
        let Some(module) = definition.modules().find(|module| role.is_of(module)) else {
            let own = ["crate", "self", "super"]
                .iter()
                .any(|word| role.is_of(word));
            // `self.name` is a member of the object in most languages. In Rust, `self::name` is an item of the module.
            return if own && here.id() == "rust" {
                self.bare_top_level(definition, here).max(WEAK)
            } else if definition.unique && is_compound(definition.name) && !self.is_outside(role) {
                // The module may have been renamed by the import.
                POSSIBLE
            } else {
                SAME_NAME
            };
        };
        let reached = self.imports.iter().any(|(wanted, names)| {
            names.iter().any(|name| &**name == module)
                || wanted.matches(&definition.target).is_some()
        });
        if reached || definition.id.file == self.id {
            NAMED_FROM_FILE
        } else if definition.folder == self.folder || folder(definition.folder) == self.folder {
            OWNER_KNOWN
        } else {
            self.if_unique(definition).min(POSSIBLE)
        }
    }

    /// Confidence for a member that is used without a qualifier.
    fn bare_member(
        &self,
        definition: &Definition,
        owner: &str,
        site: UseContext,
        here: Language,
    ) -> f32 {
        if definition.kind == SymbolKind::Variant {
            // An unqualified variant needs an import of the variant or a wildcard import of its enumeration.
            return match self.imported(definition, definition.name) {
                ImportOrigin::Definition(confidence) => confidence,
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
        if self.refers_to(definition, owner) {
            POSSIBLE
        } else {
            SAME_NAME
        }
    }

    /// Confidence for a member that is used with a qualifier: its owner or an expression of unknown type.
    fn qualified_member(&self, definition: &Definition, owner: &str, site: UseContext) -> f32 {
        let same_file = definition.id.file == self.id;
        if SELF_WORDS.iter().any(|word| site.role.is_of(word)) {
            return match site.owner == Some(owner) {
                true if same_file => SAME_FILE,
                true => NAMED_FROM_PACKAGE,
                // The member may be inherited.
                false if self.refers_to(definition, owner) && !definition.ubiquitous => POSSIBLE,
                false => SAME_NAME,
            };
        }
        if site.role.is_of(owner) {
            return match self.imported(definition, owner) {
                ImportOrigin::Definition(confidence) => confidence,
                ImportOrigin::External => IMPOSSIBLE,
                ImportOrigin::OtherFile => OWNER_KNOWN,
                ImportOrigin::NotImported if same_file => SAME_FILE,
                ImportOrigin::NotImported if definition.folder == self.folder => SAME_PACKAGE,
                ImportOrigin::NotImported => self.if_unique(definition).max(WEAK),
            };
        }
        // The qualifier is another type or a module: `Other::name`.
        if definition.kind == SymbolKind::Variant || self.is_other_type(site.role) {
            return SAME_NAME;
        }
        if definition.ubiquitous {
            // A ubiquitous name rarely refers to this particular definition.
            return WEAK;
        }
        match self.refers_to(definition, owner) {
            true => OWNER_KNOWN,
            // Names with several words are rarely names of a standard library.
            false if definition.unique && is_compound(definition.name) => POSSIBLE,
            false => SAME_NAME,
        }
    }

    /// Whether the file defines, uses or imports the owner.
    fn refers_to(&self, definition: &Definition, owner: &str) -> bool {
        definition.id.file == self.id
            || !self.record.uses_of(NameKey::of(owner)).is_empty()
            || matches!(
                self.imported(definition, owner),
                ImportOrigin::Definition(_) | ImportOrigin::OtherFile
            )
    }

    /// Whether the qualifier of a member is imported or defined as something other than the owner of the member.
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

    /// Whether the qualifier of a member is imported from outside of the workspace.
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
        let mut found = ImportOrigin::NotImported;
        for (wanted, names) in &self.imports {
            if !names.iter().any(|imported| &**imported == name) {
                continue;
            }
            found = match wanted.matches(&definition.target) {
                Some(ImportMatch::File) => return ImportOrigin::Definition(NAMED_FROM_FILE),
                Some(ImportMatch::Inside) => ImportOrigin::Definition(NAMED_FROM_PACKAGE),
                // A package may be imported under a name that no folder has, but a file with exactly that name is not external.
                None if wanted.is_outside(self.graph)
                    && !definition
                        .target
                        .last()
                        .any(|last| wanted.last() == Some(last)) =>
                {
                    ImportOrigin::External
                }
                None => ImportOrigin::OtherFile,
            };
        }
        found
    }

    fn if_unique(&self, definition: &Definition) -> f32 {
        if definition.unique {
            UNIQUE_NAME
        } else {
            SAME_NAME
        }
    }

    /// Returns the definitions that a use may refer to, best first.
    pub fn candidates(&self, name: NameKey, site: UseContext) -> Vec<(SymbolId, f32)> {
        let definitions = self.graph.definitions(name);
        let rarity = Definition::rarity(self.graph, name, &definitions);
        let mut scored: Vec<_> = definitions
            .into_iter()
            .filter_map(|id| Definition::new(self.graph, id, rarity))
            .map(|definition| {
                (
                    definition.target.path,
                    definition.id,
                    self.confidence(&definition, site),
                )
            })
            .filter(|(_, _, confidence)| *confidence > SAME_NAME)
            .collect();
        // Sort by path rather than id, because ids depend on the order of indexing.
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
