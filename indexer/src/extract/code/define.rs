//! Part of the walk that handles definitions: adds symbols, and opens a definition for the nodes inside it.

use tree_sitter::Node;

use crate::facts::{LineRange, Span, Symbol, SymbolKind};
use crate::language::flag;

use super::super::chunks::TextKind;
use super::super::definition::{self, FoundDefinition, Surroundings};
use super::super::leading::AttachedTrivia;
use super::{Expected, OpenDefinition, Walk, span};

/// Properties shared by all names that one node defines.
struct DefinitionSite<'t> {
    outer: Node<'t>,
    node: Node<'t>,
    span: Span,
    lines: LineRange,
    doc: Option<Span>,
    container: Option<u32>,
    surroundings: Surroundings,
    test: bool,
}

impl<'t> Walk<'t> {
    pub(super) fn may_define(&self, flags: u32) -> bool {
        flags & flag::DEFINITION != 0
            || flags & flag::OUTER_DEFINITION != 0 && !self.top().surroundings.in_function
    }

    /// Adds the symbols that `node` defines, and opens the definition. `outer` is the node including its wrappers. Returns whether it
    /// defines anything.
    pub(super) fn define(&mut self, outer: Node<'t>, node: Node<'t>) -> bool {
        let mut found = std::mem::take(&mut self.found);
        definition::find(
            self.compiled,
            self.text,
            node,
            &mut self.scratch,
            &mut found,
        );
        // An enclosing node may already have defined the same name.
        found.retain(|one| !self.is_expected_name(one.name.start));
        let defined = !found.is_empty();
        if defined {
            self.open_definition(outer, node, &found);
        }
        self.found = found;
        defined
    }

    pub(super) fn open_definition(
        &mut self,
        outer: Node<'t>,
        node: Node<'t>,
        found: &[FoundDefinition<'t>],
    ) {
        let grammar = self.compiled.grammar;
        let items = std::mem::take(&mut self.leading);
        let claimed = items.claim(outer, self.text, grammar.doc.outer);
        // Earlier comments belong to the enclosing definition.
        self.flush_comments(&items.comments[..claimed.first]);

        let docstring = found
            .first()
            .and_then(|one| definition::docstring(self.compiled, one.body?));
        let top = self.top();
        let marked = |attribute: &Node| {
            definition::is_test_attribute(
                grammar,
                span(*attribute).of(self.text).unwrap_or_default(),
            )
        };
        let frame = DefinitionSite {
            outer,
            node,
            span: Span {
                start: claimed.start,
                end: outer.end_byte() as u32,
            },
            lines: LineRange {
                first: claimed.line,
                last: last_line(outer),
            },
            doc: docstring.map(span).or(claimed.doc),
            container: top.symbol,
            surroundings: top.surroundings,
            test: top.test || items.attributes.iter().any(marked),
        };
        if let Some(doc) = docstring {
            self.expected.push((doc.start_byte() as u32, Expected::Doc));
        }
        let expected = self.expected.len();
        let mut opened = None;
        for one in found {
            if let Some(symbol) = self.add_symbol(&frame, one) {
                self.expected.push((one.name.start, Expected::Name));
                // An instance attribute does not contain the following nodes.
                if !one.instance {
                    opened = opened.or(Some(symbol));
                }
            }
        }
        self.expected[expected..].reverse();
        if let Some((symbol, open_members)) = opened {
            self.enter(&frame, &claimed, symbol, open_members);
        }

        for comment in &items.comments[claimed.first..] {
            let documents = claimed.doc.is_some_and(|doc| doc.covers(comment.span));
            self.push(
                comment.span.start,
                comment.span.end,
                if documents {
                    TextKind::Doc
                } else {
                    TextKind::Comment
                },
            );
        }
        for attribute in &items.attributes {
            self.attribute_leaves(*attribute);
        }
        self.leading = items.cleared();
    }

    /// Adds one symbol, unless it is a local variable. Returns its index and whether its members are public by default.
    fn add_symbol(
        &mut self,
        frame: &DefinitionSite<'t>,
        found: &FoundDefinition<'t>,
    ) -> Option<(u32, bool)> {
        let grammar = self.compiled.grammar;
        let name = found.name.of(self.text).unwrap_or_default();
        let (container, surroundings) = match found.instance {
            true => self.owner_of_new_attribute(name)?,
            false => (frame.container, frame.surroundings),
        };
        let from_outside = |end: u32| {
            self.text
                .get(frame.outer.start_byte()..end as usize)
                .unwrap_or_default()
        };
        let header = from_outside(found.name.start);
        let kind = kind_in_place(found, name, header, surroundings);
        if surroundings.in_function && is_data(kind) {
            return None;
        }
        let signature =
            definition::signature(self.compiled, self.text, frame.outer, frame.node, found);
        let attributes = from_outside(signature.start);
        let test = frame.test
            || definition::is_test_name(grammar, kind, name)
            || !attributes.is_empty() && definition::is_test_attribute(grammar, attributes);
        self.visible.push(definition::is_visible(
            grammar,
            kind,
            name,
            header,
            surroundings,
        ));
        let open_members = definition::has_open_members(kind, header);
        self.facts.symbols.push(Symbol {
            name: name.into(),
            kind,
            receiver: found.receiver.clone(),
            container,
            public: false,
            test,
            span: frame.span,
            lines: frame.lines,
            name_span: found.name,
            signature,
            doc: frame.doc,
        });
        Some((self.facts.symbols.len() as u32 - 1, open_members))
    }

    /// Returns the type surroundings a method, unless it already has a member with this name.
    fn owner_of_new_attribute(&self, name: &str) -> Option<(Option<u32>, Surroundings)> {
        let is_type =
            |open: &&OpenDefinition| open.surroundings.container.is_some_and(definition::is_type);
        let owner = self.open.iter().rev().find(is_type)?;
        let index = owner.symbol?;
        let inside = &self.facts.symbols[index as usize..];
        let known = inside
            .iter()
            .any(|symbol| symbol.container == Some(index) && *symbol.name == *name);
        (!known).then_some((Some(index), owner.surroundings))
    }

    /// Opens the definition of a symbol for the following nodes up to its end.
    fn enter(
        &mut self,
        frame: &DefinitionSite<'t>,
        claimed: &AttachedTrivia,
        index: u32,
        open_members: bool,
    ) {
        let symbol = &self.facts.symbols[index as usize];
        let (kind, signature, test) = (symbol.kind, symbol.signature, symbol.test);
        let owns_chunk = definition::forms_chunk(kind) && !frame.surroundings.sealed;
        let chunk = if owns_chunk {
            let start = claimed
                .doc
                .map_or(frame.span.start, |doc| doc.start.min(frame.span.start));
            let first = claimed
                .doc_line
                .map_or(frame.lines.first, |line| line.min(frame.lines.first));
            let name = self.qualified(index);
            self.chunks.begin(
                index,
                Span {
                    start,
                    ..frame.span
                },
                LineRange {
                    first,
                    ..frame.lines
                },
                name,
            )
        } else {
            self.top().chunk
        };
        let callable = definition::is_callable(kind);
        let surroundings = Surroundings {
            container: Some(kind),
            open: open_members,
            access: None,
            // Members of a type inside a function are symbols, unlike local variables of the function.
            in_function: callable || frame.surroundings.in_function && !definition::is_type(kind),
            sealed: frame.surroundings.sealed || callable,
        };
        let end = frame.span.end;
        self.open.push(OpenDefinition {
            symbol: Some(index),
            end,
            chunk,
            owns_chunk,
            signature,
            routes_signature: owns_chunk,
            surroundings,
            test,
        });
    }

    /// Returns the names of a symbol and its containers, outermost first, separated by spaces.
    fn qualified(&self, symbol: u32) -> String {
        let mut names: Vec<&str> = Vec::new();
        let mut next = Some(symbol);
        while let Some(index) = next {
            let symbol = &self.facts.symbols[index as usize];
            names.push(&symbol.name);
            names.extend(symbol.receiver.as_deref());
            next = symbol.container;
        }
        names.reverse();
        names.join(" ")
    }
}

/// Adjusts the kind found by the query: functions in types are methods, variables in types are fields, upper-case variables are
/// constants.
fn kind_in_place(
    found: &FoundDefinition,
    name: &str,
    header: &str,
    surroundings: Surroundings,
) -> SymbolKind {
    let in_type =
        surroundings.container.is_some_and(definition::is_type) && !surroundings.in_function;
    match found.kind {
        SymbolKind::Function if in_type || found.receiver.is_some() => SymbolKind::Method,
        SymbolKind::Variable if in_type => SymbolKind::Field,
        SymbolKind::Field
            if is_upper_case(name) && definition::has_word(header, &["static", "const"]) =>
        {
            SymbolKind::Constant
        }
        SymbolKind::Variable
            if is_upper_case(name) || definition::has_word(header, &["constexpr"]) =>
        {
            SymbolKind::Constant
        }
        kind => kind,
    }
}

fn is_upper_case(name: &str) -> bool {
    let letters = || name.bytes().filter(u8::is_ascii_alphabetic);
    name.len() > 1
        && letters().next().is_some()
        && letters().all(|letter| letter.is_ascii_uppercase())
}

/// Kinds that are local variables inside a function.
fn is_data(kind: SymbolKind) -> bool {
    use SymbolKind::*;
    matches!(
        kind,
        Variable | Constant | Field | TypeAlias | Variant | Key
    )
}

fn last_line(node: Node) -> u32 {
    let end = node.end_position();
    let only_break = end.column == 0 && end.row > node.start_position().row;
    (end.row - usize::from(only_break)) as u32
}
