//! Reads import and export statements into the form shared by all languages.

mod ecmascript;
mod others;
mod python;
mod rust;

use tree_sitter::Node;

use crate::facts::Import;
use crate::language::ImportSyntax;

use super::floor_boundary;

/// Longer statements are truncated. They are not imports, but for example objects assigned to `module.exports`. In bytes.
const MAX_STATEMENT_LEN: usize = 32 * 1024;

/// The imports and exports of a file.
#[derive(Default)]
pub(super) struct ImportsAndExports {
    pub imports: Vec<Import>,
    /// Names that are exported by a separate statement.
    pub exports: Vec<String>,
}

impl ImportsAndExports {
    /// Reads one statement or importing call. Returns whether it imports anything; a Rust `mod` with a body does not.
    pub fn read(&mut self, syntax: ImportSyntax, node: Node, text: &str, line: u32) -> bool {
        let statement = text_of(node, text);
        let statement = &statement[..floor_boundary(statement, MAX_STATEMENT_LEN)];
        let before = self.imports.len();
        let out = &mut self.imports;
        match syntax {
            ImportSyntax::None => {}
            ImportSyntax::Python => python::collect(node, text, line, out),
            ImportSyntax::Rust => rust::collect(node, text, line, out),
            ImportSyntax::EcmaScript => ecmascript::collect(node, text, line, self),
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

fn text_of<'t>(node: Node, text: &'t str) -> &'t str {
    text.get(node.byte_range()).unwrap_or_default()
}

fn import(path: impl Into<Box<str>>, names: Vec<Box<str>>, line: u32) -> Import {
    Import {
        path: path.into(),
        names,
        line,
    }
}

/// Returns the content of the first string literal and the text after it.
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
