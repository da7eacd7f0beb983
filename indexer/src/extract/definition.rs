//! Properties of one definition: name, kind, signature, documentation, visibility, and whether it is a test.
//!
//! Functions here only use the node of the definition and its text; the walk passes properties of enclosing definitions.

use tree_sitter::{Node, TreeCursor};

use crate::facts::{Span, SymbolKind};
use crate::language::{Bindings, CaptureRole, CompiledGrammar, GrammarSpec, Visibility, flag};

/// A name defined by a node. One node may define several names (`a, b = 1, 2`).
pub(super) struct FoundDefinition<'t> {
    pub kind: SymbolKind,
    pub name: Span,
    pub receiver: Option<Box<str>>,
    pub body: Option<Node<'t>>,
    /// Whether it is an instance attribute, which belongs to the type surroundings the enclosing method.
    pub instance: bool,
    /// The offset of the body if it differs from the start of its node.
    brace: Option<usize>,
}

impl FoundDefinition<'_> {
    /// Creates a definition that consists of its name only.
    pub fn bare(kind: SymbolKind, name: Span) -> Self {
        FoundDefinition {
            kind,
            name,
            receiver: None,
            body: None,
            instance: false,
            brace: None,
        }
    }
}

/// Finds the definitions in one node with the queries of the language, sorted by offset. `cursor` and `found` are reused to avoid
/// allocations.
pub(super) fn find<'t>(
    compiled: &CompiledGrammar,
    text: &str,
    node: Node<'t>,
    cursor: &mut TreeCursor<'t>,
    found: &mut Vec<FoundDefinition<'t>>,
) {
    found.clear();
    compiled.patterns.find(node, text, cursor, |bound| {
        let Some(one) = read(compiled, text, bound) else {
            return;
        };
        // A name may match several patterns, of which the first is used, or occur twice.
        let same = |other: &FoundDefinition| {
            other.name == one.name || one.name.of(text) == other.name.of(text)
        };
        if !found.iter().any(same) {
            found.push(one);
        }
    });
    for one in found.iter_mut().filter(|one| one.body.is_none()) {
        one.body = node.child_by_field_id(compiled.body);
    }
    found.sort_unstable_by_key(|found| found.name.start);
}

fn read<'t>(
    compiled: &CompiledGrammar,
    text: &str,
    bound: &Bindings<'t>,
) -> Option<FoundDefinition<'t>> {
    let mut kind: Option<SymbolKind> = None;
    let mut name: Option<Node> = None;
    let mut body = None;
    let mut brace = None;
    let mut instance = false;
    let mut receiver: Option<Box<str>> = None;
    for &(role, node) in bound {
        match role {
            CaptureRole::Whole(whole) => kind = Some(whole),
            CaptureRole::Name => name = Some(node),
            CaptureRole::Declarator => {
                let named = declared(compiled, text, node, &mut kind, &mut receiver);
                name = named.filter(|named| named.kind() != "structured_binding_declarator");
            }
            CaptureRole::Body => body = Some(node),
            CaptureRole::Instance => instance = true,
            CaptureRole::Braced => {
                let start = node.start_byte();
                body = Some(node);
                brace = text.get(node.byte_range())?.find('{').map(|at| start + at);
            }
            CaptureRole::Receiver => {
                receiver = last_word(text.get(node.byte_range())?).map(Into::into)
            }
            CaptureRole::Ignored => {}
        }
    }
    let name = trimmed_name(text, name?);
    (!name.is_empty()).then_some(FoundDefinition {
        kind: kind?,
        name,
        receiver,
        body,
        instance,
        brace,
    })
}

/// Follows nested declarators (`*(*f)(int)`) to the name. Stores the class of a qualified name (`A::f`) in `receiver`, and changes `kind`
/// to a function for function declarators.
fn declared<'t>(
    compiled: &CompiledGrammar,
    text: &str,
    declarator: Node<'t>,
    kind: &mut Option<SymbolKind>,
    receiver: &mut Option<Box<str>>,
) -> Option<Node<'t>> {
    let mut node = declarator;
    loop {
        let declares = node.kind();
        if declares == "operator_cast" {
            return Some(node);
        }
        if let Some(inner) = node.child_by_field_id(compiled.declarator) {
            // A parenthesized declarator inside is a pointer to a function.
            if declares == "function_declarator"
                && inner.kind() != "parenthesized_declarator"
                && *kind != Some(SymbolKind::TypeAlias)
            {
                *kind = Some(SymbolKind::Function);
            }
            node = inner;
        } else if declares == "qualified_identifier" {
            if let Some(scope) = node.child_by_field_name("scope") {
                *receiver = last_word(&text[scope.byte_range()])
                    .map(Into::into)
                    .or(receiver.take());
            }
            node = node.child_by_field_name("name")?;
        } else if matches!(
            declares,
            "parenthesized_declarator" | "reference_declarator" | "attributed_declarator"
        ) {
            node = node.named_child(0)?;
        } else if let Some(name) = node.child_by_field_name("name") {
            node = name;
        } else {
            return Some(node);
        }
    }
}

/// Returns the last name in `*pkg.Server[T]`, `ns::A<int>` or `A.prototype`, without type arguments. Returns `None` for names that refer
/// to the module or the object itself, such as `exports` and `this`.
fn last_word(text: &str) -> Option<&str> {
    let head = &text[..text.find(['[', '<']).unwrap_or(text.len())];
    let word = head
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .rfind(|word| !word.is_empty() && *word != "prototype")?;
    (!matches!(
        word,
        "exports" | "module" | "this" | "self" | "window" | "_G"
    ))
    .then_some(word)
}

/// Returns the span of a name without quotes (`"key"`) and sigils (`$field`, `:symbol`).
fn trimmed_name(text: &str, name: Node) -> Span {
    let span = Span::new(name.start_byte(), name.end_byte());
    let Some(word) = span.of(text) else {
        return span;
    };
    let quotes = ['"', '\'', '`'];
    let start = span.start as usize
        + (word.len()
            - word
                .trim_start_matches(quotes)
                .trim_start_matches(['$', ':', '@', '#'])
                .len());
    let rest = text[start..span.end as usize].trim_end_matches(quotes);
    // The name node of a C++ conversion operator includes its parameters.
    let rest = if rest.starts_with("operator ") {
        rest.split('(').next().unwrap_or(rest).trim_end()
    } else {
        rest
    };
    Span::new(start, start + rest.len())
}

/// Returns the span of the signature: from after the attributes up to the body, or the first line for values. `outer` is `node` including
/// its wrappers.
pub(super) fn signature(
    compiled: &CompiledGrammar,
    text: &str,
    outer: Node,
    node: Node,
    found: &FoundDefinition,
) -> Span {
    let start = start_after_attributes(compiled, outer);
    let body = found
        .body
        .map(|body| found.brace.unwrap_or(body.start_byte()));
    let before_name = |body: usize| body < found.name.end as usize;
    let end = match body {
        // `typedef struct { … } name`
        Some(body)
            if before_name(body)
                && is_type(found.kind)
                && node.start_position().row < node.end_position().row =>
        {
            body
        }
        Some(body) if !before_name(body) => body,
        _ if found.kind == SymbolKind::Macro => found.name.end as usize,
        _ => node.end_byte(),
    };
    let whole = text.get(start..end.max(start)).unwrap_or_default();
    let mut whole = if is_value(found.kind) {
        whole.lines().next().unwrap_or_default()
    } else {
        whole
    };
    loop {
        whole = whole.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ';' | ','));
        // Comments between the signature and a body without braces are not part of the signature.
        let last = whole.rfind('\n').map_or(0, |at| at + 1);
        let comment = ["#", "//", "--"]
            .iter()
            .any(|mark| whole[last..].trim_start().starts_with(mark));
        if last == 0 || !comment {
            return Span::new(start, start + whole.len());
        }
        whole = &whole[..last];
    }
}

fn is_value(kind: SymbolKind) -> bool {
    matches!(
        kind,
        SymbolKind::Variable | SymbolKind::Constant | SymbolKind::Field | SymbolKind::Variant
    )
}

fn start_after_attributes(compiled: &CompiledGrammar, node: Node) -> usize {
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

/// Returns the docstring: a string that is the first statement of a body.
pub(super) fn docstring<'t>(compiled: &CompiledGrammar, body: Node<'t>) -> Option<Node<'t>> {
    if compiled.grammar.doc.docstring.is_empty() {
        return None;
    }
    let mut cursor = body.walk();
    let mut more = cursor.goto_first_child();
    while more {
        let statement = cursor.node();
        if compiled.flags(statement.kind_id()) & flag::COMMENT == 0 {
            let string = statement.child(0)?;
            let alone = statement.child_count() == 1
                && compiled.flags(string.kind_id()) & flag::DOCSTRING != 0;
            return alone.then_some(string);
        }
        more = cursor.goto_next_sibling();
    }
    None
}

/// Whether a comment is a documentation comment. Comments with additional markers, such as `////`, are separators.
pub(super) fn is_doc_comment(marks: &[&str], comment: &str) -> bool {
    marks.iter().any(|mark| {
        let Some(rest) = comment.strip_prefix(mark) else {
            return false;
        };
        mark.is_empty() || !rest.starts_with(['/', '*'])
    })
}

/// Properties of the enclosing definitions.
#[derive(Clone, Copy)]
pub(super) struct Surroundings {
    /// The kind of the innermost enclosing definition.
    pub container: Option<SymbolKind>,
    /// Whether its members are public by default (methods of a trait, variants of an enum).
    pub open: bool,
    /// The visibility set by the last access specifier in the type.
    pub access: Option<bool>,
    /// Whether variables are local.
    pub in_function: bool,
    /// Whether all text is added to the chunk of an enclosing function.
    pub sealed: bool,
}

/// Whether the definition is visible to other files, provided that its container is. `header` is the text before its name, starting at its
/// outermost wrapper.
pub(super) fn is_visible(
    grammar: &GrammarSpec,
    kind: SymbolKind,
    name: &str,
    header: &str,
    surroundings: Surroundings,
) -> bool {
    if surroundings.in_function {
        return false;
    }
    let in_type = surroundings.container.is_some_and(is_type);
    let has = |words: &[&str]| has_word(header, words);
    match grammar.visibility {
        Visibility::Everything => true,
        Visibility::Underscore => !name.starts_with('_') || is_dunder(name),
        Visibility::Capital => name.starts_with(char::is_uppercase),
        _ if surroundings.open => true,
        // Macros are visible by textual scope or exported by an attribute.
        Visibility::Pub => {
            matches!(kind, SymbolKind::Impl | SymbolKind::Macro)
                || has(&["pub"]) && !header.contains("pub(self)")
        }
        Visibility::Export
            if surroundings
                .container
                .is_some_and(|kind| kind != SymbolKind::Module) =>
        {
            !header.ends_with('#') && !has(&["private", "protected"])
        }
        Visibility::Export => has(&["export", "declare"]),
        Visibility::PrivateIf(words) => !has(words),
        Visibility::PublicIf(words) if in_type => has(words),
        Visibility::PublicIf(_) => !has(&["private", "file"]),
        Visibility::Sections {
            in_classes,
            private_if,
        } if in_type => {
            let class = surroundings.container == Some(SymbolKind::Class);
            surroundings.access.unwrap_or(in_classes || !class) && !(in_classes && has(private_if))
        }
        Visibility::Sections { private_if, .. } => !has(private_if),
    }
}

/// Whether members of a definition are public by default.
pub(super) fn has_open_members(kind: SymbolKind, header: &str) -> bool {
    use SymbolKind::*;
    match kind {
        Interface | Enum | Variant => true,
        Impl => has_word(header, &["for"]),
        _ => false,
    }
}

pub(super) fn has_word(text: &str, words: &[&str]) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| words.contains(&word))
}

fn is_dunder(name: &str) -> bool {
    name.len() > 4 && name.starts_with("__") && name.ends_with("__")
}

/// Whether functions inside are methods.
pub(super) fn is_type(kind: SymbolKind) -> bool {
    use SymbolKind::*;
    matches!(kind, Class | Struct | Enum | Interface | Impl)
}

pub(super) fn is_callable(kind: SymbolKind) -> bool {
    matches!(
        kind,
        SymbolKind::Function | SymbolKind::Method | SymbolKind::Macro
    )
}

/// Whether definitions of this kind have a chunk of their own.
pub(super) fn forms_chunk(kind: SymbolKind) -> bool {
    use SymbolKind::*;
    matches!(kind, Function | Method | Macro | Table) || is_type(kind)
}

/// Whether an attribute, annotation or decorator marks a test.
pub(super) fn is_test_attribute(grammar: &GrammarSpec, attribute: &str) -> bool {
    let conditional = attribute.contains("cfg_attr") || attribute.contains("not(test");
    let mut words = attribute.split(|c: char| !c.is_alphanumeric() && c != '_');
    !conditional && words.any(|word| grammar.tests.attributes.contains(&word))
}

/// Whether the name identifies a test.
pub(super) fn is_test_name(grammar: &GrammarSpec, kind: SymbolKind, name: &str) -> bool {
    let prefixes = if is_type(kind) {
        grammar.tests.class_prefixes
    } else {
        grammar.tests.function_prefixes
    };
    let callable = is_type(kind) || matches!(kind, SymbolKind::Function | SymbolKind::Method);
    // `TestServer` and `test_server` are tests, `Testament` is not.
    let starts = |prefix: &&str| {
        name.strip_prefix(*prefix)
            .is_some_and(|rest| !rest.starts_with(char::is_lowercase) || prefix.ends_with('_'))
    };
    callable && prefixes.iter().any(starts)
}
