//! Retrieval: from a question to files and definitions, with scores that say why.
//!
//! One call serves the server, the command line and, later, prompts. It is lexical and structural; the score has a slot for dense
//! retrieval, which nothing fills yet.

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

/// Which files may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueryScope {
    #[default]
    All,
    /// Programs only: no documents and no configuration.
    Code,
}

#[derive(Debug, Clone, Default)]
pub struct Query {
    /// A question, a bug report, a few words or an identifier.
    pub text: String,
    /// How many files, and how many hits, to return at most.
    pub limit: usize,
    pub scope: QueryScope,
}

/// Why something was found. All parts but `demotion` add up; the bm25 parts are raw, the others are on the scale of `total`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Scores {
    /// What results are ordered by; the best bm25 of a query is 1 before the other parts are added.
    pub total: f32,
    /// Raw BM25 of each field that matched.
    pub bm25: Vec<(&'static str, f32)>,
    /// The file as a whole.
    pub file: f32,
    /// The query names a definition.
    pub symbol: f32,
    /// The query names the path.
    pub path: f32,
    /// It is used by what was found.
    pub graph: f32,
    /// The factor for tests, change logs and the like; 1 for ordinary code.
    pub demotion: f32,
}

/// A definition, a section or the remainder of a file that matches.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub path: Arc<str>,
    pub lines: LineRange,
    pub symbol: Option<SymbolId>,
    pub scores: Scores,
}

/// A file that matches.
#[derive(Debug, Clone, PartialEq)]
pub struct FileHit {
    pub path: Arc<str>,
    pub scores: Scores,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchResult {
    /// Best first; no file has more than a few.
    pub hits: Vec<Hit>,
    /// Best first.
    pub files: Vec<FileHit>,
}
