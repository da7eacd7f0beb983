//! Swaps the branches of a condition, and moves the condition of a loop into its body.

use tree_sitter::Node;

use super::descendants;
use super::language::{NO_EXPRESSIONS, Row};

/// Swaps the branches of the first condition that has two, and negates it.
pub(super) fn swapped(row: &Row, root: Node, text: &str) -> Option<String> {
    let nodes = descendants(root).into_iter();
    let mut conditions = nodes.filter(|node| node.kind() == row.condition.node);
    conditions.find_map(|node| {
        let mut cursor = node.walk();
        // A chain of conditions has more than two branches.
        let alternatives: Vec<Node> = node
            .children_by_field_name("alternative", &mut cursor)
            .collect();
        let [alternative] = alternatives.as_slice() else {
            return None;
        };
        let condition = node.child_by_field_name("condition")?;
        let first = node.child_by_field_name("consequence")?;
        let second = match alternative.kind() {
            "else_clause" => alternative
                .child_by_field_name("body")
                .or_else(|| alternative.named_child(0))?,
            _ => *alternative,
        };
        if !is_block(first) || !is_block(second) || !is_expression(condition) {
            return None;
        }
        let (before, after) = row.condition.negation;
        Some(format!(
            "{}{before}{}{after}{}{}{}{}{}",
            &text[..condition.start_byte()],
            &text[condition.byte_range()],
            &text[condition.end_byte()..first.start_byte()],
            &text[second.byte_range()],
            &text[first.end_byte()..second.start_byte()],
            &text[first.byte_range()],
            &text[second.end_byte()..],
        ))
    })
}

/// Makes the first loop with a condition an endless one that is left if the condition does not hold.
pub(super) fn endless(row: &Row, root: Node, text: &str) -> Option<String> {
    let kinds = &row.while_loop;
    let nodes = descendants(root).into_iter();
    let mut loops = nodes.filter(|node| node.kind() == kinds.node);
    loops.find_map(|node| {
        // `while … else` in Python: the second branch would not run any more.
        if node.child_by_field_name("alternative").is_some() {
            return None;
        }
        let body = node.child_by_field_name("body")?;
        let condition = match kinds.condition {
            Some(field) => node.child_by_field_name(field)?,
            None => node
                .named_child(0)
                .filter(|child| child.id() != body.id())?,
        };
        let condition_text = &text[condition.byte_range()];
        let is_constant = ["true", "True", "(true)", "1", "(1)"].contains(&condition_text);
        if is_constant || !is_expression(condition) || !is_block(body) {
            return None;
        }
        // A label stands before the keyword.
        let mut cursor = node.walk();
        let keyword = node
            .children(&mut cursor)
            .find(|child| ["while", "for"].contains(&child.kind()))?;
        let at = body.named_child(0)?.start_byte();
        let between = &text[condition.end_byte()..at];
        // A body on the line of the condition would need another layout.
        let indentation = &between[between.rfind('\n')? + 1..];
        if !indentation.trim().is_empty() {
            return None;
        }
        let (before, after) = kinds.guard;
        Some(format!(
            "{}{}{between}{before}{condition_text}{after}\n{indentation}{}",
            &text[..keyword.start_byte()],
            kinds.endless,
            &text[at..],
        ))
    })
}

fn is_block(node: Node) -> bool {
    node.kind().ends_with("block")
}

fn is_expression(node: Node) -> bool {
    !descendants(node)
        .iter()
        .any(|node| NO_EXPRESSIONS.contains(&node.kind()))
}
