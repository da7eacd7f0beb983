//! Pairs for training an embedding model: a query, what it should find, and something near that it should not find (CodeRAG's CSV).
//!
//! Families: a description finds code, code finds its description, code finds code with the same meaning, and a question with part of the code
//! finds the whole. The subject of a commit is a description, too: of the functions and the files that it changed.

mod commits;
mod negatives;

use rayon::prelude::*;
use repo_indexer::{SymbolInfo, SymbolKind, transforms};
use serde::Serialize;

use crate::documentation::purpose;
use crate::facts::order_of_importance;
use crate::gates::redact;
use crate::gold_standard::GoldPair;
use crate::history::Commit;
use crate::repository::{Repository, SourceFile};
use crate::sample::Split;
use negatives::Negatives;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmbeddingPair {
    pub query: String,
    /// What the query should find.
    pub pos: String,
    /// Something similar that it should not find; empty if there is nothing.
    pub neg: String,
    #[serde(skip)]
    pub family: PairFamily,
    #[serde(skip)]
    pub split: Split,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PairFamily {
    TextToCode,
    CodeToText,
    CodeToCode,
    Hybrid,
}

impl PairFamily {
    pub fn name(self) -> &'static str {
        match self {
            PairFamily::TextToCode => "text2code",
            PairFamily::CodeToText => "code2text",
            PairFamily::CodeToCode => "code2code",
            PairFamily::Hybrid => "hybrid",
        }
    }
}

/// Bytes of a piece of code: an encoder reads 512 tokens.
const CODE: std::ops::RangeInclusive<usize> = 60..=2_000;

/// Lines of code whose first two are shown with a question.
const MIN_HYBRID_LINES: usize = 5;

/// Makes the pairs of up to `limit` definitions, and of the commits with the functions that they changed, in a fixed order.
pub(crate) fn embedding_pairs(
    repository: &Repository,
    commits: &[Commit],
    gold: &[GoldPair],
    limit: usize,
) -> Vec<EmbeddingPair> {
    let mut definitions = order_of_importance(repository);
    definitions.retain(|(file, symbol)| {
        let is_code = matches!(
            symbol.kind,
            SymbolKind::Function | SymbolKind::Method | SymbolKind::Class
        );
        is_code && CODE.contains(&code_of(file, symbol).len())
    });
    definitions.truncate(limit);
    let negatives = Negatives::new(&definitions);
    let of_definitions: Vec<Vec<EmbeddingPair>> = definitions
        .par_iter()
        .enumerate()
        .map(|(at, (file, symbol))| {
            pairs_of(
                file,
                symbol,
                negatives.near(at).map(|near| definitions[near]),
            )
        })
        .collect();
    let mut pairs: Vec<EmbeddingPair> = of_definitions.into_iter().flatten().collect();
    pairs.extend(commits::of_functions(
        repository,
        gold,
        &definitions,
        &negatives,
    ));
    pairs.extend(commits::of_files(repository, commits));
    for pair in &mut pairs {
        for text in [&mut pair.query, &mut pair.pos, &mut pair.neg] {
            redact(text);
        }
    }
    pairs
}

fn pairs_of(
    file: &SourceFile,
    symbol: &SymbolInfo,
    near: Option<(&SourceFile, &SymbolInfo)>,
) -> Vec<EmbeddingPair> {
    let Some(code) = without_doc(file, symbol) else {
        return Vec::new();
    };
    let near_code = near.and_then(|(file, symbol)| without_doc(file, symbol));
    let near_code = near_code.filter(|near| *near != code).unwrap_or_default();
    let pair = |family, query: String, pos: String, neg: String| EmbeddingPair {
        query,
        pos,
        neg,
        family,
        split: file.split,
    };
    let mut pairs = Vec::new();
    if let Some(purpose) = purpose(symbol) {
        let near_purpose = near
            .and_then(|(_, symbol)| crate::documentation::purpose(symbol))
            .unwrap_or_default();
        pairs.push(pair(
            PairFamily::TextToCode,
            purpose.clone(),
            code.clone(),
            near_code.clone(),
        ));
        pairs.push(pair(
            PairFamily::CodeToText,
            code.clone(),
            purpose.clone(),
            near_purpose,
        ));
        // The beginning of a short function would be all of it.
        if code.lines().count() >= MIN_HYBRID_LINES {
            let partial: String = code.lines().take(2).collect::<Vec<_>>().join("\n");
            let query = format!("{purpose}\n{partial}");
            pairs.push(pair(
                PairFamily::Hybrid,
                query,
                code.clone(),
                near_code.clone(),
            ));
        }
    }
    for changed in transforms(file.language, &code).into_iter().take(2) {
        pairs.push(pair(
            PairFamily::CodeToCode,
            changed.text,
            code.clone(),
            near_code.clone(),
        ));
    }
    pairs
}

fn code_of<'f>(file: &'f SourceFile, symbol: &SymbolInfo) -> &'f str {
    file.text
        .get(symbol.span.start as usize..symbol.span.end as usize)
        .unwrap_or_default()
}

/// The code of a definition without its documentation, which would give the answer away. `None` if it cannot be taken out.
fn without_doc(file: &SourceFile, symbol: &SymbolInfo) -> Option<String> {
    let code = file.lines(symbol.lines);
    let code = crate::source_text::dedent(code);
    let Some(first) = symbol
        .doc
        .as_deref()
        .and_then(|doc| doc.lines().map(str::trim).find(|line| !line.is_empty()))
    else {
        return Some(code);
    };
    // A docstring is the only documentation inside of a definition.
    let Some(at) = code.find(first) else {
        return Some(code);
    };
    let before = &code[..at];
    let (start, quotes) = ["\"\"\"", "'''", "\"", "'"]
        .iter()
        .find_map(|quotes| Some((before.rfind(quotes)?, *quotes)))?;
    let end = code[at..].find(quotes).map(|end| at + end + quotes.len())?;
    let line_start = code[..start].rfind('\n').map_or(0, |line| line + 1);
    let line_end = code[end..]
        .find('\n')
        .map_or(code.len(), |line| end + line + 1);
    let rest = format!("{}{}", &code[..line_start], &code[line_end..]);
    (!rest.contains(first)).then_some(rest)
}

#[cfg(test)]
mod tests;
