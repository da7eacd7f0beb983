//! Languages with imports of one line or one path: Go, Java, C, C++, C#, Ruby, PHP, Lua, Bash.
//!
//! Reading the text is simpler than reading the syntax tree here: an import is one quoted or dotted path, which would still have to be
//! split as text, and each grammar has different node kinds for it.

use crate::facts::Import;

use super::{import, quoted};

/// Adds an import of the last segment from the path before it.
fn split_last(path: &str, separators: &[char], line: u32, out: &mut Vec<Import>) {
    let path = path.trim().trim_matches(separators);
    let segments: Vec<&str> = path
        .split(separators)
        .map(str::trim)
        .filter(|segment| !segment.is_empty())
        .collect();
    match segments.split_last() {
        Some((last, [])) => out.push(import(*last, Vec::new(), line)),
        Some((last, parent)) => out.push(import(parent.join("/"), vec![Box::from(*last)], line)),
        None => {}
    }
}

pub(super) fn go(statement: &str, line: u32, out: &mut Vec<Import>) {
    for (number, text) in statement.lines().enumerate() {
        let text = text.trim_start();
        let dot = text
            .trim_start_matches("import")
            .trim_start()
            .starts_with('.');
        if let Some((path, _)) = quoted(text).filter(|_| !text.starts_with("//")) {
            let names = if dot { vec!["*".into()] } else { Vec::new() };
            out.push(import(path, names, line + number as u32));
        }
    }
}

pub(super) fn java(statement: &str, line: u32, out: &mut Vec<Import>) {
    let Some(path) = statement.trim_start().strip_prefix("import") else {
        return;
    };
    let path = path.trim().trim_end_matches(';').trim();
    let path = path.strip_prefix("static ").unwrap_or(path);
    split_last(path, &['.'], line, out);
}

pub(super) fn include(statement: &str, line: u32, out: &mut Vec<Import>) {
    let rest = statement.trim();
    let angled = || {
        rest.split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'))
            .map(|(path, _)| path)
    };
    if let Some(path) = quoted(rest).map(|(path, _)| path).or_else(angled) {
        out.push(import(path.trim(), Vec::new(), line));
    }
}

pub(super) fn csharp(statement: &str, line: u32, out: &mut Vec<Import>) {
    let code = statement.trim().trim_end_matches(';').trim();
    let code = code.strip_prefix("global ").unwrap_or(code).trim_start();
    let Some(rest) = code.strip_prefix("using") else {
        return;
    };
    let rest = rest.trim_start();
    let rest = rest.strip_prefix("static ").unwrap_or(rest);
    match rest.split_once('=') {
        Some((_, path)) => split_last(path, &['.'], line, out),
        None => out.push(import(
            rest.trim().replace('.', "/"),
            vec!["*".into()],
            line,
        )),
    }
}

pub(super) fn ruby(statement: &str, line: u32, out: &mut Vec<Import>) {
    let Some((path, _)) = quoted(statement).filter(|(path, _)| !path.contains("#{")) else {
        return;
    };
    let relative = statement.trim_start().starts_with("require_relative") && !path.starts_with('.');
    out.push(import(
        if relative {
            format!("./{path}")
        } else {
            path.to_string()
        },
        Vec::new(),
        line,
    ));
}

pub(super) fn php(statement: &str, line: u32, out: &mut Vec<Import>) {
    let code = statement.trim();
    let Some(rest) = code.strip_prefix("use ") else {
        if let Some((path, _)) = quoted(code) {
            let path = if code.contains("__DIR__") {
                format!("./{}", path.trim_start_matches('/'))
            } else {
                path.to_string()
            };
            out.push(import(path, Vec::new(), line));
        }
        return;
    };
    let rest = rest.trim_end_matches(';').trim();
    let rest = rest
        .strip_prefix("function ")
        .or_else(|| rest.strip_prefix("const "))
        .unwrap_or(rest);
    let original = |item: &str| item.split(" as ").next().unwrap_or(item).trim().to_string();
    match rest.split_once('{') {
        Some((prefix, group)) => {
            let group = group.trim_end_matches('}');
            let names: Vec<Box<str>> = group
                .split(',')
                .map(original)
                .filter(|name| !name.is_empty())
                .map(Into::into)
                .collect();
            out.push(import(
                prefix.trim().trim_matches('\\').replace('\\', "/"),
                names,
                line,
            ));
        }
        None => {
            for item in rest.split(',') {
                split_last(&original(item), &['\\'], line, out);
            }
        }
    }
}

pub(super) fn lua(statement: &str, line: u32, out: &mut Vec<Import>) {
    let Some((path, _)) = quoted(statement) else {
        return;
    };
    let path = if path.contains('/') || path.ends_with(".lua") {
        path.to_string()
    } else {
        path.replace('.', "/")
    };
    out.push(import(path, Vec::new(), line));
}

/// Reads `source "$DIR/lib.sh"`. The value of the variable is unknown, but the rest of the path identifies the file.
pub(super) fn bash(statement: &str, line: u32, out: &mut Vec<Import>) {
    let line_text = statement.lines().next().unwrap_or_default();
    let Some(argument) = line_text
        .trim()
        .split_once(char::is_whitespace)
        .map(|(_, rest)| rest.trim())
    else {
        return;
    };
    let path = match argument.rfind([')', '}']) {
        Some(at) if argument.contains('$') => &argument[at + 1..],
        _ => argument,
    };
    let path = path.trim_matches(['"', '\'']);
    let known = match path.strip_prefix('$') {
        Some(rest) => rest.split_once('/').map_or("", |(_, rest)| rest),
        None => path,
    };
    let known = known.trim_start_matches('/').trim_matches(['"', '\'']);
    if !known.trim().is_empty() {
        let known = if path.starts_with('/') && !argument.contains('$') {
            path
        } else {
            known
        };
        out.push(import(
            known.split_whitespace().next().unwrap_or(known),
            Vec::new(),
            line,
        ));
    }
}
