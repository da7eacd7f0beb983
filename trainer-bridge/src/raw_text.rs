//! Raw text for continued pre-training: files in the order of their dependencies, with the definitions that they import before them.
//!
//! The order and the imported definitions give a model the context that a reader of the repository has (UCD-Training, arXiv 2602.20799).

use std::collections::{BTreeMap, BTreeSet};

use repo_indexer::SymbolKind;
use serde::{Deserialize, Serialize};

use crate::documents::parts;
use crate::gates::redact;
use crate::repository::{Repository, SourceFile};
use crate::sample::{CitedLines, Split};

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
    for index in in_order_of_dependency(repository) {
        let file = &repository.files[index];
        let imported = imported_definitions(repository, file);
        for lines in parts(file) {
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

/// Returns the files that are trained on, what they import before them. A circle of files that use each other is entered at its first file by path, which then comes last of them.
fn in_order_of_dependency(repository: &Repository) -> Vec<usize> {
    let edges: BTreeMap<usize, Vec<usize>> = (0..repository.files.len())
        .map(|index| (index, imports(repository, &repository.files[index])))
        .collect();
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    // The files on the way, with the position of the import to look at next. Recursion could be as deep as the repository is large.
    let mut way: Vec<(usize, usize)> = Vec::new();
    for start in 0..repository.files.len() {
        if seen.insert(start) {
            way.push((start, 0));
        }
        while let Some((file, next)) = way.pop() {
            match edges[&file].get(next) {
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

/// Returns the files that define what a file uses, for certain.
fn imports(repository: &Repository, file: &SourceFile) -> Vec<usize> {
    let mut found = BTreeSet::new();
    for symbol in &file.symbols {
        for callee in repository.snapshot.callees(symbol.id) {
            if callee.confidence < 0.8 {
                continue;
            }
            if let Some((other, _)) = repository.definition(callee.symbol)
                && other.path != file.path
            {
                found.extend(repository.position(&other.path));
            }
        }
    }
    found.into_iter().collect()
}

/// Returns the signatures of what a file uses from other files that are trained on.
fn imported_definitions(repository: &Repository, file: &SourceFile) -> String {
    let mut out = String::new();
    let mut seen = BTreeSet::new();
    for symbol in &file.symbols {
        for callee in repository.snapshot.callees(symbol.id) {
            let Some((other, used)) = repository.definition(callee.symbol) else {
                continue;
            };
            let is_code = used.kind.is_type()
                || matches!(used.kind, SymbolKind::Function | SymbolKind::Method);
            let new =
                other.path != file.path && other.split == Split::Train && callee.confidence >= 0.8;
            if !new || !is_code || !seen.insert(callee.symbol) {
                continue;
            }
            let signature = used
                .signature
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            let line = format!(
                "{} ({})\n",
                signature.trim_end_matches([':', '{', ' ']),
                other.path
            );
            if out.len() + line.len() > MAX_IMPORTED {
                return out;
            }
            out.push_str(&line);
        }
    }
    out
}
