//! Part of the walk that handles names: uses, calls, imports, packages and access specifiers.

use tree_sitter::Node;

use crate::facts::{Occurrence, Span, SymbolKind};
use crate::language::{Visibility, flag};

use super::super::chunks::TextKind;
use super::super::definition::{self, FoundDefinition};
use super::super::lookup::is_word;
use super::super::role_at;
use super::{Expected, Walk, span};

impl<'t> Walk<'t> {
    pub(super) fn identifier(&mut self, node: Node<'t>, start: u32, flags: u32) {
        let end = node.end_byte() as u32;
        self.leaf(start, end, TextKind::Body);
        let expected = self.expects(start);
        let Some(name) = self.text.get(start as usize..end as usize) else {
            return;
        };
        let name = name.trim_start_matches(['@', '$', '#']);
        let call =
            expected == Some(Expected::Callee) || start < self.tokens_end && self.is_called(end);
        let defines = expected == Some(Expected::Name);
        if flags & flag::CALLEE != 0 && expected.is_none() {
            return;
        }
        if self.wanted_name == Some(name) {
            let span = Span {
                start: end - name.len() as u32,
                end,
            };
            let line = node.start_position().row as u32;
            self.occurrences.push(Occurrence {
                span,
                line,
                call,
                definition: defines,
            });
        }
        if start < self.import_end || defines || is_ignored(name) {
            return;
        }
        let has_sections = matches!(
            self.compiled.grammar.visibility,
            Visibility::Sections { .. }
        );
        if has_sections && is_access_word(name) {
            self.bare_access_specifier(name, end);
            return;
        }
        let role = role_at(self.text, start as usize, end as usize);
        self.chunks
            .count(name, role, call, || node.start_position().row as u32);
    }

    /// Whether a name in unparsed tokens is a call: it is followed by a parenthesis, or by `!` for a macro.
    pub(super) fn is_called(&self, end: u32) -> bool {
        matches!(self.text.as_bytes().get(end as usize), Some(b'(' | b'!'))
    }

    /// Collects the words of unparsed source text as names.
    pub(super) fn raw(&mut self, node: Node<'t>, start: u32) {
        let end = node.end_byte() as u32;
        self.leaf(start, end, TextKind::Body);
        let text = span(node).of(self.text).unwrap_or_default();
        let first_line = node.start_position().row as u32;
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c.is_alphabetic() || c == '_') {
            let before = text.len() - rest.len() + at;
            let length = rest[at..]
                .find(|c: char| !is_word(c))
                .unwrap_or(rest.len() - at);
            let name = &rest[at..at + length];
            rest = &rest[at + length..];
            let call = rest.starts_with('(');
            let line = || {
                first_line + memchr::memchr_iter(b'\n', &text.as_bytes()[..before]).count() as u32
            };
            if self.wanted_name == Some(name) {
                let span = Span::new(start as usize + before, start as usize + before + length);
                self.occurrences.push(Occurrence {
                    span,
                    line: line(),
                    call,
                    definition: false,
                });
            }
            if !is_ignored(name) {
                let from = start as usize + before;
                let role = role_at(self.text, from, from + length);
                self.chunks.count(name, role, call, line);
            }
        }
    }

    /// Adds an enumeration member that is a plain name without a node of its own.
    pub(super) fn bare_variant(&mut self, node: Node<'t>, start: u32) {
        let top = self.top();
        if top.surroundings.container != Some(SymbolKind::Enum)
            || start < top.signature.end
            || self.is_expected_name(start)
        {
            return;
        }
        let found = FoundDefinition::bare(SymbolKind::Variant, span(node));
        self.open_definition(node, node, &[found]);
    }

    pub(super) fn is_expected_name(&self, start: u32) -> bool {
        let pending = self
            .expected
            .iter()
            .rev()
            .take_while(|(at, _)| *at <= start);
        pending
            .into_iter()
            .any(|expected| *expected == (start, Expected::Name))
    }

    /// Handles an access specifier such as `private:` in C++.
    pub(super) fn access_specifier(&mut self, word: &str) {
        let visible = word.trim_end_matches(':').trim() == "public";
        if let Some(top) = self.open.last_mut()
            && top.surroundings.container.is_some_and(definition::is_type)
        {
            top.surroundings.access = Some(visible);
        }
    }

    /// Handles `private` alone on a line in Ruby.
    pub(super) fn bare_access_specifier(&mut self, word: &str, end: u32) {
        let rest = self.text.get(end as usize..).unwrap_or_default();
        if rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n') {
            self.access_specifier(word);
        }
    }

    pub(super) fn call(&mut self, node: Node<'t>, callee: Node<'t>) {
        let grammar = self.compiled.grammar;
        if !grammar.import_calls.is_empty()
            && grammar
                .import_calls
                .contains(&span(callee).of(self.text).unwrap_or_default())
            && callee.start_byte() == node.start_byte()
        {
            let declaration = node
                .parent()
                .filter(|parent| parent.kind() == "variable_declarator");
            self.import(declaration.unwrap_or(node), node);
        }
        self.expected
            .push((callee.start_byte() as u32, Expected::Callee));
    }

    /// Handles a package declaration such as `package a.b;`. The name is in the field `name` or in the last named child.
    pub(super) fn package(&mut self, node: Node<'t>) {
        let name = node.child_by_field_name("name").or_else(|| {
            let last = (node.named_child_count() as u32).checked_sub(1)?;
            node.named_child(last)
        });
        let Some(name) = name else { return };
        if self.facts.package.is_none() {
            let path = span(name)
                .of(self.text)
                .unwrap_or_default()
                .replace(['.', '\\'], "/");
            self.facts.package = Some(path.into());
        }
        self.import_end = self.import_end.max(name.end_byte() as u32);
    }

    /// Reads the import in `statement`. If there is one, names in `node` are not counted as uses.
    pub(super) fn import(&mut self, statement: Node<'t>, node: Node<'t>) {
        let line = node.start_position().row as u32;
        let syntax = self.compiled.grammar.imports;
        if self.collected.read(syntax, statement, self.text, line) {
            self.import_end = node.end_byte() as u32;
        }
    }
}

/// Whether a use of the name is not recorded because it identifies nothing.
fn is_ignored(name: &str) -> bool {
    name.len() < 2 || matches!(name, "self" | "Self" | "this")
}

fn is_access_word(name: &str) -> bool {
    matches!(name, "private" | "protected" | "public")
}
