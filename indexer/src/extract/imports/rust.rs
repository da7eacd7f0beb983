//! Rust: `use` trees, `mod name;` and `extern crate name;`.

use tree_sitter::Node;

use crate::facts::Import;

use super::{import, text_of};

/// Deeper `use` trees are ignored, so that malformed code cannot overflow the stack.
const MAX_DEPTH: usize = 64;

pub(super) fn collect(statement: Node, text: &str, line: u32, out: &mut Vec<Import>) {
    let field = |name| statement.child_by_field_name(name);
    match (statement.kind(), field("name")) {
        ("use_declaration", _) => {
            let mut paths = Vec::new();
            if let Some(tree) = field("argument") {
                use_tree(tree, text, &[], MAX_DEPTH, &mut paths);
            }
            let first = out.len();
            paths.iter().for_each(|path| add(path, first, line, out));
        }
        ("mod_item", Some(name)) if field("body").is_none() => {
            let name = identifier(name, text);
            out.push(import(format!("self/{name}"), Vec::new(), line));
        }
        ("extern_crate_declaration", Some(name)) => {
            out.push(import(identifier(name, text), Vec::new(), line));
        }
        _ => {}
    }
}

/// Adds the segments of each path in a `use` tree, where `outer` are the segments before it.
fn use_tree<'t>(
    tree: Node,
    text: &'t str,
    outer: &[&'t str],
    depth: usize,
    paths: &mut Vec<Vec<&'t str>>,
) {
    let mut path = outer.to_vec();
    let list = match tree.kind() {
        "use_list" => Some(tree),
        "scoped_use_list" => tree.child_by_field_name("list"),
        _ => None,
    };
    match tree.kind() {
        "use_list" => {}
        "scoped_use_list" | "use_as_clause" => {
            let prefix = tree.child_by_field_name("path");
            path.extend(prefix.into_iter().flat_map(|path| segments(path, text)));
        }
        "use_wildcard" => {
            path.extend(
                tree.named_child(0)
                    .into_iter()
                    .flat_map(|path| segments(path, text)),
            );
            path.push("*");
        }
        "line_comment" | "block_comment" | "ERROR" => return,
        _ => path.extend(segments(tree, text)),
    }
    let Some(list) = list else {
        return paths.push(path);
    };
    if depth > 0 {
        let mut cursor = list.walk();
        for item in list.named_children(&mut cursor) {
            use_tree(item, text, &path, depth - 1, paths);
        }
    }
}

/// Returns the names in `a::b::c`.
fn segments<'t>(path: Node, text: &'t str) -> Vec<&'t str> {
    let mut segments = Vec::new();
    let mut next = Some(path);
    while let Some(node) = next {
        let name = node.child_by_field_name("name").unwrap_or(node);
        segments.push(identifier(name, text));
        next = node.child_by_field_name("path");
    }
    segments.reverse();
    segments
}

fn identifier<'t>(name: Node, text: &'t str) -> &'t str {
    text_of(name, text).trim_start_matches("r#")
}

/// Adds the import of one path. Names with the same path become one import.
fn add(path: &[&str], first: usize, line: u32, out: &mut Vec<Import>) {
    let Some((last, parent)) = path.split_last() else {
        return;
    };
    // `use a;` and `use a::{self}` import the module itself.
    let (parent, names) = match (*last, parent) {
        (name, []) => (name.to_string(), Vec::new()),
        ("self", parent) => (parent.join("/"), Vec::new()),
        (name, parent) => (parent.join("/"), vec![Box::from(name)]),
    };
    let same = out[first..]
        .iter_mut()
        .find(|other| *other.path == *parent && !other.names.is_empty() && !names.is_empty());
    match same {
        Some(other) => other.names.extend(names),
        None => out.push(import(parent, names, line)),
    }
}
