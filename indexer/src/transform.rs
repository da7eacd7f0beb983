//! Changes code without changing what it does: local variables are renamed, the branches of a condition are swapped, and methods are
//! reordered. Each result is parsed again.
//!
//! This is for training data: two texts with the same meaning and other words. A change is only made where it certainly keeps the meaning, so
//! most code has fewer changes than could be made by hand.

use std::collections::BTreeSet;

use tree_sitter::{Node, Parser, Tree};

use crate::language::{Language, Syntax};

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
    ReorderedMethods,
}

/// How the grammar of a language names what the changes need.
struct Row {
    languages: &'static [&'static str],
    /// Nodes that declare local variables, with the field that holds the name.
    declarations: &'static [(&'static str, &'static str)],
    /// Whether a variable belongs to the whole function, and not to the block that declares it.
    function_scope: bool,
    /// The kind of node that uses of a variable have.
    identifier: &'static str,
    /// Parents in which an identifier is not a variable, with the field; an empty field means any.
    not_variables: &'static [(&'static str, &'static str)],
    /// Texts with which names may be used that cannot be seen.
    hidden_uses: &'static [&'static str],
    /// A condition: the node, and the fields for condition, first branch and second branch.
    condition: Option<(&'static str, &'static str, &'static str, &'static str)>,
    /// How a condition is negated: before and after it.
    negation: (&'static str, &'static str),
    /// The body of a class, and its methods.
    members: Option<(&'static str, &'static [&'static str])>,
}

/// One row for each language that is certain; other languages have no changes.
const ROWS: [Row; 3] = [
    Row {
        languages: &["python"],
        declarations: &[("assignment", "left")],
        function_scope: true,
        identifier: "identifier",
        not_variables: &[
            ("attribute", "attribute"),
            ("keyword_argument", "name"),
            ("class_definition", "name"),
            ("function_definition", "name"),
        ],
        hidden_uses: &[
            "locals(",
            "globals(",
            "eval(",
            "exec(",
            "global ",
            "nonlocal ",
            "vars(",
            "=}",
            "match ",
            "import ",
            "class ",
        ],
        condition: Some(("if_statement", "condition", "consequence", "alternative")),
        negation: ("not (", ")"),
        members: Some(("class_definition", &["function_definition"])),
    },
    Row {
        languages: &[
            "javascript",
            "typescript",
            "javascriptreact",
            "typescriptreact",
        ],
        declarations: &[("variable_declarator", "name")],
        function_scope: false,
        identifier: "identifier",
        not_variables: &[
            ("function_declaration", "name"),
            ("class_declaration", "name"),
        ],
        hidden_uses: &["eval(", "with (", "arguments", "</", "/>"],
        condition: Some(("if_statement", "condition", "consequence", "alternative")),
        negation: ("(!", ")"),
        members: Some(("class_declaration", &["method_definition"])),
    },
    Row {
        languages: &["java"],
        declarations: &[("variable_declarator", "name")],
        function_scope: false,
        identifier: "identifier",
        not_variables: &[
            ("field_access", "field"),
            ("method_invocation", "name"),
            ("method_declaration", "name"),
            ("labeled_statement", ""),
        ],
        hidden_uses: &["::", "new "],
        condition: Some(("if_statement", "condition", "consequence", "alternative")),
        negation: ("(!", ")"),
        members: Some(("class_declaration", &["method_declaration"])),
    },
];

/// Returns the changes that can be made to the text of a definition. Empty if its language has none, or if the text does not parse.
pub fn transforms(language: Language, text: &str) -> Vec<Transformed> {
    let Some(row) = ROWS
        .iter()
        .find(|row| row.languages.contains(&language.id()))
    else {
        return Vec::new();
    };
    let Some(tree) = parse(language, text).filter(|tree| !tree.root_node().has_error()) else {
        return Vec::new();
    };
    let root = tree.root_node();
    let changed = [
        (TransformKind::RenamedVariables, renamed(row, root, text)),
        (
            TransformKind::SwappedBranches,
            swapped(row, language, root, text),
        ),
        (TransformKind::ReorderedMethods, reordered(row, root, text)),
    ];
    changed
        .into_iter()
        .filter_map(|(kind, changed)| {
            Some(Transformed {
                kind,
                text: changed?,
            })
        })
        .filter(|changed| changed.text != text)
        .filter(|changed| {
            parse(language, &changed.text).is_some_and(|tree| !tree.root_node().has_error())
        })
        .collect()
}

fn parse(language: Language, text: &str) -> Option<Tree> {
    let Syntax::Tree(syntax) = language.syntax() else {
        return None;
    };
    let mut parser = Parser::new();
    parser.set_language(&syntax.compiled()?.language).ok()?;
    parser.parse(text, None)
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

/// Renames the local variables of a function, each to a name that occurs nowhere in it.
fn renamed(row: &Row, root: Node, text: &str) -> Option<String> {
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
            && let Some(name) = node.child_by_field_name(field)
            && name.kind() == row.identifier
        {
            // In another block the same name may be another variable.
            let again = !declared.insert(of(name));
            if !row.function_scope && (again || blocks_around(*node) > 1) {
                elsewhere.insert(of(name));
            }
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
    declared.retain(|name| !elsewhere.contains(name) && name.len() > 1);
    if declared.is_empty() {
        return None;
    }
    let words: BTreeSet<&str> = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
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

/// The number of blocks that a node is in.
fn blocks_around(node: Node) -> usize {
    let parents = std::iter::successors(node.parent(), Node::parent);
    parents
        .filter(|parent| parent.kind().ends_with("block") || parent.kind().starts_with("for_"))
        .count()
}

/// Swaps the branches of the first condition that has two, and negates it.
fn swapped(row: &Row, language: Language, root: Node, text: &str) -> Option<String> {
    let (kind, condition, first, second) = row.condition?;
    let python = language.id() == "python";
    descendants(root)
        .into_iter()
        .filter(|node| node.kind() == kind)
        .find_map(|node| {
            let mut cursor = node.walk();
            // A chain of conditions has more than two branches.
            let alternatives: Vec<Node> =
                node.children_by_field_name(second, &mut cursor).collect();
            let [alternative] = alternatives.as_slice() else {
                return None;
            };
            let condition = node.child_by_field_name(condition)?;
            let first = node.child_by_field_name(first)?;
            let other = match alternative.kind() {
                "else_clause" if python => alternative.child_by_field_name("body")?,
                "else_clause" => alternative.named_child(0)?,
                _ => *alternative,
            };
            let block = |branch: Node| {
                if python {
                    branch.kind() == "block"
                } else {
                    branch.kind().ends_with("block")
                }
            };
            if !block(first) || !block(other) || (python && alternative.kind() != "else_clause") {
                return None;
            }
            let (before, after) = row.negation;
            Some(format!(
                "{}{before}{}{after}{}{}{}{}{}",
                &text[..condition.start_byte()],
                &text[condition.byte_range()],
                &text[condition.end_byte()..first.start_byte()],
                &text[other.byte_range()],
                &text[first.end_byte()..other.start_byte()],
                &text[first.byte_range()],
                &text[other.end_byte()..],
            ))
        })
}

/// Swaps the first two adjacent methods of a class. Their order has no effect; a decorated one may refer to the one before it.
fn reordered(row: &Row, root: Node, text: &str) -> Option<String> {
    let (class, methods) = row.members?;
    // A decorator of a method is a node beside it in some grammars.
    if text.contains('@') {
        return None;
    }
    let node = descendants(root)
        .into_iter()
        .find(|node| node.kind() == class)?;
    let body = node.child_by_field_name("body")?;
    let mut cursor = body.walk();
    let members: Vec<Node> = body.named_children(&mut cursor).collect();
    members.windows(2).find_map(|pair| {
        let [one, two] = pair else { return None };
        let is_method = |node: &Node| methods.contains(&node.kind());
        let name = |node: &Node| {
            node.child_by_field_name("name")
                .map(|name| &text[name.byte_range()])
        };
        if !is_method(one) || !is_method(two) || name(one) == name(two) {
            return None;
        }
        Some(format!(
            "{}{}{}{}{}",
            &text[..one.start_byte()],
            &text[two.byte_range()],
            &text[one.end_byte()..two.start_byte()],
            &text[one.byte_range()],
            &text[two.end_byte()..],
        ))
    })
}

#[cfg(test)]
mod tests;
