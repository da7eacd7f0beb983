//! `use` trees flattened, `mod name;` and `extern crate name;`.

use crate::facts::Import;

use super::import;

pub(super) fn collect(statement: &str, line: u32, out: &mut Vec<Import>) {
    let code = without_comments(statement);
    let tokens = tokens(&code);
    let Some(at) = tokens.iter().position(|token| matches!(*token, "use" | "mod" | "crate")) else { return };
    // `pub(crate) use` has the word `crate` in front, `extern crate` has it in the middle.
    let at = tokens.iter().position(|token| matches!(*token, "use" | "mod")).unwrap_or(at);
    let rest = &tokens[at + 1..];
    match (tokens[at], rest.first()) {
        ("use", _) => use_tree(rest, line, out),
        ("mod", Some(name)) if !code.contains('{') => out.push(import(format!("self/{name}"), Vec::new(), line)),
        ("crate", Some(name)) if tokens.first() == Some(&"extern") || tokens.contains(&"extern") => {
            out.push(import(*name, Vec::new(), line));
        }
        _ => {}
    }
}

fn without_comments(statement: &str) -> String {
    let mut code = String::with_capacity(statement.len());
    let mut rest = statement;
    while let Some(at) = rest.find("//").into_iter().chain(rest.find("/*")).min() {
        code.push_str(&rest[..at]);
        let end = if rest[at..].starts_with("//") { rest[at..].find('\n') } else { rest[at..].find("*/").map(|end| end + 2) };
        code.push(' ');
        rest = end.map_or("", |end| &rest[at + end..]);
    }
    code.push_str(rest);
    code
}

/// Names and the marks `{`, `}`, `,`, `*`; path separators only separate.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '#';
        let length = if is_name(first) { rest.find(|c| !is_name(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let token = &rest[..length];
        if is_name(first) || matches!(token, "{" | "}" | "," | "*") {
            tokens.push(token.strip_prefix("r#").unwrap_or(token));
        }
        rest = rest[length..].trim_start();
    }
    tokens
}

/// Names that share a path become one import.
fn use_tree(tokens: &[&str], line: u32, out: &mut Vec<Import>) {
    let first = out.len();
    // The paths before the braces that are open, and the path of the item being read.
    let mut outer: Vec<Vec<&str>> = Vec::new();
    let mut path: Vec<&str> = Vec::new();
    let mut tokens = tokens.iter().copied().peekable();
    let mut pending = false;
    loop {
        let token = tokens.next();
        match token {
            Some("{") => {
                outer.push(path.clone());
                pending = false;
            }
            Some("," | "}") | None => {
                if pending {
                    add(&path, first, line, out);
                }
                pending = false;
                if token == Some("}") {
                    outer.pop();
                }
                path = outer.last().cloned().unwrap_or_default();
            }
            Some("as") => {
                tokens.next();
            }
            Some(name) => {
                path.push(name);
                pending = true;
            }
        }
        if token.is_none() {
            return;
        }
    }
}

fn add(path: &[&str], first: usize, line: u32, out: &mut Vec<Import>) {
    let Some((last, parent)) = path.split_last() else { return };
    // `use a;` and `use a::{self}` import the module itself.
    let (parent, names) = match (*last, parent) {
        (name, []) => (name.to_string(), Vec::new()),
        ("self", parent) => (parent.join("/"), Vec::new()),
        (name, parent) => (parent.join("/"), vec![Box::from(name)]),
    };
    let same = out[first..].iter_mut().find(|other| *other.path == *parent && !other.names.is_empty() && !names.is_empty());
    match same {
        Some(other) => other.names.extend(names),
        None => out.push(import(parent, names, line)),
    }
}
