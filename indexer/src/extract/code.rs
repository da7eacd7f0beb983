//! One walk over a syntax tree that collects everything: definitions, uses, imports, documentation and the text of chunks.
//!
//! The walk is iterative and looks at each node once; what a node means comes from the language's tables. It never goes back:
//! what it will meet later (the name of a call, a docstring) it notes as expected at an offset, and what may belong to a later
//! definition (comments, attributes) it holds back until that definition or anything else comes.

use tree_sitter::Node;

use crate::facts::{Extraction, FileFacts, Lines, Span, Symbol, SymbolKind};
use crate::language::{Compiled, flag};

use super::chunks::{Chunks, REMAINDER, Sort};
use super::definition::{self, Around, Found};
use super::imports;
use super::leading::{self, Leading};

/// None if the parser ran out of time.
pub(super) fn extract(compiled: &'static Compiled, text: &str, test_file: bool) -> Option<Extraction> {
    let tree = super::parse::parse(compiled, text)?;
    let mut walk = Walk::new(compiled, text, test_file);
    let root = tree.root_node();
    if let Some(doc) = definition::docstring(compiled, root) {
        walk.facts.doc = Some(span(doc));
        walk.expected.push((doc.start_byte() as u32, Expected::Doc));
    }
    walk.run(root);
    Some(walk.finish())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// The name of a definition, which is no use.
    Name,
    Callee,
    Doc,
}

/// A definition around the cursor.
struct Open {
    /// None for the file and for functions without a name.
    symbol: Option<u32>,
    end: u32,
    /// Where its text goes.
    chunk: usize,
    owns_chunk: bool,
    signature: Span,
    around: Around,
    test: bool,
}

struct Walk<'t> {
    compiled: &'static Compiled,
    text: &'t str,
    test_file: bool,
    facts: FileFacts,
    chunks: Chunks<'t>,
    open: Vec<Open>,
    /// Descending by offset, so that the last one comes next.
    expected: Vec<(u32, Expected)>,
    leading: Leading<'t>,
    found: Vec<Found<'t>>,
    /// The definition that its wrapper has already dealt with.
    defined: Option<usize>,
    /// Where the import around the cursor ends.
    import_end: u32,
    /// Where the unparsed tokens around the cursor end.
    tokens_end: u32,
    /// Whether anything but comments has been seen.
    begun: bool,
}

fn span(node: Node) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}

impl<'t> Walk<'t> {
    fn new(compiled: &'static Compiled, text: &'t str, test_file: bool) -> Self {
        let around = Around { container: None, public: true, open: false, in_function: false };
        let file = Open {
            symbol: None,
            end: u32::MAX,
            chunk: REMAINDER,
            owns_chunk: false,
            signature: Span::default(),
            around,
            test: test_file,
        };
        Walk {
            compiled,
            text,
            test_file,
            facts: FileFacts::default(),
            chunks: Chunks::new(text),
            open: vec![file],
            expected: Vec::new(),
            leading: Leading::default(),
            found: Vec::new(),
            defined: None,
            import_end: 0,
            tokens_end: 0,
            begun: false,
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
                    self.leaf(start, node.end_byte() as u32, Sort::Body);
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
        if flags & flag::IDENTIFIER != 0 {
            self.identifier(node, start);
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
            self.leaf(start, node.end_byte() as u32, Sort::Text);
            return false;
        }
        if flags & flag::OPAQUE != 0 {
            self.settle();
            return false;
        }
        if flags & flag::DOCSTRING != 0 && self.expects(start) == Some(Expected::Doc) {
            self.leaf(start, node.end_byte() as u32, Sort::Doc);
            return false;
        }
        // Attributes inside a definition, before its signature, are walked like the rest of it.
        if flags & flag::ATTRIBUTE != 0 && start >= self.top().signature.start {
            self.leading.attribute(node);
            return false;
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
            return true;
        }
        if flags & flag::CLOSURE != 0 {
            self.enter_closure(node);
        }
        if start >= self.import_end {
            if flags & flag::IMPORT != 0 {
                self.import(node);
            } else if flags & flag::CALL != 0
                && let Some(callee) = self.compiled.callee(node)
            {
                self.expected.push((callee.start_byte() as u32, Expected::Callee));
            }
        }
        if flags & flag::TOKENS != 0 {
            self.tokens_end = self.tokens_end.max(node.end_byte() as u32);
        }
        self.facts.errors += u32::from(flags & flag::ERROR != 0);
        true
    }

    fn identifier(&mut self, node: Node<'t>, start: u32) {
        let end = node.end_byte() as u32;
        self.leaf(start, end, Sort::Body);
        let expected = self.expects(start);
        let name = self.text.get(start as usize..end as usize).unwrap_or_default();
        if start < self.import_end || expected == Some(Expected::Name) || name.len() < 2 || matches!(name, "self" | "this") {
            return;
        }
        let call = expected == Some(Expected::Callee) || start < self.tokens_end && self.is_called(end);
        self.chunks.count(name, call, || node.start_position().row as u32);
    }

    /// In unparsed tokens a name before a parenthesis is taken for a call.
    fn is_called(&self, end: u32) -> bool {
        matches!(self.text.as_bytes().get(end as usize), Some(b'(' | b'!'))
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

    fn leaf(&mut self, start: u32, end: u32, sort: Sort) {
        self.settle();
        self.push(start, end, sort);
    }

    fn push(&mut self, start: u32, end: u32, sort: Sort) {
        let top = self.top();
        let sort = if sort == Sort::Body && top.owns_chunk && top.signature.contains(start) { Sort::Signature } else { sort };
        let chunk = top.chunk;
        self.chunks.push(chunk, start, end, sort);
    }

    fn top(&self) -> &Open {
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

    fn comment(&mut self, node: Node<'t>) {
        let comment = leading::Comment::new(node, self.text);
        let text = comment.span.of(self.text).unwrap_or_default();
        let doc = &self.compiled.grammar.doc;
        if definition::documents(doc.inner, text) {
            let (top, chunk) = (self.top().symbol, self.top().chunk);
            let target = match top {
                Some(symbol) => &mut self.facts.symbols[symbol as usize].doc,
                None => &mut self.facts.doc,
            };
            *target = Some(Span { start: target.map_or(comment.span.start, |doc| doc.start), end: comment.span.end });
            self.chunks.push(chunk, comment.span.start, comment.span.end, Sort::Doc);
        } else {
            self.leading.comment(comment);
        }
    }

    /// What was held back belongs to no definition after all.
    #[inline]
    fn settle(&mut self) {
        if !self.leading.is_empty() || !self.begun {
            self.settle_leading();
        }
    }

    #[cold]
    fn settle_leading(&mut self) {
        let items = std::mem::take(&mut self.leading);
        let mut comments = items.comments.as_slice();
        if !self.begun && self.compiled.grammar.doc.leading && self.facts.doc.is_none() {
            if let Some((doc, from, to)) = leading::file_doc(comments, self.text) {
                self.facts.doc = Some(doc);
                for comment in &comments[from..to] {
                    self.push(comment.span.start, comment.span.end, Sort::Doc);
                }
                for comment in &comments[..from] {
                    self.push(comment.span.start, comment.span.end, Sort::Comment);
                }
                comments = &comments[to..];
            }
        }
        self.begun = true;
        for comment in comments {
            self.push(comment.span.start, comment.span.end, Sort::Comment);
        }
        for attribute in &items.attributes {
            self.leaves(*attribute);
        }
        self.leading = items.emptied();
    }

    /// Walks an attribute that was held back. It defines nothing, so this is a smaller walk.
    fn leaves(&mut self, root: Node<'t>) {
        let mut cursor = root.walk();
        loop {
            let node = cursor.node();
            let flags = self.compiled.flags(node.kind_id());
            let start = node.start_byte() as u32;
            let mut inside = false;
            if flags & flag::IDENTIFIER != 0 {
                self.identifier(node, start);
            } else if flags & flag::STRING != 0 {
                self.push(start, node.end_byte() as u32, Sort::Text);
            } else if flags & flag::COMMENT != 0 {
                self.push(start, node.end_byte() as u32, Sort::Comment);
            } else if flags & flag::OPAQUE == 0 {
                if flags & flag::CALL != 0
                    && let Some(callee) = self.compiled.callee(node)
                {
                    self.expected.push((callee.start_byte() as u32, Expected::Callee));
                }
                inside = true;
            }
            if inside && cursor.goto_first_child() {
                continue;
            }
            if inside && flags != 0 {
                self.push(start, node.end_byte() as u32, Sort::Body);
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    fn enter_closure(&mut self, node: Node<'t>) {
        let top = self.top();
        let around = Around { in_function: true, ..top.around };
        let open = Open {
            symbol: top.symbol,
            end: node.end_byte() as u32,
            chunk: top.chunk,
            owns_chunk: false,
            signature: Span::default(),
            around,
            test: top.test,
        };
        self.open.push(open);
    }

    fn import(&mut self, node: Node<'t>) {
        let statement = span(node).of(self.text).unwrap_or_default();
        let line = node.start_position().row as u32;
        if imports::collect(self.compiled.grammar.imports, statement, line, &mut self.facts.imports) {
            self.import_end = node.end_byte() as u32;
        }
    }

    fn may_define(&self, flags: u32) -> bool {
        flags & flag::DEFINITION != 0 || flags & flag::OUTER_DEFINITION != 0 && !self.top().around.in_function
    }

    /// Records what `node` defines, and opens it. `outer` is the node with its wrappers.
    fn define(&mut self, outer: Node<'t>, node: Node<'t>) -> bool {
        let mut found = std::mem::take(&mut self.found);
        definition::find(self.compiled, self.text, node, &mut found);
        let defined = !found.is_empty();
        if defined {
            self.open_definition(outer, node, &found);
        }
        self.found = found;
        defined
    }

    fn open_definition(&mut self, outer: Node<'t>, node: Node<'t>, found: &[Found<'t>]) {
        let grammar = self.compiled.grammar;
        let items = std::mem::take(&mut self.leading);
        let doc_marks = grammar.doc.outer;
        let claimed = items.claim(outer, self.text, doc_marks);
        for comment in &items.comments[..claimed.first] {
            self.push(comment.span.start, comment.span.end, Sort::Comment);
        }
        self.begun = true;

        let whole = Span { start: claimed.start, end: outer.end_byte() as u32 };
        let lines = Lines { first: claimed.line, last: last_line(outer) };
        let docstring = found[0].body.and_then(|body| definition::docstring(self.compiled, body));
        let around = self.top().around;
        let container = self.top().symbol;
        let in_function = around.in_function;
        let mut test = self.top().test;
        for attribute in &items.attributes {
            test |= definition::is_test_attribute(grammar, span(*attribute).of(self.text).unwrap_or_default());
        }

        let mut opened = None;
        for one in found.iter() {
            let name = one.name.of(self.text).unwrap_or_default();
            let kind = kind_in_place(one, name, around.container, in_function);
            if in_function && is_data(kind) {
                continue;
            }
            let signature = definition::signature(self.compiled, self.text, node, one);
            let header = self.text.get(outer.start_byte()..one.name.start as usize).unwrap_or_default();
            let attributes = self.text.get(outer.start_byte()..signature.start as usize).unwrap_or_default();
            let test = test
                || definition::is_test_name(grammar, kind, name)
                || !attributes.is_empty() && definition::is_test_attribute(grammar, attributes);
            let public = definition::is_public(grammar, kind, name, header, around);
            let symbol = self.facts.symbols.len() as u32;
            self.facts.symbols.push(Symbol {
                name: name.into(),
                kind,
                receiver: one.receiver.clone(),
                container,
                public,
                test,
                span: whole,
                lines,
                name_span: one.name,
                signature,
                doc: docstring.map(span).or(claimed.doc),
            });
            if opened.is_none() {
                opened = Some((symbol, kind, signature, public, test, definition::has_open_members(kind, header)));
            }
        }
        if let Some(doc) = docstring {
            self.expected.push((doc.start_byte() as u32, Expected::Doc));
        }
        self.expected.extend(found.iter().rev().map(|one| (one.name.start, Expected::Name)));
        if let Some((symbol, kind, signature, public, test, open)) = opened {
            let owns_chunk = definition::forms_chunk(kind) && !in_function;
            let chunk = if owns_chunk {
                let span = Span { start: claimed.doc.map_or(whole.start, |doc| doc.start.min(whole.start)), ..whole };
                let first = claimed.doc_line.map_or(lines.first, |line| line.min(lines.first));
                self.chunks.begin(symbol, span, Lines { first, ..lines }, self.qualified(symbol))
            } else {
                self.top().chunk
            };
            let callable = matches!(kind, SymbolKind::Function | SymbolKind::Method | SymbolKind::Macro);
            let around = Around { container: Some(kind), public, open, in_function: in_function || callable };
            self.open.push(Open { symbol: Some(symbol), end: whole.end, chunk, owns_chunk, signature, around, test });
        }
        for comment in &items.comments[claimed.first..] {
            let documents = claimed.doc.is_some_and(|doc| doc.covers(comment.span));
            self.push(comment.span.start, comment.span.end, if documents { Sort::Doc } else { Sort::Comment });
        }
        for attribute in &items.attributes {
            self.leaves(*attribute);
        }
        self.leading = items.emptied();
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

    fn finish(mut self) -> Extraction {
        self.settle();
        while self.open.len() > 1 {
            self.close();
        }
        let (chunks, uses) = self.chunks.finish();
        self.facts.uses = uses;
        Extraction { facts: self.facts, chunks, timed_out: false }
    }
}

/// What a query cannot see: functions in types are methods, variables in types are fields, shouted variables are constants.
fn kind_in_place(found: &Found, name: &str, container: Option<SymbolKind>, in_function: bool) -> SymbolKind {
    let in_type = container.is_some_and(definition::is_type) && !in_function;
    match found.kind {
        SymbolKind::Function if in_type || found.receiver.is_some() => SymbolKind::Method,
        SymbolKind::Variable if in_type => SymbolKind::Field,
        SymbolKind::Variable if is_shouted(name) => SymbolKind::Constant,
        kind => kind,
    }
}

fn is_shouted(name: &str) -> bool {
    name.len() > 1 && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') && name.bytes().any(|b| b.is_ascii_uppercase())
        && !name.bytes().any(|b| b.is_ascii_lowercase())
}

/// Kinds that are locals when they stand in a function.
fn is_data(kind: SymbolKind) -> bool {
    use SymbolKind::*;
    matches!(kind, Variable | Constant | Field | TypeAlias | Variant | Key)
}

fn last_line(node: Node) -> u32 {
    let end = node.end_position();
    let only_break = end.column == 0 && end.row > node.start_position().row;
    (end.row - usize::from(only_break)) as u32
}
