//! Renames local variables.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::descendants;
use super::language::Row;
use super::order::alone;

/// Renames the local variables of a function, each to a name that occurs nowhere in it.
pub(super) fn renamed(row: &Row, root: Node, text: &str) -> Option<String> {
    let row = &row.variables;
    if row.hidden_uses.iter().any(|hidden| text.contains(hidden)) {
        return None;
    }
    let nodes = descendants(root);
    let of = |node: Node| &text[node.byte_range()];
    let is_variable = |node: &Node| {
        node.kind() == row.identifier && {
            let parent = node.parent();
            !row.not_variables.iter().any(|(kind, field)| {
                parent.is_some_and(|parent| {
                    let in_field = field.is_empty()
                        || parent
                            .child_by_field_name(field)
                            .is_some_and(|child| child.id() == node.id());
                    parent.kind() == *kind && in_field
                })
            })
        }
    };
    let mut declared: BTreeSet<&str> = BTreeSet::new();
    let mut elsewhere: BTreeSet<&str> = BTreeSet::new();
    for node in &nodes {
        if let Some((_, field)) = row
            .declarations
            .iter()
            .find(|(kind, _)| *kind == node.kind())
            && let Some(name) = node.child_by_field_name(field).and_then(alone)
            && name.kind() == row.identifier
        {
            // In another block the same name may be another variable, and up to its declaration it is another one. Outside of the
            // function's body it certainly is: in its default values, in an enclosing function, in another method.
            let again = !declared.insert(of(name));
            let body = function_body(*node);
            let first = if row.function_scope {
                body.map(|body| body.start_byte())
            } else {
                Some(node.end_byte())
            };
            let end = body.map(|body| body.end_byte());
            let is_other = |other: &Node| {
                other.kind() == row.identifier
                    && other.id() != name.id()
                    && (Some(other.start_byte()) < first || Some(other.start_byte()) >= end)
                    && of(*other) == of(name)
            };
            let is_local = row.function_scope || !again && is_in_body(*node);
            if !is_local || nodes.iter().any(is_other) {
                elsewhere.insert(of(name));
            }
        }
        if row.strings.contains(&node.kind()) {
            elsewhere.extend(words(of(*node)));
        }
        // Parameters can be passed by name, and names in other positions may mean something else.
        let parent = node.parent().map_or("", |parent| parent.kind());
        let other = parent.contains("parameter")
            || parent.contains("import")
            || node.kind().starts_with("shorthand");
        if other || node.kind() == row.identifier && !is_variable(node) {
            elsewhere.insert(of(*node));
        }
    }
    // A leading underscore says that the variable is not read, which tools take notice of.
    declared.retain(|name| !elsewhere.contains(name) && name.len() > 1 && !name.starts_with('_'));
    if declared.is_empty() {
        return None;
    }
    let words: BTreeSet<&str> = words(text).collect();
    let mut fresh = [
        "value", "item", "result", "entry", "data", "part", "local", "temp",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain((1..).map(|number| format!("value_{number}")))
    .filter(|name| !words.contains(name.as_str()));
    let names: Vec<(&str, String)> = declared
        .iter()
        .map(|name| (*name, fresh.next().unwrap_or_default()))
        .collect();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for node in nodes.iter().filter(|node| is_variable(node)) {
        if let Some((_, name)) = names.iter().find(|(old, _)| *old == of(*node)) {
            out.push_str(&text[done..node.start_byte()]);
            out.push_str(name);
            done = node.end_byte();
        }
    }
    out.push_str(&text[done..]);
    Some(out)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// Returns the body of the function that a declaration is in.
fn function_body(declaration: Node) -> Option<Node> {
    let mut parents = std::iter::successors(declaration.parent(), Node::parent);
    let function = parents.find(|parent| {
        ["func", "method", "constructor", "lambda", "closure"]
            .iter()
            .any(|word| parent.kind().contains(word))
    })?;
    function.child_by_field_name("body")
}

/// Whether a declaration is a statement of the body of the function itself, and not of a block, a condition or a loop in it.
fn is_in_body(declaration: Node) -> bool {
    let mut parents = std::iter::successors(declaration.parent(), Node::parent)
        .skip_while(|node| node.kind().ends_with("declaration") || node.kind().ends_with("_list"));
    let Some(body) = parents.next() else {
        return false;
    };
    body.kind().ends_with("block") && !parents.any(|parent| parent.kind().ends_with("block"))
}
