//! `import`, `export … from`, `require` and dynamic `import()`; and what `export { … }` and `module.exports` make public.

use crate::facts::Import;

use super::{import, quoted, tokens};

pub(super) fn collect(
    statement: &str,
    line: u32,
    out: &mut Vec<Import>,
    exports: &mut Vec<String>,
) {
    let code = statement.trim_start();
    if code.starts_with("module.exports") || code.starts_with("exports.") {
        common_exports(code, exports);
    } else if let Some(rest) = code.strip_prefix("export") {
        exported(rest, line, out, exports);
    } else if let Some(rest) = code
        .strip_prefix("import")
        .filter(|rest| !rest.starts_with('('))
    {
        imported(rest, line, out);
    } else if let Some(at) = code.find("require(").or_else(|| code.find("import(")) {
        let Some((path, _)) = quoted(&code[at..]) else {
            return;
        };
        let names = code[..at]
            .split_once('}')
            .map(|(head, _)| names(head))
            .unwrap_or_default();
        out.push(import(normal(path), names, line));
    }
}

fn normal(path: &str) -> &str {
    let path = path.strip_prefix("node:").unwrap_or(path);
    let path = path.split(['?', '!']).next().unwrap_or(path);
    if path.len() > 1 {
        path.trim_end_matches('/')
    } else {
        path
    }
}

/// `a, {b as c} from 'x'`, `* as ns from 'x'`, `'x'`, `x = require('y')`.
fn imported(rest: &str, line: u32, out: &mut Vec<Import>) {
    let Some(at) = rest.find(['"', '\'']) else {
        return;
    };
    let Some((path, _)) = quoted(rest) else {
        return;
    };
    let head = rest[..at].trim();
    let head = head.strip_suffix("from").unwrap_or(head).trim();
    if head.contains("require") {
        out.push(import(normal(path), Vec::new(), line));
        return;
    }
    let before = head.split('{').next().unwrap_or(head);
    let before = before
        .trim()
        .strip_prefix("type ")
        .unwrap_or(before)
        .trim()
        .trim_end_matches(',')
        .trim();
    let mut taken = Vec::new();
    if !before.is_empty() && before != "type" && !before.starts_with('*') {
        taken.push("default".into());
    }
    taken.extend(names(head));
    out.push(import(normal(path), taken, line));
}

/// The original names between braces: `{a, b as c, type d}`, and `{a, b: c}` of a destructuring.
fn names(text: &str) -> Vec<Box<str>> {
    let Some((_, inside)) = text.split_once('{') else {
        return Vec::new();
    };
    let inside = inside.split('}').next().unwrap_or(inside);
    let tokens = tokens(inside);
    let first = |item: &[&str]| match item {
        ["type", name, ..] if *name != "as" => Some(Box::from(*name)),
        [name, ..] if name.starts_with(super::is_name) => Some(Box::from(*name)),
        _ => None,
    };
    tokens
        .split(|token| *token == ",")
        .filter_map(first)
        .collect()
}

fn exported(rest: &str, line: u32, out: &mut Vec<Import>, exports: &mut Vec<String>) {
    let code = rest.trim_start();
    let code = code.strip_prefix("type ").unwrap_or(code).trim_start();
    if code.starts_with('{') || code.starts_with('*') {
        let tail = code.split_once('}').map_or(code, |(_, tail)| tail);
        match quoted(tail).filter(|_| tail.contains("from")) {
            Some((path, _)) if code.starts_with('*') => {
                out.push(import(normal(path), vec!["*".into()], line))
            }
            Some((path, _)) => out.push(import(normal(path), names(code), line)),
            None => exports.extend(names(code).into_iter().map(String::from)),
        }
    } else if let Some(rest) = code.strip_prefix("default") {
        let line = rest.lines().next().unwrap_or_default();
        let name = tokens(line)
            .into_iter()
            .find(|word| !matches!(*word, "async" | "function" | "abstract" | "class" | "*"));
        exports.extend(name.map(str::to_string));
    }
}

/// `module.exports = name`, `module.exports = { a, b: c }`, `exports.name = …`.
fn common_exports(code: &str, exports: &mut Vec<String>) {
    let Some((target, value)) = code.split_once('=') else {
        return;
    };
    if let Some(name) = target
        .trim()
        .rsplit('.')
        .next()
        .filter(|name| *name != "exports")
    {
        exports.push(name.to_string());
    }
    let value = value.trim_start();
    if !value.starts_with('{') {
        exports.extend(tokens(value).first().map(|name| name.to_string()));
        return;
    }
    let mut depth = 0;
    for token in tokens(value) {
        match token {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            name if depth == 1 => exports.push(name.to_string()),
            _ => {}
        }
    }
}
