//! Raw text for continued pre-training: files in the order of their dependencies, with the definitions that they import before them.
//!
//! The order and the imported definitions give a model the context that a reader of the repository has (UCD-Training, arXiv 2602.20799).

use std::collections::BTreeSet;

use rayon::prelude::*;
use repo_indexer::{SymbolInfo, SymbolKind};
use serde::{Deserialize, Serialize};

use crate::documents::parts;
use crate::gates::redact;
use crate::repository::{Repository, SourceFile};
use crate::sample::{CitedLines, Split};
use crate::source_text::position_of_word;

/// A piece of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawText {
    /// The path, the imported definitions, and the text of the file.
    pub text: String,
    pub file: String,
    pub range: CitedLines,
}

/// Bytes of imported definitions before a piece.
const MAX_IMPORTED: usize = 1_500;

/// Calls `each` for all pieces of the files that are trained on, each file once.
pub(crate) fn raw_text<E>(
    repository: &Repository,
    mut each: impl FnMut(RawText) -> Result<(), E>,
) -> Result<u64, E> {
    let mut redacted = 0;
    let used: Vec<Used> = repository
        .files
        .par_iter()
        .map(|file| Used::by(repository, file))
        .collect();
    for index in in_order_of_dependency(repository, &used) {
        let file = &repository.files[index];
        for lines in parts(file) {
            let imported = used[index].signatures(file.lines(lines));
            let mut text = format!("# {}\n\n", file.path);
            if !imported.is_empty() {
                text.push_str(&format!("Uses:\n{imported}\n"));
            }
            text.push_str(file.lines(lines));
            text.push('\n');
            redacted += redact(&mut text);
            let range = CitedLines {
                first: lines.first + 1,
                last: lines.last + 1,
            };
            each(RawText {
                text,
                file: file.path.to_string(),
                range,
            })?;
        }
    }
    Ok(redacted)
}

/// Returns the files that are trained on, what they import before them. A circle of files that use each other is entered at its first file by
/// path, which then comes last of them.
fn in_order_of_dependency(repository: &Repository, used: &[Used]) -> Vec<usize> {
    let edges: Vec<Vec<usize>> = used.iter().map(|used| used.files(repository)).collect();
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    // The files on the way, with the position of the import to look at next. Recursion could be as deep as the repository is large.
    let mut way: Vec<(usize, usize)> = Vec::new();
    for start in 0..repository.files.len() {
        if seen.insert(start) {
            way.push((start, 0));
        }
        while let Some((file, next)) = way.pop() {
            match edges[file].get(next) {
                Some(&import) => {
                    way.push((file, next + 1));
                    if seen.insert(import) {
                        way.push((import, 0));
                    }
                }
                None => order.push(file),
            }
        }
    }
    order.retain(|&index| {
        let file = &repository.files[index];
        file.split == Split::Train && (file.language.is_code() || file.language.is_document())
    });
    order
}

/// From this confidence of the index on, a file is taken to use a definition of another one. A wrong one costs a line of context.
const MIN_CONFIDENCE: f32 = 0.8;

/// The definitions of other files that a file imports or uses, each once: those that its import statements name come first.
struct Used<'r> {
    definitions: Vec<(&'r SourceFile, &'r SymbolInfo)>,
}

impl<'r> Used<'r> {
    fn by(repository: &'r Repository, file: &SourceFile) -> Self {
        let mut seen = BTreeSet::new();
        let callees = file
            .symbols
            .iter()
            .flat_map(|symbol| repository.snapshot.callees(symbol.id))
            .map(|callee| (callee.symbol, callee.confidence));
        let imported = repository.snapshot.imported(&file.path).into_iter();
        let definitions = imported
            .chain(callees)
            .filter(|(id, confidence)| *confidence >= MIN_CONFIDENCE && seen.insert(*id))
            .filter_map(|(id, _)| repository.definition(id))
            .filter(|(other, _)| other.path != file.path);
        Used {
            definitions: definitions.collect(),
        }
    }

    /// The positions of the files that are used, sorted.
    fn files(&self, repository: &Repository) -> Vec<usize> {
        let files = self
            .definitions
            .iter()
            .filter_map(|(file, _)| repository.position(&file.path));
        files.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The signatures of what a piece uses from files that are trained on.
    fn signatures(&self, piece: &str) -> String {
        let mut out = String::new();
        for (file, symbol) in &self.definitions {
            let is_code = symbol.kind.is_type()
                || matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method);
            if file.split != Split::Train
                || !is_code
                || position_of_word(piece, &symbol.name).is_none()
            {
                continue;
            }
            let signature = symbol
                .signature
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            let line = format!(
                "{} ({})\n",
                signature.trim_end_matches([':', '{', ' ']),
                file.path
            );
            if out.len() + line.len() > MAX_IMPORTED {
                break;
            }
            out.push_str(&line);
        }
        out
    }
}
