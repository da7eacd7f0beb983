//! Changes code without changing what it does: local variables are renamed, the branches of a condition are swapped, a loop is left from
//! within, and independent assignments and methods are reordered. Each result is parsed again.
//!
//! This is for training data: two texts with the same meaning and other words. A change is only made where it certainly keeps the meaning, so
//! most code has fewer changes than could be made by hand.

mod branches;
mod language;
mod order;
mod rename;

use tree_sitter::{Node, Parser, Tree};

use crate::language::{Language, Syntax};
use language::{Row, row};

/// A changed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transformed {
    pub kind: TransformKind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransformKind {
    RenamedVariables,
    SwappedBranches,
    /// A loop that is left from within, instead of by its condition.
    EndlessLoop,
    ReorderedAssignments,
    ReorderedMethods,
}

/// Returns the changes that can be made to the text of a definition. Empty if its language has none, or if the text does not parse.
pub fn transforms(language: Language, text: &str) -> Vec<Transformed> {
    let Some(row) = row(language) else {
        return Vec::new();
    };
    if let Some(tree) = parse(language, text) {
        return changes(row, language, tree.root_node(), text);
    }
    let Some((before, after)) = row.around_methods else {
        return Vec::new();
    };
    let around = format!("{before}{text}{after}");
    let Some(tree) = parse(language, &around) else {
        return Vec::new();
    };
    let mut changes = changes(row, language, tree.root_node(), &around);
    changes.retain_mut(|change| {
        let inner = change
            .text
            .strip_prefix(before)
            .and_then(|text| text.strip_suffix(after))
            .map(str::to_owned);
        inner.map(|inner| change.text = inner).is_some()
    });
    changes
}

fn changes(row: &Row, language: Language, root: Node, text: &str) -> Vec<Transformed> {
    use TransformKind::*;
    [
        (RenamedVariables, rename::renamed(row, root, text)),
        (SwappedBranches, branches::swapped(row, root, text)),
        (EndlessLoop, branches::endless(row, root, text)),
        (ReorderedAssignments, order::assignments(row, root, text)),
        (ReorderedMethods, order::methods(row, root, text)),
    ]
    .into_iter()
    .filter_map(|(kind, changed)| {
        let text = changed.filter(|changed| changed != text)?;
        parse(language, &text).map(|_| Transformed { kind, text })
    })
    .collect()
}

/// Parses a text. `None` if it has an error.
fn parse(language: Language, text: &str) -> Option<Tree> {
    let Syntax::Tree(syntax) = language.syntax() else {
        return None;
    };
    let mut parser = Parser::new();
    parser.set_language(&syntax.compiled()?.language).ok()?;
    let tree = parser.parse(text, None)?;
    (!tree.root_node().has_error()).then_some(tree)
}

/// All nodes below a node, in the order of the text.
fn descendants(node: Node) -> Vec<Node> {
    let mut found = Vec::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        found.push(node);
        let mut cursor = node.walk();
        let mut children: Vec<Node> = node.children(&mut cursor).collect();
        children.reverse();
        open.extend(children);
    }
    found
}

#[cfg(test)]
mod tests;
