//! The chunks of code that the scenes are about: public functions and methods that do something.

use serde::{Deserialize, Serialize};

use crate::facts::order_of_importance;
use crate::repository::{Repository, SourceFile};
use crate::sample::CitedLines;
use repo_indexer::{SymbolInfo, SymbolKind};

/// A definition with its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneChunk {
    /// `path#L10-L24`
    pub id: String,
    pub path: String,
    pub range: CitedLines,
    pub name: String,
    pub module: String,
    pub text: String,
}

/// Lines of a chunk: shorter ones have no logic, longer ones do not fit beside an answer.
const LINES: std::ops::RangeInclusive<u32> = 5..=150;

/// Returns the chunks, the most important of each module first and all modules in turn.
pub(super) fn chunks<'r>(repository: &'r Repository) -> Vec<(&'r SourceFile, &'r SymbolInfo)> {
    let mut chunks = order_of_importance(repository);
    chunks.retain(|(_, symbol)| {
        let callable = matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method);
        let count = symbol.lines.last - symbol.lines.first + 1;
        callable && symbol.public && LINES.contains(&count)
    });
    chunks
}

pub(super) fn chunk(file: &SourceFile, symbol: &SymbolInfo) -> SceneChunk {
    let (first, last) = (symbol.lines.first + 1, symbol.lines.last + 1);
    let mut text = file.lines(symbol.lines).to_owned();
    crate::gates::redact(&mut text);
    SceneChunk {
        id: format!("{}#L{first}-L{last}", file.path),
        path: file.path.to_string(),
        range: CitedLines { first, last },
        name: symbol.qualified.clone(),
        module: file.module.to_string(),
        text,
    }
}
