//! Code files as documents, split between definitions where they are long.

use repo_indexer::{LineRange, SymbolInfo, SymbolKind};

use super::{Document, DocumentKind, MAX_DOCUMENT};
use crate::documentation::purpose;
use crate::repository::{Repository, SourceFile};
use crate::sample::CitedLines;

/// Definitions in an outline.
const MAX_LISTED: usize = 20;

pub(super) fn documents(repository: &Repository, file: &SourceFile) -> Vec<Document> {
    // Tests are examples of use, and are cited as such; a teacher is not asked about them.
    if file.test {
        return Vec::new();
    }
    parts(file)
        .into_iter()
        .map(|lines| {
            let within = |symbol: &&SymbolInfo| {
                lines.first <= symbol.lines.first && symbol.lines.last <= lines.last
            };
            let outline = outline(repository, file, file.symbols.iter().filter(within));
            let cited = CitedLines {
                first: lines.first + 1,
                last: lines.last + 1,
            };
            let text = file.lines(lines).to_owned();
            Document::new(
                DocumentKind::Code,
                &file.path,
                cited,
                file.path.to_string(),
                text,
                outline,
            )
        })
        .collect()
}

/// Names a file and what it defines, without the description of its module, which other files share.
pub(crate) fn file_outline(file: &SourceFile) -> String {
    let mut out = format!("`{}`, {} code", file.path, file.language.name());
    list(file.symbols.iter(), &mut out);
    out
}

/// Cuts a file into pieces of at most [`MAX_DOCUMENT`] bytes, at the beginnings of top-level definitions. A definition that is longer is cut
/// after a line.
pub(crate) fn parts(file: &SourceFile) -> Vec<LineRange> {
    let end = file.line_of(file.text.len().saturating_sub(1));
    let mut starts: Vec<u32> = file
        .symbols
        .iter()
        .filter(|symbol| symbol.container.is_none() && symbol.kind != SymbolKind::Variable)
        .map(|symbol| symbol.lines.first)
        .collect();
    starts.push(end + 1);
    let bytes = |first: u32, next: u32| file.offset(next) - file.offset(first);
    let (mut parts, mut first, mut best) = (Vec::new(), 0, 0);
    for start in starts {
        if bytes(first, start) <= MAX_DOCUMENT {
            best = start;
            continue;
        }
        if best > first {
            parts.push(LineRange {
                first,
                last: best - 1,
            });
            first = best;
        }
        while bytes(first, start) > MAX_DOCUMENT {
            let limit = file.offset(first) + MAX_DOCUMENT;
            let last = file.line_of(limit).max(first + 1) - 1;
            parts.push(LineRange { first, last });
            first = last + 1;
        }
        best = start;
    }
    if best > first {
        parts.push(LineRange {
            first,
            last: best - 1,
        });
    }
    parts
}

/// Says which file and module it is, and what is defined there.
fn outline<'f>(
    repository: &Repository,
    file: &SourceFile,
    symbols: impl Iterator<Item = &'f SymbolInfo>,
) -> String {
    let mut out = format!(
        "`{}`, {} code of the module `{}`",
        file.path,
        file.language.name(),
        file.module
    );
    if let Some(module) = repository.snapshot.module(&file.module) {
        let description = module
            .description
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        out.push_str(&format!(
            ": {}",
            description.chars().take(200).collect::<String>()
        ));
    }
    list(symbols, &mut out);
    out
}

fn list<'f>(symbols: impl Iterator<Item = &'f SymbolInfo>, out: &mut String) {
    let listed = symbols.filter(|symbol| {
        let kind = symbol.kind;
        let is_code = kind.is_type()
            || matches!(
                kind,
                SymbolKind::Function | SymbolKind::Method | SymbolKind::Macro
            );
        is_code && kind != SymbolKind::Impl
    });
    for symbol in listed.take(MAX_LISTED) {
        out.push_str(&format!(
            "\n- {} `{}`",
            symbol.kind.noun(),
            symbol.qualified
        ));
        if let Some(purpose) = purpose(symbol) {
            out.push_str(&format!(": {purpose}"));
        }
    }
}
