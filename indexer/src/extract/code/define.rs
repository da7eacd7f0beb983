//! What the walk does where something is defined: it records the symbols and opens the definition around what follows.

use tree_sitter::Node;

use crate::facts::{LineRange, Span, Symbol, SymbolKind};
use crate::language::flag;

use super::super::chunks::TextKind;
use super::super::definition::{self, FoundDefinition, Surroundings};
use super::super::leading::AttachedTrivia;
use super::{Expected, OpenDefinition, Walk, span};

/// What the names that one node defines have in common.
struct DefinitionSite<'t> {
    outer: Node<'t>,
    node: Node<'t>,
    span: Span,
    lines: LineRange,
    doc: Option<Span>,
    container: Option<u32>,
    around: Surroundings,
    test: bool,
}

impl<'t> Walk<'t> {
    pub(super) fn may_define(&self, flags: u32) -> bool {
        flags & flag::DEFINITION != 0
            || flags & flag::OUTER_DEFINITION != 0 && !self.top().around.in_function
    }

    /// Records what `node` defines, and opens it. `outer` is the node with its wrappers.
    pub(super) fn define(&mut self, outer: Node<'t>, node: Node<'t>) -> bool {
        let mut found = std::mem::take(&mut self.found);
        definition::find(
            self.compiled,
            self.text,
            node,
            &mut self.scratch,
            &mut found,
        );
        // Another node around this one may have defined the same name.
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
        // What comes too early to belong to the definition belongs to what surrounds it.
        self.settle_comments(&items.comments[..claimed.first]);

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
            around: top.around,
            test: top.test || items.attributes.iter().any(marked),
        };
        if let Some(doc) = docstring {
            self.expected.push((doc.start_byte() as u32, Expected::Doc));
        }
        let expected = self.expected.len();
        let mut opened = None;
        for one in found {
            if let Some(symbol) = self.record(&frame, one) {
                self.expected.push((one.name.start, Expected::Name));
                // An attribute of the object holds nothing of what follows.
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
            self.leaves(*attribute);
        }
        self.leading = items.emptied();
    }

    /// Adds one symbol, unless it is a local. Says also whether its members are public by themselves.
    fn record(
        &mut self,
        frame: &DefinitionSite<'t>,
        found: &FoundDefinition<'t>,
    ) -> Option<(u32, bool)> {
        let grammar = self.compiled.grammar;
        let name = found.name.of(self.text).unwrap_or_default();
        let (container, around) = match found.instance {
            true => self.owner_of_new(name)?,
            false => (frame.container, frame.around),
        };
        let from_outside = |end: u32| {
            self.text
                .get(frame.outer.start_byte()..end as usize)
                .unwrap_or_default()
        };
        let header = from_outside(found.name.start);
        let kind = kind_in_place(found, name, header, around);
        if around.in_function && is_data(kind) {
            return None;
        }
        let signature =
            definition::signature(self.compiled, self.text, frame.outer, frame.node, found);
        let attributes = from_outside(signature.start);
        let test = frame.test
            || definition::is_test_name(grammar, kind, name)
            || !attributes.is_empty() && definition::is_test_attribute(grammar, attributes);
        self.shown
            .push(definition::is_shown(grammar, kind, name, header, around));
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

    /// The type around a method, unless it already has an attribute of that name.
    fn owner_of_new(&self, name: &str) -> Option<(Option<u32>, Surroundings)> {
        let is_type =
            |open: &&OpenDefinition| open.around.container.is_some_and(definition::is_type);
        let owner = self.open.iter().rev().find(is_type)?;
        let index = owner.symbol?;
        let inside = &self.facts.symbols[index as usize..];
        let known = inside
            .iter()
            .any(|symbol| symbol.container == Some(index) && *symbol.name == *name);
        (!known).then_some((Some(index), owner.around))
    }

    /// From here on everything lies in the symbol, until its end.
    fn enter(
        &mut self,
        frame: &DefinitionSite<'t>,
        claimed: &AttachedTrivia,
        index: u32,
        open_members: bool,
    ) {
        let symbol = &self.facts.symbols[index as usize];
        let (kind, signature, test) = (symbol.kind, symbol.signature, symbol.test);
        let owns_chunk = definition::forms_chunk(kind) && !frame.around.sealed;
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
        let around = Surroundings {
            container: Some(kind),
            open: open_members,
            access: None,
            // The members of a type in a function are symbols, other than the function's locals.
            in_function: callable || frame.around.in_function && !definition::is_type(kind),
            sealed: frame.around.sealed || callable,
        };
        let end = frame.span.end;
        self.open.push(OpenDefinition {
            symbol: Some(index),
            end,
            chunk,
            owns_chunk,
            signature,
            routes: owns_chunk,
            around,
            test,
        });
    }

    /// The names of a symbol and of all that contain it, outermost first.
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

/// What a query cannot see: functions in types are methods, variables in types are fields, shouted variables are constants.
fn kind_in_place(
    found: &FoundDefinition,
    name: &str,
    header: &str,
    around: Surroundings,
) -> SymbolKind {
    let in_type = around.container.is_some_and(definition::is_type) && !around.in_function;
    match found.kind {
        SymbolKind::Function if in_type || found.receiver.is_some() => SymbolKind::Method,
        SymbolKind::Variable if in_type => SymbolKind::Field,
        SymbolKind::Field
            if is_shouted(name) && definition::has_word(header, &["static", "const"]) =>
        {
            SymbolKind::Constant
        }
        SymbolKind::Variable
            if is_shouted(name) || definition::has_word(header, &["constexpr"]) =>
        {
            SymbolKind::Constant
        }
        kind => kind,
    }
}

fn is_shouted(name: &str) -> bool {
    let letters = || name.bytes().filter(u8::is_ascii_alphabetic);
    name.len() > 1
        && letters().next().is_some()
        && letters().all(|letter| letter.is_ascii_uppercase())
}

/// Kinds that are locals when they stand in a function.
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
