//! Walks a syntax tree once and collects definitions, uses, imports, documentation and the text of chunks.
//!
//! The walk is iterative and visits each node once; the language tables define the meaning of node kinds. It never goes back. Nodes that
//! need special treatment later (the name of a call, a docstring) are recorded in advance by their offset. Comments and attributes that
//! may belong to the following definition are held back until the next node shows whether they do.

mod define;
mod names;
mod trivia;

use tree_sitter::{Node, TreeCursor};

use crate::facts::{Extraction, FileFacts, Occurrence, Span, Symbol};
use crate::language::{CompiledGrammar, flag};

use super::chunks::{Chunks, REMAINDER, TextKind, lines_of};
use super::definition::{self, FoundDefinition, Surroundings};
use super::imports::ImportsAndExports;
use super::leading::LeadingTrivia;

/// Extracts the facts and chunks. Returns `None` if parsing exceeds its time limit.
pub(super) fn extract(
    compiled: &'static CompiledGrammar,
    text: &str,
    test_file: bool,
) -> Option<Extraction> {
    walk(compiled, text, test_file, None, |walk| walk.finish())
}

/// Returns the occurrences of a name. Uses the same walk as extraction, which distinguishes definitions, calls and other uses.
pub(super) fn occurrences(
    compiled: &'static CompiledGrammar,
    text: &str,
    name: &str,
) -> Option<Vec<Occurrence>> {
    walk(compiled, text, false, Some(name), |walk| {
        let mut found = walk.occurrences;
        // Names that are not identifiers, such as quoted keys, are found only as definitions.
        for symbol in walk
            .facts
            .symbols
            .iter()
            .filter(|symbol| *symbol.name == *name)
        {
            if !found
                .iter()
                .any(|known| symbol.name_span.covers(known.span))
            {
                let line = lines_of(text, symbol.name_span).first;
                found.push(Occurrence {
                    span: symbol.name_span,
                    line,
                    call: false,
                    definition: true,
                });
            }
        }
        found.sort_unstable_by_key(|known| known.span);
        found
    })
}

fn walk<T>(
    compiled: &'static CompiledGrammar,
    text: &str,
    test_file: bool,
    wanted_name: Option<&str>,
    then: impl FnOnce(Walk<'_>) -> T,
) -> Option<T> {
    let tree = super::parse::parse(compiled, text)?;
    let root = tree.root_node();
    let mut walk = Walk::new(compiled, root, text, test_file, wanted_name);
    walk.broken = root.has_error();
    if let Some(doc) = definition::docstring(compiled, root) {
        walk.facts.doc = Some(span(doc));
        walk.expected.push((doc.start_byte() as u32, Expected::Doc));
    }
    walk.run(root);
    Some(then(walk))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// The name of a definition, which is not a use.
    Name,
    Callee,
    Doc,
}

/// A definition that contains the current node.
struct OpenDefinition {
    /// `None` for the file.
    symbol: Option<u32>,
    end: u32,
    /// Index of the chunk that its text is added to.
    chunk: usize,
    owns_chunk: bool,
    signature: Span,
    /// Whether `signature` is the signature of the chunk.
    routes_signature: bool,
    surroundings: Surroundings,
    test: bool,
}

struct Walk<'t> {
    compiled: &'static CompiledGrammar,
    text: &'t str,
    facts: FileFacts,
    /// For each symbol, whether it is public if its container is public.
    visible: Vec<bool>,
    collected: ImportsAndExports,
    chunks: Chunks<'t>,
    open: Vec<OpenDefinition>,
    /// Nodes with special treatment by offset, in descending order, so that the last one comes next.
    expected: Vec<(u32, Expected)>,
    leading: LeadingTrivia<'t>,
    found: Vec<FoundDefinition<'t>>,
    /// A cursor for queries, reused to avoid allocations.
    scratch: TreeCursor<'t>,
    /// Id of a definition node that was already handled with its wrapper.
    defined: Option<usize>,
    /// End of the import that contains the current node.
    import_end: u32,
    /// End of the unparsed tokens that contain the current node.
    tokens_end: u32,
    /// Whether a node other than a comment has been visited.
    begun: bool,
    /// Whether the tree contains syntax errors.
    broken: bool,
    /// The name to find occurrences of, and the occurrences found.
    wanted_name: Option<&'t str>,
    occurrences: Vec<Occurrence>,
}

fn span(node: Node) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}

impl<'t> Walk<'t> {
    fn new(
        compiled: &'static CompiledGrammar,
        root: Node<'t>,
        text: &'t str,
        test_file: bool,
        wanted_name: Option<&'t str>,
    ) -> Self {
        let surroundings = Surroundings {
            container: None,
            open: false,
            access: None,
            in_function: false,
            sealed: false,
        };
        let file = OpenDefinition {
            symbol: None,
            end: u32::MAX,
            chunk: REMAINDER,
            owns_chunk: false,
            signature: Span::default(),
            routes_signature: false,
            surroundings,
            test: test_file,
        };
        Walk {
            compiled,
            text,
            facts: FileFacts::default(),
            visible: Vec::new(),
            collected: ImportsAndExports::default(),
            chunks: Chunks::new(text),
            open: vec![file],
            expected: Vec::new(),
            leading: LeadingTrivia::default(),
            found: Vec::new(),
            scratch: root.walk(),
            defined: None,
            import_end: 0,
            tokens_end: 0,
            begun: false,
            broken: false,
            wanted_name,
            occurrences: Vec::new(),
        }
    }

    fn run(&mut self, root: Node<'t>) {
        let mut cursor = root.walk();
        loop {
            let node = cursor.node();
            let flags = self.compiled.flags(node.kind_id());
            if flags == 0 {
                self.flush_trivia();
            } else {
                let start = node.start_byte() as u32;
                while start >= self.top().end {
                    self.close();
                }
                if self.visit(node, flags, start) {
                    if cursor.goto_first_child() {
                        continue;
                    }
                    self.leaf(start, node.end_byte() as u32, TextKind::Body);
                }
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    /// Processes a node. Returns whether its children have to be visited.
    fn visit(&mut self, node: Node<'t>, flags: u32, start: u32) -> bool {
        if flags & (flag::IDENTIFIER | flag::CALLEE) != 0 {
            if flags & flag::VARIANT != 0 {
                self.bare_variant(node, start);
            }
            self.identifier(node, start, flags);
            return false;
        }
        if flags == flag::NAMED {
            return true;
        }
        if flags & flag::COMMENT != 0 {
            self.comment(node);
            return false;
        }
        if flags & flag::STRING != 0 {
            self.leaf(start, node.end_byte() as u32, TextKind::String);
            return false;
        }
        if flags & flag::OPAQUE != 0 {
            // A `#!` line may precede the documentation of the file.
            if self.begun {
                self.flush_trivia();
            }
            return false;
        }
        if flags & flag::DOCSTRING != 0 && self.expects(start) == Some(Expected::Doc) {
            self.leaf(start, node.end_byte() as u32, TextKind::Doc);
            return false;
        }
        // Attributes inside a definition, before its signature, are visited like its other children.
        if flags & flag::ATTRIBUTE != 0 && start >= self.top().signature.start {
            self.leading.attribute(node);
            return false;
        }
        if flags & flag::PACKAGE != 0 {
            self.package(node);
        }
        if flags & flag::WRAPPER != 0
            && let Some(inner) = self.compiled.wrapped(node)
            && self.may_define(self.compiled.flags(inner.kind_id()))
            && self.define(node, inner)
        {
            self.defined = Some(inner.id());
            return true;
        }
        if self.may_define(flags) && self.defined != Some(node.id()) && self.define(node, node) {
            if flags & flag::IMPORT != 0 {
                // `exports.f = function …` is a definition and an export.
                self.import(node, node);
            }
            return true;
        }
        if flags & flag::CLOSURE != 0 {
            self.enter_closure(node);
        }
        if start >= self.import_end {
            if flags & flag::IMPORT != 0 {
                self.import(node, node);
            }
            if flags & flag::CALL != 0
                && let Some(callee) = self.compiled.callee(node)
            {
                self.call(node, callee);
            }
        }
        if flags & flag::ACCESS != 0 {
            self.access_specifier(span(node).of(self.text).unwrap_or_default());
        }
        if flags & flag::RAW != 0 {
            self.raw(node, start);
            return false;
        }
        if flags & flag::TOKENS != 0 {
            self.tokens_end = self.tokens_end.max(node.end_byte() as u32);
        }
        self.facts.errors += u32::from(flags & flag::ERROR != 0);
        true
    }

    fn expects(&mut self, start: u32) -> Option<Expected> {
        while let Some(&(at, what)) = self.expected.last() {
            if at > start {
                return None;
            }
            self.expected.pop();
            if at == start {
                return Some(what);
            }
        }
        None
    }

    fn leaf(&mut self, start: u32, end: u32, sort: TextKind) {
        self.flush_trivia();
        self.push(start, end, sort);
    }

    fn push(&mut self, start: u32, end: u32, sort: TextKind) {
        let top = self.top();
        let sort =
            if sort == TextKind::Body && top.routes_signature && top.signature.contains(start) {
                TextKind::Signature
            } else {
                sort
            };
        let chunk = top.chunk;
        self.chunks.push(chunk, start, end, sort);
    }

    fn top(&self) -> &OpenDefinition {
        // The entry for the file is never removed.
        &self.open[self.open.len() - 1]
    }

    /// Closes the innermost open definition.
    fn close(&mut self) {
        if let Some(closed) = self.open.pop()
            && closed.owns_chunk
        {
            self.chunks.end(closed.symbol);
        }
    }

    fn enter_closure(&mut self, node: Node<'t>) {
        let top = self.top();
        let surroundings = Surroundings {
            in_function: true,
            ..top.surroundings
        };
        let open = OpenDefinition {
            symbol: top.symbol,
            end: node.end_byte() as u32,
            chunk: top.chunk,
            owns_chunk: false,
            signature: top.signature,
            routes_signature: top.routes_signature,
            surroundings,
            test: top.test,
        };
        self.open.push(open);
    }

    fn finish(mut self) -> Extraction {
        self.flush_trivia();
        while self.open.len() > 1 {
            self.close();
        }
        let (chunks, uses) = self.chunks.finish();
        self.facts.uses = uses;
        // Missing tokens are errors without an error node.
        self.facts.errors = self.facts.errors.max(u32::from(self.broken));
        self.facts.imports = self.collected.imports;
        set_visibility(
            &mut self.facts.symbols,
            &self.visible,
            &self.collected.exports,
        );
        Extraction {
            facts: self.facts,
            chunks,
            timed_out: false,
        }
    }
}

/// Sets [`Symbol::public`]: a symbol is public if it is visible or exported, and its container is public, too.
fn set_visibility(symbols: &mut [Symbol], visible: &[bool], exports: &[String]) {
    for (index, &visible) in visible.iter().enumerate() {
        let public = match symbols[index]
            .container
            .map(|container| &symbols[container as usize])
        {
            Some(container) => {
                visible && container.public && !definition::is_callable(container.kind)
            }
            None => visible || exports.iter().any(|name| **name == *symbols[index].name),
        };
        symbols[index].public = public;
    }
}
