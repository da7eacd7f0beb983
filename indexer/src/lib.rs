//! Workspace files in, ranked hits and a graph of symbols and modules out.
//!
//! The only crate that knows tantivy, tree-sitter and notify. It knows nothing of LSP, of models or of what is done with its answers.
//!
//! To read it in order: [`facts`] are what is learned about one file, [`mod@extract`] learns them, [`scan`] finds the files, [`record`] is
//! what is kept, [`store`] keeps it, [`commit`] holds it in memory, [`graph`] relates it, [`search`] ranks it, [`snapshot`] answers
//! questions from one consistent state, [`index`] brings that state up to date and [`watch`] keeps it so.

mod facts;

mod extract;
mod language;

mod record;
mod scan;
mod tokens;

mod buffers;
mod commit;
mod store;

mod graph;
mod search;
mod snapshot;

mod index;
mod priority;
mod watch;

mod cancel;
mod error;

pub use cancel::{Cancel, Cancelled};
pub use error::IndexError;
pub use extract::{
    clean_doc, extract, identifier_at, is_test_path, looks_binary, looks_generated,
    notebook_markdown, occurrences,
};
pub use facts::*;
pub use graph::modules::Module;
pub use graph::packages::{Membership, ModuleKind};
pub use graph::{FileId, SymbolId};
pub use index::{Index, IndexAccess, IndexOptions, Progress, RefreshReport, RefreshScope};
pub use language::Language;
pub use record::SkipReason;
pub use scan::PrivateFiles;
pub use search::{FileHit, Hit, Query, QueryScope, Scores, SearchResult};
pub use snapshot::{
    Callee, Candidate, FileUses, IndexStatus, Reference, Resolution, SkippedFile, Snapshot,
    SymbolInfo, UsageSite, Usages,
};
pub use watch::{IndexEvent, IndexGuard};
