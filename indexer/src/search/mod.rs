//! Retrieval: finds files and definitions for a query, with scores split into their components.
//!
//! Ranking combines BM25 with the names and paths in the query and with the graph of uses. There is no dense retrieval.

pub(crate) mod corpus;
mod mentions;
mod neighbours;
mod query;
mod rank;
mod score;

use std::sync::Arc;

use serde::Serialize;

use crate::facts::LineRange;
use crate::graph::SymbolId;

pub(crate) use rank::search;

/// The files to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueryScope {
    #[default]
    All,
    /// Source code only, without documents and configuration.
    Code,
}

#[derive(Debug, Clone, Default)]
pub struct Query {
    /// A question, a bug report, keywords, or an identifier.
    pub text: String,
    /// The maximum number of files, and the maximum number of hits.
    pub limit: usize,
    pub scope: QueryScope,
}

/// The components of a score. `bm25` values are raw; `file`, `symbol`, `path` and `graph` are on the scale of `total`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Scores {
    /// The score that results are sorted by. The best BM25 of a query is scaled to 1 before the other components are added.
    pub total: f32,
    /// Raw BM25 of each matching field.
    pub bm25: Vec<(&'static str, f32)>,
    /// BM25 of the whole file.
    pub file: f32,
    /// The query names a definition.
    pub symbol: f32,
    /// The query names the path.
    pub path: f32,
    /// The best results use this file.
    pub graph: f32,
    /// Factor applied to the sum: less than 1 for tests, documents, configuration and change logs, 1 for other code.
    pub demotion: f32,
}

/// A matching chunk: a definition, a section or the rest of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub path: Arc<str>,
    pub lines: LineRange,
    pub symbol: Option<SymbolId>,
    pub scores: Scores,
}

/// A matching file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileHit {
    pub path: Arc<str>,
    pub scores: Scores,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchResult {
    /// Best first; the number of hits per file is limited.
    pub hits: Vec<Hit>,
    /// Best first.
    pub files: Vec<FileHit>,
}
