//! Import statements brought into the one form that all languages share.
//!
//! Works on the text of a statement, not on its tree: import syntax is small, and broken code still yields something.

mod python;
mod rust;

use crate::facts::Import;
use crate::language::Imports;

/// The imports of one statement. None if it imports nothing after all (a Rust `mod` with a body).
pub(super) fn collect(style: Imports, statement: &str, line: u32, out: &mut Vec<Import>) -> bool {
    let before = out.len();
    match style {
        Imports::Python => python::collect(statement, line, out),
        Imports::Rust => rust::collect(statement, line, out),
        _ => {}
    }
    out.len() > before
}

fn import(path: impl Into<Box<str>>, names: Vec<Box<str>>, line: u32) -> Import {
    Import { path: path.into(), names, line }
}
