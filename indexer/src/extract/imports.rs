//! Import statements brought into the one form that all languages share.
//!
//! Works on the text of a statement, not on its tree: import syntax is small, and broken code still yields something.

mod ecmascript;
mod others;
mod python;
mod rust;

use crate::facts::Import;
use crate::language::ImportSyntax;

use super::floor_boundary;

/// Longer statements are not imports (an object assigned to `module.exports`, say), and their head is enough.
const LONGEST: usize = 32 * 1024;

/// What import and export statements yield.
#[derive(Default)]
pub(super) struct ImportsAndExports {
    pub imports: Vec<Import>,
    /// Names that a later statement makes public.
    pub exports: Vec<String>,
}

impl ImportsAndExports {
    /// Reads one statement or importing call. False if it imports nothing after all (a Rust `mod` with a body).
    pub fn read(&mut self, style: ImportSyntax, statement: &str, line: u32) -> bool {
        let statement = &statement[..floor_boundary(statement, LONGEST)];
        let before = self.imports.len();
        let out = &mut self.imports;
        match style {
            ImportSyntax::None => {}
            ImportSyntax::Python => python::collect(statement, line, out),
            ImportSyntax::Rust => rust::collect(statement, line, out),
            ImportSyntax::EcmaScript => {
                ecmascript::collect(statement, line, out, &mut self.exports)
            }
            ImportSyntax::Go => others::go(statement, line, out),
            ImportSyntax::Java => others::java(statement, line, out),
            ImportSyntax::Include => others::include(statement, line, out),
            ImportSyntax::CSharp => others::csharp(statement, line, out),
            ImportSyntax::Ruby => others::ruby(statement, line, out),
            ImportSyntax::Php => others::php(statement, line, out),
            ImportSyntax::Lua => others::lua(statement, line, out),
            ImportSyntax::Bash => others::bash(statement, line, out),
        }
        self.imports.len() > before
    }
}

fn import(path: impl Into<Box<str>>, names: Vec<Box<str>>, line: u32) -> Import {
    Import {
        path: path.into(),
        names,
        line,
    }
}

/// The inside of the first string literal and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let start = text.find(['"', '\'', '`'])?;
    let quote = text[start..].chars().next()?;
    let inside = &text[start + 1..];
    let end = inside.find(quote)?;
    Some((&inside[..end], &inside[end + 1..]))
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Names and single marks, in order; blanks and line comments left out.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    for line in code.lines() {
        let line = line.split("//").next().unwrap_or(line);
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if is_name(first) {
                rest.find(|c| !is_name(c)).unwrap_or(rest.len())
            } else {
                first.len_utf8()
            };
            tokens.push(&rest[..length]);
            rest = rest[length..].trim_start();
        }
    }
    tokens
}
