//! Workspace files in, ranked hits and a graph of symbols and modules out.
//!
//! The only crate that knows tantivy, tree-sitter and notify. It knows nothing of LSP, of models or of what is done with its answers.

mod cancel;
mod extract;
mod facts;
mod language;

pub use cancel::{Cancel, Cancelled};
pub use extract::{
    clean_doc, extract, identifier_at, is_test_path, looks_binary, looks_generated,
    notebook_markdown, occurrences,
};
pub use facts::*;
pub use language::Language;
