//! Swaps neighbours whose order has no effect: methods of a class, and assignments that do not depend on each other.

use tree_sitter::Node;

use super::descendants;
use super::language::{Assignment, Row};

/// Swaps the first two adjacent methods of a class. Their order has no effect; a decorated one may refer to the one before it.
pub(super) fn methods(row: &Row, root: Node, text: &str) -> Option<String> {
    let (class, methods) = row.members?;
    // A decorator of a method is a node beside it in some grammars.
    if text.contains('@') {
        return None;
    }
    let node = descendants(root)
        .into_iter()
        .find(|node| node.kind() == class)?;
    let body = node.child_by_field_name("body")?;
    neighbours(body).find_map(|(one, two)| {
        let is_method = |node: &Node| methods.contains(&node.kind());
        let name = |node: &Node| {
            node.child_by_field_name("name")
                .map(|name| &text[name.byte_range()])
        };
        if !is_method(&one) || !is_method(&two) || name(&one) == name(&two) {
            return None;
        }
        Some(exchanged(text, one, two))
    })
}

/// Swaps the first two adjacent assignments of values without an effect to different variables, neither of which uses the other.
pub(super) fn assignments(row: &Row, root: Node, text: &str) -> Option<String> {
    let kinds = &row.assignment;
    let is_statement = |node: Node| kinds.statements.contains(&node.kind());
    let parents = descendants(root).into_iter();
    let mut pairs = parents.flat_map(|parent| neighbours(parent).collect::<Vec<_>>());
    pairs.find_map(|(one, two)| {
        if !is_statement(one) || !is_statement(two) {
            return None;
        }
        let (first, value) = parts(kinds, one, text)?;
        let (second, other) = parts(kinds, two, text)?;
        let uses = |value: Node, name: &str| {
            descendants(value)
                .iter()
                .any(|node| node.child_count() == 0 && &text[node.byte_range()] == name)
        };
        // In JavaScript the end of a line ends a statement only if the next line cannot go on with it.
        let ends = |node: Node| text[node.byte_range()].ends_with(';');
        let independent = first != second && !uses(value, second) && !uses(other, first);
        (independent && ends(one) == ends(two)).then(|| exchanged(text, one, two))
    })
}

/// Returns the variable and the value of an assignment whose value has no effect.
fn parts<'t, 'n>(
    kinds: &Assignment,
    statement: Node<'n>,
    text: &'t str,
) -> Option<(&'t str, Node<'n>)> {
    let node = match kinds.inner {
        Some(inner) => {
            let mut cursor = statement.walk();
            let mut children = statement
                .named_children(&mut cursor)
                .filter(|child| child.kind() == inner);
            let node = children.next()?;
            children.next().is_none().then_some(node)?
        }
        None => statement,
    };
    let target = alone(node.child_by_field_name(kinds.target)?)?;
    let value = alone(node.child_by_field_name(kinds.value)?)?;
    let pure = descendants(value)
        .iter()
        .all(|node| !node.is_named() || kinds.pure.contains(&node.kind()));
    (target.kind() == "identifier" && pure).then(|| (&text[target.byte_range()], value))
}

/// The only element of a list of expressions; any other node is itself.
pub(super) fn alone(node: Node) -> Option<Node> {
    if node.kind() != "expression_list" {
        return Some(node);
    }
    (node.named_child_count() == 1).then(|| node.named_child(0))?
}

/// Pairs of adjacent children, without those that a comment or an attribute belongs to.
fn neighbours(parent: Node) -> impl Iterator<Item = (Node, Node)> {
    let mut cursor = parent.walk();
    let children: Vec<Node> = parent.named_children(&mut cursor).collect();
    let is_apart = |at: usize| {
        // The comment before the first statement of a block is outside of the block in some grammars.
        let before = match at.checked_sub(1) {
            Some(before) => Some(children[before]),
            None => parent.prev_named_sibling(),
        };
        let kind = before.map_or("", |before| before.kind());
        !kind.contains("comment") && !kind.contains("attribute")
    };
    let pairs: Vec<_> = (1..children.len())
        .filter(|at| is_apart(at - 1))
        .map(|at| (children[at - 1], children[at]))
        .collect();
    pairs.into_iter()
}

fn exchanged(text: &str, one: Node, two: Node) -> String {
    format!(
        "{}{}{}{}{}",
        &text[..one.start_byte()],
        &text[two.byte_range()],
        &text[one.end_byte()..two.start_byte()],
        &text[one.byte_range()],
        &text[two.end_byte()..],
    )
}
