//! One walk over a syntax tree that collects everything: definitions, uses, imports, documentation and the text of chunks.
//!
//! The walk is iterative and looks at each node once; what a node means comes from the language's tables. It never goes back:
//! what it will meet later (the name of a call, a docstring) it notes as expected at an offset, and what may belong to a later
//! definition (comments, attributes) it holds back until that definition or anything else comes.

mod define;
mod held;
mod names;

use tree_sitter::{Node, TreeCursor};

use crate::facts::{Extraction, FileFacts, Occurrence, Span, Symbol};
use crate::language::{Compiled, flag};

use super::chunks::{Chunks, REMAINDER, TextKind, lines_of};
use super::definition::{self, FoundDefinition, Surroundings};
use super::imports::ImportsAndExports;
use super::leading::LeadingTrivia;

/// None if the parser ran out of time.
pub(super) fn extract(
    compiled: &'static Compiled,
    text: &str,
    test_file: bool,
) -> Option<Extraction> {
    walk(compiled, text, test_file, None, |walk| walk.finish())
}

/// Where a name stands in the code. The walk that extracts knows best what is a definition and what a call.
pub(super) fn occurrences(
    compiled: &'static Compiled,
    text: &str,
    name: &str,
) -> Option<Vec<Occurrence>> {
    walk(compiled, text, false, Some(name), |walk| {
        let mut found = walk.occurrences;
        // Names that are no identifiers, such as a quoted key, are met only as definitions.
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
    compiled: &'static Compiled,
    text: &str,
    test_file: bool,
    watched: Option<&str>,
    then: impl FnOnce(Walk<'_>) -> T,
) -> Option<T> {
    let tree = super::parse::parse(compiled, text)?;
    let root = tree.root_node();
    let mut walk = Walk::new(compiled, root, text, test_file, watched);
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
    /// The name of a definition, which is no use.
    Name,
    Callee,
    Doc,
}

/// A definition around the cursor.
struct OpenDefinition {
    /// None for the file and for functions without a name.
    symbol: Option<u32>,
    end: u32,
    /// Where its text goes.
    chunk: usize,
    owns_chunk: bool,
    signature: Span,
    /// Whether the signature is that of the chunk.
    routes: bool,
    around: Surroundings,
    test: bool,
}

struct Walk<'t> {
    compiled: &'static Compiled,
    text: &'t str,
    facts: FileFacts,
    /// By symbol: whether it is public if what contains it is.
    shown: Vec<bool>,
    collected: ImportsAndExports,
    chunks: Chunks<'t>,
    open: Vec<OpenDefinition>,
    /// Descending by offset, so that the last one comes next.
    expected: Vec<(u32, Expected)>,
    leading: LeadingTrivia<'t>,
    found: Vec<FoundDefinition<'t>>,
    /// A cursor to look around with, kept for its memory.
    scratch: TreeCursor<'t>,
    /// The definition that its wrapper has already dealt with.
    defined: Option<usize>,
    /// Where the import around the cursor ends.
    import_end: u32,
    /// Where the unparsed tokens around the cursor end.
    tokens_end: u32,
    /// Whether anything but comments has been seen.
    begun: bool,
    /// Whether the parser met errors anywhere.
    broken: bool,
    /// The name whose every place is wanted, and the places met.
    watched: Option<&'t str>,
    occurrences: Vec<Occurrence>,
}

fn span(node: Node) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}

impl<'t> Walk<'t> {
    fn new(
        compiled: &'static Compiled,
        root: Node<'t>,
        text: &'t str,
        test_file: bool,
        watched: Option<&'t str>,
    ) -> Self {
        let around = Surroundings {
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
            routes: false,
            around,
            test: test_file,
        };
        Walk {
            compiled,
            text,
            facts: FileFacts::default(),
            shown: Vec::new(),
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
            watched,
            occurrences: Vec::new(),
        }
    }

    fn run(&mut self, root: Node<'t>) {
        let mut cursor = root.walk();
        loop {
            let node = cursor.node();
            let flags = self.compiled.flags(node.kind_id());
            if flags == 0 {
                self.settle();
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

    /// Takes note of a node, and says whether to go into it.
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
            self.leaf(start, node.end_byte() as u32, TextKind::Text);
            return false;
        }
        if flags & flag::OPAQUE != 0 {
            // A `#!` line does not begin the file in the sense that its documentation could not follow.
            if self.begun {
                self.settle();
            }
            return false;
        }
        if flags & flag::DOCSTRING != 0 && self.expects(start) == Some(Expected::Doc) {
            self.leaf(start, node.end_byte() as u32, TextKind::Doc);
            return false;
        }
        // Attributes inside a definition, before its signature, are walked like the rest of it.
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
                // `exports.f = function …` defines and exports at once.
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
            self.section(span(node).of(self.text).unwrap_or_default());
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
        self.settle();
        self.push(start, end, sort);
    }

    fn push(&mut self, start: u32, end: u32, sort: TextKind) {
        let top = self.top();
        let sort = if sort == TextKind::Body && top.routes && top.signature.contains(start) {
            TextKind::Signature
        } else {
            sort
        };
        let chunk = top.chunk;
        self.chunks.push(chunk, start, end, sort);
    }

    fn top(&self) -> &OpenDefinition {
        // The file itself is never closed.
        &self.open[self.open.len() - 1]
    }

    fn close(&mut self) {
        if let Some(closed) = self.open.pop()
            && closed.owns_chunk
        {
            self.chunks.end(closed.symbol);
        }
    }

    fn enter_closure(&mut self, node: Node<'t>) {
        let top = self.top();
        let around = Surroundings {
            in_function: true,
            ..top.around
        };
        let open = OpenDefinition {
            symbol: top.symbol,
            end: node.end_byte() as u32,
            chunk: top.chunk,
            owns_chunk: false,
            signature: top.signature,
            routes: top.routes,
            around,
            test: top.test,
        };
        self.open.push(open);
    }

    fn finish(mut self) -> Extraction {
        self.settle();
        while self.open.len() > 1 {
            self.close();
        }
        let (chunks, uses) = self.chunks.finish();
        self.facts.uses = uses;
        // Missing tokens are errors without a node of their own kind.
        self.facts.errors = self.facts.errors.max(u32::from(self.broken));
        self.facts.imports = self.collected.imports;
        publish(
            &mut self.facts.symbols,
            &self.shown,
            &self.collected.exports,
        );
        Extraction {
            facts: self.facts,
            chunks,
            timed_out: false,
        }
    }
}

/// A symbol is public if it is shown or exported, and what contains it is public too.
fn publish(symbols: &mut [Symbol], shown: &[bool], exports: &[String]) {
    for (index, &shown) in shown.iter().enumerate() {
        let public = match symbols[index]
            .container
            .map(|container| &symbols[container as usize])
        {
            Some(container) => {
                shown && container.public && !definition::is_callable(container.kind)
            }
            None => shown || exports.iter().any(|name| **name == *symbols[index].name),
        };
        symbols[index].public = public;
    }
}
