//! Extracts the definitions, uses, imports and searchable chunks of a file in one pass over its text.
//!
//! Extraction never fails or panics: for broken code it returns what can be parsed, and any text can be indexed as plain text.
//! All functions are pure functions of a path and a text.

mod chunks;
mod code;
mod config;
mod definition;
mod doc;
mod imports;
mod json;
mod leading;
mod lookup;
mod markdown;
mod notebook;
mod parse;
mod plain;
mod role;
mod sections;
mod sniff;
mod structured;
#[cfg(test)]
mod tests;

pub use doc::clean_doc;
pub use lookup::{identifier_at, occurrences};
pub use notebook::notebook_markdown;
pub(crate) use role::{NameRole, role_at};
pub use sniff::{is_test_path, looks_binary, looks_generated};

use crate::facts::Extraction;
use crate::language::{Language, Syntax};

/// Extracts the facts and chunks of one file. Returns an empty result for texts of 4 GiB and more.
pub fn extract(language: Language, path: &str, text: &str) -> Extraction {
    if u32::try_from(text.len()).is_err() {
        // Spans are 32-bit.
        return Extraction::default();
    }
    match language.syntax() {
        Syntax::Tree(parsed) => {
            let code = parsed
                .compiled()
                .and_then(|compiled| code::extract(compiled, text, is_test_path(path)));
            code.unwrap_or_else(|| Extraction {
                timed_out: true,
                ..plain::extract(text)
            })
        }
        Syntax::Markdown => markdown::extract(text),
        Syntax::Structured => structured::extract(path, text),
        Syntax::Notebook => notebook::extract(text),
        Syntax::Toml => config::toml(text),
        Syntax::Yaml => config::yaml(text),
        Syntax::Json => config::json(text),
        Syntax::Plain => structured::extract_plain(text),
    }
}

/// Returns the last character boundary at or before the offset.
fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
