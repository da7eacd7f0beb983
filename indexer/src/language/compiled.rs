//! A grammar specification compiled for fast tree walks: one set of flags for each node kind.
//!
//! A walk visits millions of nodes, so every property of a node kind is one lookup in a dense table.
//! Built once per language, on first use.

use crate::facts::SymbolKind;

use super::pattern::Patterns;
use super::table::{GrammarSpec, Pairs};

/// Properties of a node kind, combined as bit flags.
pub(crate) mod flag {
    pub const IDENTIFIER: u32 = 1;
    pub const COMMENT: u32 = 1 << 1;
    pub const STRING: u32 = 1 << 2;
    /// May be a definition anywhere (functions, types).
    pub const DEFINITION: u32 = 1 << 3;
    /// May be a definition outside of functions (variables, constants, fields).
    pub const OUTER_DEFINITION: u32 = 1 << 4;
    pub const WRAPPER: u32 = 1 << 5;
    pub const ATTRIBUTE: u32 = 1 << 6;
    pub const IMPORT: u32 = 1 << 7;
    pub const CALL: u32 = 1 << 8;
    /// Its children are not visited.
    pub const OPAQUE: u32 = 1 << 9;
    /// Contains unparsed tokens, such as the arguments of a Rust macro.
    pub const TOKENS: u32 = 1 << 10;
    pub const PACKAGE: u32 = 1 << 11;
    pub const DOCSTRING: u32 = 1 << 12;
    pub const MODIFIERS: u32 = 1 << 13;
    /// A named node of the grammar: it may have children or be a leaf with text, such as a number.
    pub const NAMED: u32 = 1 << 14;
    pub const ERROR: u32 = 1 << 15;
    pub const CLOSURE: u32 = 1 << 16;
    /// A name only where it is called or defined.
    pub const CALLEE: u32 = 1 << 17;
    /// Source text that the grammar does not parse.
    pub const RAW: u32 = 1 << 18;
    /// An enumeration member if it is a direct child of the enumeration.
    pub const VARIANT: u32 = 1 << 19;
    /// An access specifier such as `public:`.
    pub const ACCESS: u32 = 1 << 20;
}

/// The meaning of a capture in a definition query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CaptureRole {
    /// The whole definition and its kind.
    Whole(SymbolKind),
    Name,
    /// A C declarator; the name is at the end of its nested declarators.
    Declarator,
    Body,
    /// A node with its body in braces; the text before the braces belongs to the signature.
    Braced,
    /// In addition to the kind: an instance attribute that is assigned in a method but belongs to the enclosing type.
    Instance,
    /// The type of a method that is defined outside of the type.
    Receiver,
    Ignored,
}

pub(crate) struct CompiledGrammar {
    pub grammar: &'static GrammarSpec,
    pub language: tree_sitter::Language,
    pub patterns: Patterns,
    /// Indexed by kind id.
    flags: Vec<u32>,
    /// Pairs of kind id and field id: the field of a call that contains the callee.
    calls: Vec<(u16, u16)>,
    members: Vec<(u16, u16)>,
    wrappers: Vec<(u16, u16)>,
    pub body: u16,
    pub declarator: u16,
}

impl CompiledGrammar {
    pub fn new(grammar: &'static GrammarSpec) -> Result<CompiledGrammar, String> {
        let language = (grammar.language)();
        let kinds = NodeKinds::of(&language);
        let patterns = Patterns::parse(&language, &kinds, grammar.definitions)?;
        let mut flags = vec![0; language.node_kind_count()];
        for id in 0..flags.len() as u16 {
            if language.node_kind_is_named(id) {
                flags[id as usize] = flag::NAMED;
            }
        }
        let mut mark = |names: &[&str], flag: u32| {
            for kind in names {
                for id in kinds.ids(kind) {
                    flags[id as usize] |= flag;
                }
            }
        };
        mark(grammar.identifiers, flag::IDENTIFIER);
        mark(grammar.callees, flag::CALLEE);
        mark(grammar.raw, flag::RAW);
        mark(grammar.variants, flag::VARIANT);
        mark(&["access_specifier"], flag::ACCESS);
        mark(grammar.comments, flag::COMMENT);
        mark(grammar.strings, flag::STRING);
        mark(grammar.attributes, flag::ATTRIBUTE);
        mark(grammar.modifiers, flag::MODIFIERS);
        mark(grammar.closures, flag::CLOSURE);
        mark(grammar.opaque, flag::OPAQUE);
        mark(grammar.tokens, flag::TOKENS);
        mark(grammar.packages, flag::PACKAGE);
        mark(grammar.import_kinds, flag::IMPORT);
        mark(grammar.doc.docstring, flag::DOCSTRING);
        for (kind, _) in grammar.calls {
            mark(&[kind], flag::CALL);
        }
        for (kind, _) in grammar.wrappers {
            mark(&[kind], flag::WRAPPER);
        }
        for (id, kind, instance) in patterns.definition_kinds() {
            let outer = is_ignored_inside_functions(kind) && !instance;
            flags[id as usize] |= if outer {
                flag::OUTER_DEFINITION
            } else {
                flag::DEFINITION
            };
        }
        let pairs = |pairs: Pairs| -> Vec<(u16, u16)> {
            let ids = |(kind, name): &(&'static str, &str)| {
                let field = field(&language, name);
                kinds
                    .ids(kind)
                    .map(move |id| (id, field))
                    .collect::<Vec<_>>()
            };
            pairs.iter().flat_map(ids).collect()
        };
        Ok(CompiledGrammar {
            calls: pairs(grammar.calls),
            members: pairs(grammar.members),
            wrappers: pairs(grammar.wrappers),
            body: field(&language, "body"),
            declarator: field(&language, "declarator"),
            grammar,
            language,
            patterns,
            flags,
        })
    }

    #[inline]
    pub fn flags(&self, kind: u16) -> u32 {
        // An error node has the highest possible id, which is out of bounds.
        self.flags
            .get(kind as usize)
            .copied()
            .unwrap_or(flag::NAMED | flag::ERROR)
    }

    /// Returns the identifier called by a call node: the last name in a chain of members.
    pub fn callee<'tree>(
        &self,
        call: tree_sitter::Node<'tree>,
    ) -> Option<tree_sitter::Node<'tree>> {
        let mut node = follow(&self.calls, call)?;
        loop {
            if self.flags(node.kind_id()) & (flag::IDENTIFIER | flag::CALLEE) != 0 {
                return Some(node);
            }
            node = follow(&self.members, node)?;
        }
    }

    /// Returns the definition inside a wrapper (decorators, `export`, `template <…>`).
    pub fn wrapped<'tree>(
        &self,
        wrapper: tree_sitter::Node<'tree>,
    ) -> Option<tree_sitter::Node<'tree>> {
        let mut node = wrapper;
        loop {
            let alone = node.named_child_count() == 1;
            let kind = node.kind_id();
            // `type ( … )` may contain several definitions, which are then handled separately.
            if !alone && self.wrappers.contains(&(kind, FIRST)) {
                return None;
            }
            node = follow(&self.wrappers, node)?;
            if self.flags(node.kind_id()) & flag::WRAPPER == 0 {
                return Some(node);
            }
        }
    }
}

/// Kinds that are local variables rather than symbols inside a function.
fn is_ignored_inside_functions(kind: SymbolKind) -> bool {
    use SymbolKind::*;
    matches!(
        kind,
        Variable | Constant | Field | TypeAlias | Variant | Key
    )
}

/// Returns the role of the capture with this name.
pub(super) fn capture_role(capture: &str) -> CaptureRole {
    use SymbolKind::*;
    CaptureRole::Whole(match capture {
        "name" => return CaptureRole::Name,
        "declarator" => return CaptureRole::Declarator,
        "body" => return CaptureRole::Body,
        "braced" => return CaptureRole::Braced,
        "instance" => return CaptureRole::Instance,
        "receiver" => return CaptureRole::Receiver,
        "module" => Module,
        "class" => Class,
        "struct" => Struct,
        "enum" => Enum,
        "interface" => Interface,
        "impl" => Impl,
        "function" => Function,
        "method" => Method,
        "macro" => Macro,
        "alias" => TypeAlias,
        "constant" => Constant,
        "variable" => Variable,
        "field" => Field,
        "variant" => Variant,
        "table" => Table,
        _ => return CaptureRole::Ignored,
    })
}

/// The names of the named node kinds of a grammar, indexed by kind id.
pub(super) struct NodeKinds<'l>(Vec<Option<&'l str>>);

impl<'l> NodeKinds<'l> {
    pub fn of(language: &'l tree_sitter::Language) -> NodeKinds<'l> {
        let name = |id| {
            language
                .node_kind_for_id(id)
                .filter(|_| language.node_kind_is_named(id))
        };
        NodeKinds((0..language.node_kind_count() as u16).map(name).collect())
    }

    /// Returns the ids of a kind. A name may have several ids (aliases); a leading or trailing `*` matches any prefix or suffix.
    pub fn ids(&self, kind: &str) -> impl Iterator<Item = u16> {
        let fits = move |name: &str| match (kind.strip_suffix('*'), kind.strip_prefix('*')) {
            (Some(prefix), _) => name.starts_with(prefix),
            (_, Some(suffix)) => name.ends_with(suffix),
            _ => name == kind,
        };
        (0..)
            .zip(&self.0)
            .filter_map(move |(id, name)| name.is_some_and(fits).then_some(id))
    }
}

fn field(language: &tree_sitter::Language, name: &str) -> u16 {
    match name {
        "<" => FIRST,
        ">" => LAST,
        name => language.field_id_for_name(name).map_or(0, |id| id.get()),
    }
}

/// Pseudo field ids for the first and last named child.
const FIRST: u16 = u16::MAX;
const LAST: u16 = u16::MAX - 1;

fn follow<'tree>(
    pairs: &[(u16, u16)],
    node: tree_sitter::Node<'tree>,
) -> Option<tree_sitter::Node<'tree>> {
    let kind = node.kind_id();
    pairs
        .iter()
        .filter(|pair| pair.0 == kind)
        .find_map(|pair| match pair.1 {
            FIRST => node.named_child(0),
            LAST => (node.named_child_count() as u32)
                .checked_sub(1)
                .and_then(|last| node.named_child(last)),
            field => node.child_by_field_id(field),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Language, Syntax};

    #[test]
    fn every_row_fits_its_grammar() {
        let mut wrong = Vec::new();
        for language in Language::all() {
            let Syntax::Tree(parsed) = language.syntax() else {
                continue;
            };
            let grammar = parsed.grammar();
            let compiled = match CompiledGrammar::new(grammar) {
                Ok(compiled) => compiled,
                Err(error) => {
                    wrong.push(format!("{language}: {error}"));
                    continue;
                }
            };
            // The files must also be valid tree-sitter queries.
            if let Err(error) = tree_sitter::Query::new(&compiled.language, grammar.definitions) {
                wrong.push(format!("{language}: {error}"));
            }
            let known = NodeKinds::of(&compiled.language);
            let kinds = [
                grammar.identifiers,
                grammar.callees,
                grammar.raw,
                grammar.variants,
                grammar.comments,
                grammar.strings,
                grammar.attributes,
                grammar.modifiers,
                grammar.closures,
                grammar.tokens,
                grammar.opaque,
                grammar.packages,
                grammar.import_kinds,
                grammar.doc.docstring,
            ];
            let pairs = [grammar.calls, grammar.members, grammar.wrappers].concat();
            for kind in kinds
                .concat()
                .into_iter()
                .chain(pairs.iter().map(|pair| pair.0))
            {
                if known.ids(kind).next().is_none() {
                    wrong.push(format!("{language} has no node kind {kind}"));
                }
            }
            for (kind, name) in pairs {
                if field(&compiled.language, name) == 0 {
                    wrong.push(format!("{language} has no field {name} ({kind})"));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
