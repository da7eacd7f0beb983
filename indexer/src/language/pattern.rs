//! A matcher for definition queries: the subset of the tree-sitter query language used by the `.scm` files.
//!
//! It is used instead of tree-sitter's own queries for two reasons. Compiling a query with tree-sitter takes up to 0.1 s (C++), which
//! would delay every start. And tree-sitter queries search whole trees, while extraction already visits each node and needs to match
//! single nodes. A test checks that the files are valid tree-sitter queries. Supported are `(kind …)`, `(_)`, `[ … ]`, `field:`,
//! `!field`, a leading `.`, `?`, captures and `#match?`. The order of children in a pattern is ignored.

use regex::Regex;
use tree_sitter::{Node, TreeCursor};

use crate::facts::SymbolKind;

use super::compiled::{CaptureRole, NodeKinds, capture_role};

/// All patterns of a language.
pub(crate) struct Patterns {
    patterns: Vec<Pattern>,
    /// Indexed by kind id: the patterns whose outermost node has this kind.
    by_kind: Vec<Vec<usize>>,
}

/// The captures of a match.
pub(crate) type Bindings<'t> = Vec<(CaptureRole, Node<'t>)>;

#[derive(Default)]
struct Pattern {
    /// Sorted kind ids; empty matches any named node.
    kinds: Vec<u16>,
    children: Vec<Child>,
    /// Fields that must be absent.
    absent: Vec<u16>,
    /// If not empty, the node must match one of these.
    alternatives: Vec<Pattern>,
    roles: Vec<CaptureRole>,
    check: Option<Regex>,
    /// The name of the capture, for predicates.
    label: String,
}

struct Child {
    field: Option<u16>,
    first: bool,
    optional: bool,
    /// Whether all matching children are tried, because the pattern captures a name.
    several: bool,
    pattern: Pattern,
}

impl Patterns {
    pub(super) fn parse(
        language: &tree_sitter::Language,
        kinds: &NodeKinds,
        source: &str,
    ) -> Result<Patterns, String> {
        let mut parser = Parser {
            language,
            kinds,
            tokens: tokens(source)?,
            at: 0,
        };
        let mut patterns = Vec::new();
        while !parser.at_end() {
            patterns.push(parser.top()?);
        }
        let mut by_kind = vec![Vec::new(); language.node_kind_count()];
        for (index, pattern) in patterns.iter().enumerate() {
            for kind in &pattern.kinds {
                by_kind[*kind as usize].push(index);
            }
        }
        Ok(Patterns { patterns, by_kind })
    }

    /// Returns the outermost node kind of each pattern, the kind of symbol it defines, and whether it is an instance attribute.
    pub fn definition_kinds(&self) -> impl Iterator<Item = (u16, SymbolKind, bool)> {
        self.patterns.iter().flat_map(|pattern| {
            let instance = pattern.roles.contains(&CaptureRole::Instance);
            let whole = pattern.roles.iter().find_map(|role| match role {
                CaptureRole::Whole(kind) => Some(*kind),
                _ => None,
            });
            pattern
                .kinds
                .iter()
                .filter_map(move |kind| Some((*kind, whole?, instance)))
        })
    }

    /// Calls `then` with the captures of each match of a pattern at `node`, in the order of the patterns.
    pub fn find<'t>(
        &self,
        node: Node<'t>,
        text: &str,
        cursor: &mut TreeCursor<'t>,
        mut then: impl FnMut(&Bindings<'t>),
    ) {
        let Some(indexes) = self.by_kind.get(node.kind_id() as usize) else {
            return;
        };
        for &index in indexes {
            let mut search = Search {
                text,
                cursor,
                bound: Vec::new(),
            };
            search.node(&self.patterns[index], node, &mut |search| {
                then(&search.bound)
            });
        }
    }
}

struct Search<'s, 't> {
    text: &'s str,
    cursor: &'s mut TreeCursor<'t>,
    bound: Bindings<'t>,
}

/// The continuation called when a part has matched. The recursion is as deep as the pattern, not as the tree.
type Next<'n, 's, 't> = &'n mut dyn FnMut(&mut Search<'s, 't>);

impl<'s, 't> Search<'s, 't> {
    fn node(&mut self, pattern: &Pattern, node: Node<'t>, next: Next<'_, 's, 't>) {
        if !pattern.kinds.is_empty() && pattern.kinds.binary_search(&node.kind_id()).is_err()
            || !node.is_named()
        {
            return;
        }
        if pattern
            .absent
            .iter()
            .any(|field| node.child_by_field_id(*field).is_some())
        {
            return;
        }
        if let Some(check) = &pattern.check
            && !self
                .text
                .get(node.byte_range())
                .is_some_and(|text| check.is_match(text))
        {
            return;
        }
        let before = self.bound.len();
        self.bound
            .extend(pattern.roles.iter().map(|role| (*role, node)));
        if pattern.alternatives.is_empty() {
            self.children(&pattern.children, node, next);
        } else {
            for alternative in &pattern.alternatives {
                self.node(alternative, node, next);
            }
        }
        self.bound.truncate(before);
    }

    fn children(&mut self, children: &[Child], node: Node<'t>, next: Next<'_, 's, 't>) {
        let Some((child, rest)) = children.split_first() else {
            next(self);
            return;
        };
        let mut met = false;
        let mut inner = |search: &mut Search<'s, 't>| {
            met = true;
            search.children(rest, node, next);
        };
        match child.field {
            Some(field) if !child.several => {
                if let Some(candidate) = node.child_by_field_id(field) {
                    self.node(&child.pattern, candidate, &mut inner);
                }
            }
            _ => {
                for candidate in self.candidates(child, node) {
                    self.node(&child.pattern, candidate, &mut inner);
                }
            }
        }
        if child.optional && !met {
            self.children(rest, node, next);
        }
    }

    fn candidates(&mut self, child: &Child, node: Node<'t>) -> Vec<Node<'t>> {
        let mut candidates = Vec::new();
        self.cursor.reset(node);
        let mut more = self.cursor.goto_first_child();
        while more {
            let candidate = self.cursor.node();
            let fits = child
                .field
                .is_none_or(|field| self.cursor.field_id().is_some_and(|id| id.get() == field));
            if candidate.is_named() && fits {
                candidates.push(candidate);
                if child.first {
                    break;
                }
            }
            more = self.cursor.goto_next_sibling();
        }
        candidates
    }
}

/// Splits a query into punctuation, names, captures with their `@`, and strings with their opening quote.
fn tokens(source: &str) -> Result<Vec<&str>, String> {
    let mut tokens = Vec::new();
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '?' | '@' | '#');
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            ';' => rest.find('\n').unwrap_or(rest.len()),
            '"' => 1 + rest[1..].find('"').ok_or("a string does not end")?,
            // Punctuation unless it is inside a name.
            '.' | '?' => 1,
            first if is_name(first) => {
                let name = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                // A trailing `?` is a quantifier, except in `#match?`.
                if first == '#' {
                    name
                } else {
                    rest[..name].trim_end_matches('?').len()
                }
            }
            _ => first.len_utf8(),
        };
        if first != ';' {
            tokens.push(&rest[..length]);
        }
        let quote = usize::from(first == '"');
        rest = rest[length + quote..].trim_start();
    }
    Ok(tokens)
}

struct Parser<'s> {
    language: &'s tree_sitter::Language,
    kinds: &'s NodeKinds<'s>,
    tokens: Vec<&'s str>,
    at: usize,
}

impl<'s> Parser<'s> {
    fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    fn peek(&self) -> &'s str {
        self.tokens.get(self.at).copied().unwrap_or("")
    }

    fn take(&mut self) -> &'s str {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn accept(&mut self, token: &str) -> bool {
        let accepted = self.peek() == token;
        self.at += usize::from(accepted);
        accepted
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.accept(token) {
            Ok(())
        } else {
            Err(format!("`{token}` expected instead of `{}`", self.peek()))
        }
    }

    /// Parses a top-level pattern, which must have a capture for the kind of definition.
    fn top(&mut self) -> Result<Pattern, String> {
        let pattern = self.pattern()?;
        let defines = pattern
            .roles
            .iter()
            .any(|role| matches!(role, CaptureRole::Whole(_)));
        if !defines || pattern.kinds.is_empty() {
            return Err(format!(
                "the pattern before `{}` has no capture for the kind of definition",
                self.peek()
            ));
        }
        Ok(pattern)
    }

    fn pattern(&mut self) -> Result<Pattern, String> {
        let mut pattern = Pattern::default();
        if self.accept("[") {
            while !self.accept("]") {
                pattern.alternatives.push(self.pattern()?);
            }
        } else {
            self.expect("(")?;
            let kind = self.take();
            if kind != "_" {
                pattern.kinds.extend(self.kinds.ids(kind));
                if pattern.kinds.is_empty() {
                    return Err(format!("no node kind `{kind}`"));
                }
            }
            while !self.accept(")") {
                self.part(&mut pattern)?;
            }
        }
        while self.peek().starts_with('@') {
            let name = self.take().trim_start_matches('@');
            pattern.label = name.to_string();
            match capture_role(name) {
                CaptureRole::Ignored => {}
                role => pattern.roles.push(role),
            }
        }
        Ok(pattern)
    }

    /// Parses one element inside the parentheses of a pattern.
    fn part(&mut self, pattern: &mut Pattern) -> Result<(), String> {
        if self.accept("!") {
            let field = self.take();
            pattern.absent.push(self.field(field)?);
            return Ok(());
        }
        if self.peek() == "(" && self.tokens.get(self.at + 1) == Some(&"#match?") {
            return self.predicate(pattern);
        }
        let first = self.accept(".");
        let named = self.tokens.get(self.at + 1) == Some(&":");
        let field = if named {
            Some(self.field(self.peek())?)
        } else {
            None
        };
        self.at += if named { 2 } else { 0 };
        let child = self.pattern()?;
        let mut optional = self.accept("?");
        let mut child = child;
        // A capture may also follow the `?`.
        while self.peek().starts_with('@') {
            child
                .roles
                .push(capture_role(self.take().trim_start_matches('@')));
        }
        optional |= self.accept("?");
        pattern.children.push(Child {
            field,
            first,
            optional,
            several: names(&child),
            pattern: child,
        });
        Ok(())
    }

    /// Parses `(#match? @label "…")`.
    fn predicate(&mut self, pattern: &mut Pattern) -> Result<(), String> {
        self.at += 2;
        let label = self.take().trim_start_matches('@');
        let source = self.take().trim_start_matches('"').replace("\\\\", "\\");
        let check = Regex::new(&source).map_err(|error| error.to_string())?;
        self.expect(")")?;
        let labelled = pattern
            .children
            .iter_mut()
            .find(|child| child.pattern.label == label);
        labelled
            .ok_or_else(|| format!("no child is captured as {label}"))?
            .pattern
            .check = Some(check);
        Ok(())
    }

    fn field(&self, name: &str) -> Result<u16, String> {
        let id = self
            .language
            .field_id_for_name(name)
            .ok_or_else(|| format!("no field `{name}`"))?;
        Ok(id.get())
    }
}

/// Whether the pattern or a nested pattern captures a name.
fn names(pattern: &Pattern) -> bool {
    pattern
        .roles
        .iter()
        .any(|role| matches!(role, CaptureRole::Name | CaptureRole::Declarator))
        || pattern.children.iter().any(|child| names(&child.pattern))
        || pattern.alternatives.iter().any(names)
}
