//! What one definition is: its name and kind, where its signature ends, what documents it, who may name it, whether it is a test.
//!
//! Looks only at the definition's own node and at the text around it; the walk knows what encloses it.

use tree_sitter::{Node, StreamingIterator};

use crate::facts::{Span, SymbolKind};
use crate::language::{Compiled, Grammar, Role, Visibility, flag};

use super::parse::with_cursor;

/// A name that a node defines. One node may define several (`a, b = 1, 2`).
pub(super) struct Found<'t> {
    pub kind: SymbolKind,
    pub name: Span,
    pub receiver: Option<Box<str>>,
    pub body: Option<Node<'t>>,
    pattern: usize,
}

/// Runs the definitions query on one node.
pub(super) fn find<'t>(compiled: &Compiled, text: &str, node: Node<'t>, found: &mut Vec<Found<'t>>) {
    found.clear();
    with_cursor(|cursor| {
        let mut matches = cursor.matches(&compiled.query, node, text.as_bytes());
        while let Some(one) = matches.next() {
            let mut kind = None;
            let mut name: Option<Node> = None;
            let mut body = None;
            let mut receiver = None;
            for capture in one.captures() {
                match compiled.roles[capture.index as usize] {
                    Role::Whole(whole) => kind = Some(whole),
                    Role::Name => name = Some(capture.node),
                    Role::Declarator => name = declared(compiled, text, capture.node, &mut receiver),
                    Role::Body => body = Some(capture.node),
                    Role::Receiver => receiver = last_word(&text[capture.node.byte_range()]).map(Into::into),
                    Role::Ignored => {}
                }
            }
            let (Some(kind), Some(name)) = (kind, name) else { continue };
            let name = trimmed_name(text, name);
            if name.is_empty() || found.iter().any(|other| other.name == name && other.pattern <= one.pattern_index) {
                continue;
            }
            found.retain(|other| other.name != name);
            let body = body.or_else(|| node.child_by_field_id(compiled.body));
            found.push(Found { kind, name, receiver, body, pattern: one.pattern_index });
        }
    });
    found.sort_unstable_by_key(|found| found.name.start);
}

/// Follows nested declarators (`*(*f)(int)`) to the name, and takes the class off a qualified one (`A::f`).
fn declared<'t>(compiled: &Compiled, text: &str, declarator: Node<'t>, receiver: &mut Option<Box<str>>) -> Option<Node<'t>> {
    let mut node = declarator;
    loop {
        if let Some(inner) = node.child_by_field_id(compiled.declarator) {
            node = inner;
        } else if node.kind() == "qualified_identifier" {
            if let Some(scope) = node.child_by_field_name("scope") {
                *receiver = last_word(&text[scope.byte_range()]).map(Into::into).or(receiver.take());
            }
            node = node.child_by_field_name("name")?;
        } else if node.child_count() > 0 && matches!(node.kind(), "parenthesized_declarator" | "reference_declarator" | "template_function") {
            node = node.named_child(0)?;
        } else {
            return Some(node);
        }
    }
}

/// The last name in `*pkg.Server[T]` or `ns::A<int>`, type arguments aside.
fn last_word(text: &str) -> Option<&str> {
    let head = &text[..text.find(['[', '<']).unwrap_or(text.len())];
    head.split(|c: char| !c.is_alphanumeric() && c != '_').rfind(|word| !word.is_empty())
}

/// Names in quotes (keys, quoted SQL names) are known without them.
fn trimmed_name(text: &str, name: Node) -> Span {
    let span = Span::new(name.start_byte(), name.end_byte());
    let Some(word) = span.of(text) else { return span };
    let quotes = ['"', '\'', '`', '[', ']'];
    let start = span.start as usize + (word.len() - word.trim_start_matches(quotes).len());
    let end = start + text[start..span.end as usize].trim_end_matches(quotes).len();
    Span::new(start, end)
}

/// From behind the attributes to the body; of a long value only the first line.
pub(super) fn signature(compiled: &Compiled, text: &str, node: Node, found: &Found) -> Span {
    let start = behind_attributes(compiled, node);
    let end = match found.body {
        Some(body) if body.start_byte() > found.name.end as usize => body.start_byte(),
        _ => node.end_byte(),
    };
    let end = end.max(start);
    let whole = text.get(start..end).unwrap_or_default();
    let whole = if is_value(found.kind) { whole.lines().next().unwrap_or_default() } else { whole };
    let whole = whole.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ';' | ','));
    Span::new(start, start + whole.len())
}

fn is_value(kind: SymbolKind) -> bool {
    matches!(kind, SymbolKind::Variable | SymbolKind::Constant | SymbolKind::Field | SymbolKind::Variant)
}

fn behind_attributes(compiled: &Compiled, node: Node) -> usize {
    let mut cursor = node.walk();
    if !cursor.goto_first_child() {
        return node.start_byte();
    }
    loop {
        let child = cursor.node();
        let flags = compiled.flags(child.kind_id());
        if flags & flag::MODIFIERS != 0 && cursor.goto_first_child() {
            continue;
        }
        if flags & (flag::ATTRIBUTE | flag::COMMENT) == 0 {
            return child.start_byte();
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() || cursor.node() == node {
                return node.start_byte();
            }
        }
    }
}

/// The string that opens a body and documents it.
pub(super) fn docstring<'t>(compiled: &Compiled, body: Node<'t>) -> Option<Node<'t>> {
    if compiled.grammar.doc.docstring.is_empty() {
        return None;
    }
    let mut cursor = body.walk();
    let mut more = cursor.goto_first_child();
    while more {
        let statement = cursor.node();
        if compiled.flags(statement.kind_id()) & flag::COMMENT == 0 {
            let string = statement.child(0)?;
            let alone = statement.child_count() == 1 && compiled.flags(string.kind_id()) & flag::DOCSTRING != 0;
            return alone.then_some(string);
        }
        more = cursor.goto_next_sibling();
    }
    None
}

/// Whether the comment may document what follows it. More marks than the language asks for make a ruler, not documentation.
pub(super) fn documents(marks: &[&str], comment: &str) -> bool {
    marks.iter().any(|mark| {
        let Some(rest) = comment.strip_prefix(mark) else { return false };
        mark.is_empty() || !rest.starts_with(['/', '*']) 
    })
}

/// What a definition's surroundings contribute to its visibility.
#[derive(Clone, Copy)]
pub(super) struct Around {
    /// The kind of the innermost enclosing definition.
    pub container: Option<SymbolKind>,
    /// Whether that one is public; true at the top level.
    pub public: bool,
    /// Whether its members are public without saying so (a trait's methods, an enum's variants).
    pub open: bool,
    pub in_function: bool,
}

/// Whether other files may name the definition. `header` is the text before its name, from its outermost wrapper on.
pub(super) fn is_public(grammar: &Grammar, kind: SymbolKind, name: &str, header: &str, around: Around) -> bool {
    if around.in_function {
        return false;
    }
    let in_type = around.container.is_some_and(is_type);
    let has = |words: &[&str]| has_word(header, words);
    let shown = match grammar.visibility {
        Visibility::Everything => true,
        Visibility::Underscore => !name.starts_with('_') || is_dunder(name),
        Visibility::Capital => return name.starts_with(char::is_uppercase),
        _ if around.open => true,
        Visibility::Pub => kind == SymbolKind::Impl || has(&["pub"]) && !header.contains("pub(self)"),
        Visibility::Export if in_type => !name.starts_with('#') && !has(&["private", "protected"]),
        Visibility::Export => has(&["export"]),
        Visibility::HiddenBy(words) => !has(words),
        Visibility::ShownBy(words) if in_type => has(words),
        Visibility::ShownBy(_) => !has(&["private", "file"]),
    };
    shown && around.public
}

/// Whether a definition's members are public without a word of their own.
pub(super) fn has_open_members(kind: SymbolKind, header: &str) -> bool {
    use SymbolKind::*;
    match kind {
        Interface | Enum | Variant => true,
        Impl => has_word(header, &["for"]),
        _ => false,
    }
}

fn has_word(text: &str, words: &[&str]) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| words.contains(&word))
}

fn is_dunder(name: &str) -> bool {
    name.len() > 4 && name.starts_with("__") && name.ends_with("__")
}

/// Kinds whose functions are methods.
pub(super) fn is_type(kind: SymbolKind) -> bool {
    use SymbolKind::*;
    matches!(kind, Class | Struct | Enum | Interface | Impl)
}

/// Kinds that form a chunk of their own.
pub(super) fn forms_chunk(kind: SymbolKind) -> bool {
    use SymbolKind::*;
    matches!(kind, Function | Method | Macro | Table) || is_type(kind)
}

/// Whether an attribute, annotation or decorator says that what it stands on is a test.
pub(super) fn is_test_attribute(grammar: &Grammar, attribute: &str) -> bool {
    let conditional = attribute.contains("cfg_attr") || attribute.contains("not(test");
    let mut words = attribute.split(|c: char| !c.is_alphanumeric() && c != '_');
    !conditional && words.any(|word| grammar.tests.attributes.contains(&word))
}

/// Whether the name alone says that it is a test.
pub(super) fn is_test_name(grammar: &Grammar, kind: SymbolKind, name: &str) -> bool {
    let prefixes = if is_type(kind) { grammar.tests.class_prefixes } else { grammar.tests.function_prefixes };
    let callable = is_type(kind) || matches!(kind, SymbolKind::Function | SymbolKind::Method);
    // `TestServer` and `test_server` are tests, `Testament` is not.
    let starts = |prefix: &&str| name.strip_prefix(*prefix).is_some_and(|rest| !rest.starts_with(char::is_lowercase) || prefix.ends_with('_'));
    callable && prefixes.iter().any(starts)
}
