//! JavaScript and TypeScript: `import`, `export … from`, `require`, dynamic `import()`, and names exported by `export { … }` and
//! `module.exports`.

use tree_sitter::Node;

use super::{ImportsAndExports, import, text_of};

pub(super) fn collect(statement: Node, text: &str, line: u32, out: &mut ImportsAndExports) {
    let field = |name| statement.child_by_field_name(name);
    match statement.kind() {
        "import_statement" => {
            let mut cursor = statement.walk();
            let clause = statement
                .named_children(&mut cursor)
                .find(|child| child.kind().ends_with("_clause"));
            // `import x = require('y')` has the source in its clause.
            let source = field("source").or_else(|| clause?.child_by_field_name("source"));
            if let Some(source) = source.and_then(|source| module(source, text)) {
                let names = clause.map_or_else(Vec::new, |clause| names(clause, text));
                out.imports.push(import(source, names, line));
            }
        }
        "export_statement" => exported(statement, text, line, out),
        "assignment_expression" => {
            let (Some(left), Some(right)) = (field("left"), field("right")) else {
                return;
            };
            let target = text_of(left, text);
            if target.starts_with("module.exports") || target.starts_with("exports.") {
                let property = left.child_by_field_name("property");
                let name = property.map(|name| text_of(name, text));
                let name = name.filter(|name| *name != "exports");
                out.exports.extend(name.map(str::to_owned));
                value_exports(right, text, out);
            } else {
                called(Some(left), right, text, line, out);
            }
        }
        "variable_declarator" => {
            if let Some(call) = field("value") {
                called(field("name"), call, text, line, out);
            }
        }
        _ => called(None, statement, text, line, out),
    }
}

/// Adds the import of `require('x')` or `import('x')`, assigned to `target`.
fn called(target: Option<Node>, call: Node, text: &str, line: u32, out: &mut ImportsAndExports) {
    let function = call.child_by_field_name("function");
    if !function.is_some_and(|name| matches!(text_of(name, text), "require" | "import")) {
        return;
    }
    let arguments = call.child_by_field_name("arguments");
    let argument = arguments.and_then(|arguments| arguments.named_child(0));
    if let Some(source) = argument.and_then(|argument| module(argument, text)) {
        let pattern = target.filter(|target| target.kind() == "object_pattern");
        let names = pattern.map_or_else(Vec::new, |pattern| names(pattern, text));
        out.imports.push(import(source, names, line));
    }
}

/// Modules of Node.js, which are never files of the workspace (Node.js 24, `module.builtinModules`).
const NODE_MODULES: [&str; 33] = [
    "assert",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "crypto",
    "dgram",
    "dns",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "stream",
    "string_decoder",
    "timers",
    "tls",
    "tty",
    "url",
    "util",
    "vm",
    "worker_threads",
    "zlib",
];

/// Returns the module named by a string literal, without loader queries and a final `/`. `None` for a module of Node.js.
fn module<'t>(literal: Node, text: &'t str) -> Option<&'t str> {
    if !matches!(literal.kind(), "string" | "template_string") {
        return None;
    }
    let path = text_of(literal, text).trim_matches(['"', '\'', '`']);
    if path.starts_with("node:") || NODE_MODULES.contains(&path) {
        return None;
    }
    let path = path.split(['?', '!']).next().unwrap_or(path);
    Some(match path.trim_end_matches('/') {
        "" => path,
        trimmed => trimmed,
    })
}

/// Returns the original names in an import or export clause or in an object pattern.
fn names(clause: Node, text: &str) -> Vec<Box<str>> {
    let mut names = Vec::new();
    let mut cursor = clause.walk();
    for item in clause.named_children(&mut cursor) {
        let name = match item.kind() {
            // A default export has the name that the importing file gives it, which most often is that of the definition.
            "identifier" if clause.kind() == "import_clause" => Some(item),
            "named_imports" => {
                names.extend(self::names(item, text));
                continue;
            }
            "import_specifier" | "export_specifier" => item.child_by_field_name("name"),
            "pair_pattern" => item.child_by_field_name("key"),
            "object_assignment_pattern" => item.child_by_field_name("left"),
            "shorthand_property_identifier_pattern" => Some(item),
            _ => None,
        };
        let name = name.map_or("", |name| text_of(name, text));
        if name.starts_with(super::is_name) {
            names.push(name.into());
        }
    }
    names
}

fn exported(statement: Node, text: &str, line: u32, out: &mut ImportsAndExports) {
    let mut cursor = statement.walk();
    let clause = statement
        .named_children(&mut cursor)
        .find(|child| child.kind() == "export_clause");
    let names = clause.map(|clause| names(clause, text));
    let field = |name| statement.child_by_field_name(name);
    match field("source").and_then(|source| module(source, text)) {
        Some(source) => {
            let names = names.unwrap_or_else(|| vec!["*".into()]);
            out.imports.push(import(source, names, line));
        }
        None => out
            .exports
            .extend(names.into_iter().flatten().map(String::from)),
    }
    // `export default name`, where the value may be an expression that begins with the name.
    if let Some(value) = field("value") {
        value_exports(value, text, out);
    }
    let is_default = statement
        .children(&mut cursor)
        .any(|child| child.kind() == "default");
    if is_default {
        let name = field("declaration").and_then(|it| it.child_by_field_name("name"));
        out.exports
            .extend(name.map(|name| text_of(name, text).to_owned()));
    }
}

/// Adds the names exported by a value: its keys and values if it is an object, else the name it begins with.
fn value_exports(value: Node, text: &str, out: &mut ImportsAndExports) {
    let mut export = |node: Option<Node>| {
        let name = node.filter(|node| node.kind().ends_with("identifier"));
        out.exports
            .extend(name.map(|name| text_of(name, text).to_owned()));
    };
    if value.kind() != "object" {
        return export(Some(first_leaf(value)));
    }
    let mut cursor = value.walk();
    for item in value.named_children(&mut cursor) {
        match item.kind() {
            "shorthand_property_identifier" => export(Some(item)),
            "spread_element" => export(item.named_child(0)),
            _ => {
                export(item.child_by_field_name("key"));
                export(item.child_by_field_name("name"));
                export(item.child_by_field_name("value").map(first_leaf));
            }
        }
    }
}

fn first_leaf(mut node: Node) -> Node {
    while let Some(child) = node.child(0) {
        node = child;
    }
    node
}
