//! Indexes the files of a workspace: full-text search with ranked results, and a graph of symbols and modules.
//!
//! This is the only crate that uses tantivy and tree-sitter, and the only one that watches workspace files. It does not depend on LSP or
//! on language models.
//!
//! Modules in reading order: [`facts`] is what extraction finds in one file, [`mod@extract`] extracts it, [`scan`] lists and reads files,
//! [`record`] is the stored form of a file, [`store`] is the index on disk, [`commit`] is its in-memory form, [`graph`] resolves names
//! across files, [`search`] ranks, [`snapshot`] answers queries from one consistent state, [`index`] updates that state and [`watch`]
//! updates it in the background.

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

mod transform;

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
    Callee, Candidate, FileEntry, FileUses, IndexStatus, Reference, Resolution, SkippedFile,
    Snapshot, SymbolInfo, UsageSite, Usages,
};
pub use transform::{TransformKind, Transformed, transforms};
pub use watch::{IndexEvent, IndexGuard};
