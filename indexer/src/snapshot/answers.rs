//! The result types of snapshot queries: plain values without references into the snapshot.

use std::sync::Arc;

use serde::Serialize;

use crate::facts::{LineRange, Span, SymbolKind};
use crate::graph::SymbolId;
use crate::language::Language;

/// An indexed file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileEntry {
    pub path: Arc<str>,
    /// `None` for plain text.
    pub language: Option<Language>,
    pub bytes: u64,
    pub test: bool,
}

/// A definition with its text.
#[derive(Debug, Clone, PartialEq)]
pub struct SymbolInfo {
    pub id: SymbolId,
    pub name: String,
    /// The qualified name: containers and name, joined with the separator of the language.
    pub qualified: String,
    pub kind: SymbolKind,
    pub path: Arc<str>,
    /// Language id of the file.
    pub language: Option<String>,
    pub lines: LineRange,
    pub span: Span,
    pub name_span: Span,
    pub signature: String,
    /// Without comment markers.
    pub doc: Option<String>,
    pub public: bool,
    pub test: bool,
    pub container: Option<SymbolId>,
}

/// The definitions that an identifier may refer to.
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
    /// From 0 to 1. Ordered, but not a calibrated probability.
    pub confidence: f32,
}

/// The uses of a definition.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Usages {
    /// Number of uses that probably refer to this definition.
    pub total: u32,
    /// Number of uses of the same name that may refer to another definition.
    pub possible: u32,
    /// Files with probable uses, in descending order of the number of uses.
    pub files: Vec<FileUses>,
    /// Probable uses, in descending order of confidence; one entry for each definition that contains uses.
    pub sites: Vec<UsageSite>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FileUses {
    pub path: Arc<str>,
    pub count: u32,
    pub test: bool,
}

/// The uses of a definition inside one other definition, or in a file outside of any definition.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageSite {
    pub path: Arc<str>,
    /// 0-based line of the first use.
    pub line: u32,
    /// The definition that contains the uses.
    pub by: Option<SymbolId>,
    pub count: u32,
    pub calls: u32,
    pub test: bool,
    pub confidence: f32,
}

/// A definition that another definition uses.
#[derive(Debug, Clone, PartialEq)]
pub struct Callee {
    pub symbol: SymbolId,
    /// 0-based line of the first use.
    pub line: u32,
    pub calls: u32,
    pub confidence: f32,
}

/// The exact position of one use or definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    pub path: Arc<str>,
    pub span: Span,
    /// 0-based.
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

/// Statistics of an index.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexStatus {
    pub files: usize,
    pub symbols: usize,
    pub chunks: usize,
    pub modules: usize,
    pub bytes_on_disk: u64,
    /// Number of files by language id, in descending order.
    pub languages: Vec<(String, usize)>,
    pub skipped: Vec<SkippedFile>,
}
