//! Python: `import a.b as c, d` and `from ..a.b import (c as d, e)`.

use tree_sitter::Node;

use crate::facts::Import;

use super::{import, text_of};

pub(super) fn collect(statement: Node, text: &str, line: u32, out: &mut Vec<Import>) {
    let mut cursor = statement.walk();
    let name = |node: Node| dotted(node.child_by_field_name("name").unwrap_or(node), text);
    let named = statement.children_by_field_name("name", &mut cursor);
    let mut names: Vec<String> = named.map(name).collect();
    if statement.kind() == "import_statement" {
        let modules = names.iter().filter(|name| !name.is_empty());
        out.extend(modules.map(|name| import(name.replace('.', "/"), Vec::new(), line)));
        return;
    }
    let mut children = statement.named_children(&mut cursor);
    if children.any(|child| child.kind() == "wildcard_import") {
        names.push("*".to_owned());
    }
    let module = statement
        .child_by_field_name("module_name")
        .map_or_else(|| "__future__".to_owned(), |module| dotted(module, text));
    let names = names.into_iter().map(Into::into).collect();
    out.push(import(path(&module), names, line));
}

/// Returns a dotted name without whitespace and line continuations.
fn dotted(name: Node, text: &str) -> String {
    let is_part = |c: &char| !c.is_whitespace() && *c != '\\';
    text_of(name, text).chars().filter(is_part).collect()
}

/// Converts a module name to a path. One leading dot is the current package; each further dot is one level up.
fn path(module: &str) -> String {
    let name = module.trim_start_matches('.');
    let name_path = name.replace('.', "/");
    match module.len() - name.len() {
        0 => name_path,
        1 if name.is_empty() => ".".into(),
        1 => format!("./{name_path}"),
        dots => {
            let up = "../".repeat(dots - 1);
            format!("{up}{name_path}").trim_end_matches('/').into()
        }
    }
}
