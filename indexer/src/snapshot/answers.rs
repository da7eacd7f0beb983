//! What a snapshot answers with: plain values, no references into it.

use std::sync::Arc;

use serde::Serialize;

use crate::facts::{LineRange, Span, SymbolKind};
use crate::graph::SymbolId;

/// A definition as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct SymbolInfo {
    pub id: SymbolId,
    pub name: String,
    /// Containers and name, joined as the language joins them.
    pub qualified: String,
    pub kind: SymbolKind,
    pub path: Arc<str>,
    /// Language id of the file.
    pub language: Option<String>,
    pub lines: LineRange,
    pub span: Span,
    pub name_span: Span,
    pub signature: String,
    /// Comment marks stripped.
    pub doc: Option<String>,
    pub public: bool,
    pub test: bool,
    pub container: Option<SymbolId>,
}

/// What an identifier may denote.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    pub name: String,
    pub span: Span,
    /// Best first.
    pub candidates: Vec<Candidate>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    pub symbol: SymbolId,
    /// Ordered, from 0 to 1; not a calibrated probability.
    pub confidence: f32,
}

/// Who uses a definition.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Usages {
    /// Uses that are likely to mean this definition.
    pub total: u32,
    /// Uses of the same name that may mean another one.
    pub possible: u32,
    /// Likely users, most uses first.
    pub files: Vec<FileUses>,
    /// Likely uses, surest first; one for each definition that uses it.
    pub sites: Vec<UsageSite>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FileUses {
    pub path: Arc<str>,
    pub count: u32,
    pub test: bool,
}

/// The uses of a name by one definition, or by a file outside of any.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageSite {
    pub path: Arc<str>,
    /// Zero-based line of the first use.
    pub line: u32,
    pub by: Option<SymbolId>,
    pub count: u32,
    pub calls: u32,
    pub test: bool,
    pub confidence: f32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Callee {
    pub symbol: SymbolId,
    pub line: u32,
    pub calls: u32,
    pub confidence: f32,
}

/// One exact use or definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    pub path: Arc<str>,
    pub span: Span,
    pub line: u32,
    pub call: bool,
    pub definition: bool,
    pub confidence: f32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SkippedFile {
    pub path: String,
    pub reason: String,
}

/// The state of the index in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexStatus {
    pub files: usize,
    pub symbols: usize,
    pub chunks: usize,
    pub modules: usize,
    pub bytes_on_disk: u64,
    /// Files by language id, most first.
    pub languages: Vec<(String, usize)>,
    pub skipped: Vec<SkippedFile>,
}
