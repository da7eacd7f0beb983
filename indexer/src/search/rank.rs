//! Ranks files and chunks: pools chunk scores per file, adds named symbols and paths, demotes tests, adds neighbours.
//!
//! The weights were tuned on questions and bug reports about five repositories, to one digit. Results are not sensitive to small changes.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use crate::Cancel;
use crate::error::IndexError;
use crate::graph::{FileId, Graph, SymbolId};
use crate::language::Language;
use crate::record::FileRecord;
use crate::search::corpus::{ChunkRef, Corpus};
use crate::search::mentions::{NamedInQuery, mentioned};
use crate::search::neighbours::used_by;
use crate::search::query::parse;
use crate::search::score::score;
use crate::search::{FileHit, Hit, Query, QueryScope, Scores, SearchResult};
use crate::store::TEXT_FIELDS;

/// The score of a file is the sum of its best chunks, where each chunk has this fraction of the weight of the previous one.
const CHUNK_DECAY: f32 = 0.8;
const MAX_POOLED_CHUNKS: usize = 5;
const WHOLE_FILE_WEIGHT: f32 = 0.2;
const NAMED_SYMBOL_WEIGHT: f32 = 0.3;
/// Weight of a named definition if the query consists of a single name.
const LONE_NAME_WEIGHT: f32 = 1.5;
const NAMED_PATH_WEIGHT: f32 = 0.2;
const NEIGHBOUR_WEIGHT: f32 = 0.3;
/// Neighbours do not change the order of the first files, of which there are this many.
const FIXED_HEAD_LEN: usize = 5;
/// Limits of the chunks whose uses are followed, in total and per file.
const MAX_SOURCES: usize = 10;
const MAX_SOURCES_PER_FILE: usize = 3;
/// The maximum number of hits per file, for diversity.
const MAX_HITS_PER_FILE: usize = 3;

/// Returns the factor that demotes tests, change logs and non-code files, which mention many names.
fn demotion(file: &FileRecord) -> f32 {
    const TEST: f32 = 0.6;
    const CHANGES: f32 = 0.4;
    const DOCUMENT: f32 = 0.8;
    const CONFIGURATION: f32 = 0.5;
    let name = file
        .path
        .rsplit_once('/')
        .map_or(&*file.path, |(_, name)| name);
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let changes = [
        "authors",
        "changelog",
        "changes",
        "contributors",
        "history",
        "news",
        "release",
        "releases",
        "whats-new",
        "whatsnew",
    ];
    if changes
        .iter()
        .any(|change| change.eq_ignore_ascii_case(stem))
    {
        return CHANGES;
    }
    if file.test {
        return TEST;
    }
    match file.language() {
        Some(language) if language.is_code() => 1.0,
        Some(language) if language.is_document() => DOCUMENT,
        _ => CONFIGURATION,
    }
}

/// A matching chunk.
struct MatchedChunk {
    number: usize,
    chunk: ChunkRef,
    bm25: f32,
}

impl MatchedChunk {
    fn symbol(&self, file: FileId) -> Option<SymbolId> {
        Some(SymbolId {
            file,
            index: self.chunk.symbol?,
        })
    }
}

/// A matching file with its chunks, best first.
struct MatchedFile<'a> {
    number: u32,
    id: FileId,
    record: &'a FileRecord,
    chunks: Vec<MatchedChunk>,
    scores: Scores,
}

pub(crate) fn search(
    graph: &Graph,
    corpus: &Corpus,
    query: &Query,
    cancel: &Cancel,
) -> Result<SearchResult, IndexError> {
    let parsed = parse(&query.text);
    let named = mentioned(graph, &parsed);
    let naming = if parsed.lone {
        LONE_NAME_WEIGHT
    } else {
        NAMED_SYMBOL_WEIGHT
    };
    let scores = score(corpus, &parsed.terms, cancel)?;
    let mut files = matching(graph, corpus, &scores.chunks, query.scope);
    cancel.check()?;

    let pooled: Vec<f32> = files.iter().map(|file| pool(&file.chunks)).collect();
    let best_pool = maximum(pooled.iter().copied());
    let best_whole = maximum(files.iter().map(|file| scores.files[file.number as usize]));
    for (file, pooled) in files.iter_mut().zip(pooled) {
        let symbol = naming * named.files.get(&file.id).copied().unwrap_or(0.0);
        let whole = WHOLE_FILE_WEIGHT * scores.files[file.number as usize] / best_whole;
        file.scores = combine(file, &named, pooled / best_pool, whole, symbol);
    }
    files.sort_by(best_first);

    let best_chunk = maximum(
        files
            .iter()
            .filter_map(|file| file.chunks.first())
            .map(|chunk| chunk.bm25),
    );
    let used = used_by(graph, &sources(&files, best_chunk));
    let head = FIXED_HEAD_LEN.min(files.len());
    for file in &mut files[head..] {
        file.scores.graph = NEIGHBOUR_WEIGHT * used.get(&file.id).copied().unwrap_or(0.0).min(1.0);
        file.scores.total += file.scores.graph * file.scores.demotion;
    }
    files[head..].sort_by(best_first);
    files.truncate(query.limit);

    let hits = hits(
        &files,
        &named,
        naming,
        &scores.chunks,
        best_chunk,
        query.limit,
    );
    let files = files
        .into_iter()
        .map(|file| FileHit {
            path: file.record.path.clone(),
            scores: file.scores,
        })
        .collect();
    Ok(SearchResult { hits, files })
}

fn matching<'a>(
    graph: &'a Graph,
    corpus: &Corpus,
    scores: &[[f32; TEXT_FIELDS.len()]],
    scope: QueryScope,
) -> Vec<MatchedFile<'a>> {
    let in_scope = |file: &FileRecord| {
        scope == QueryScope::All || file.language().is_some_and(Language::is_code)
    };
    let records: Vec<Option<&FileRecord>> = corpus
        .files
        .iter()
        .map(|&id| {
            graph
                .file(id)
                .map(|file| &**file)
                .filter(|file| in_scope(file))
        })
        .collect();
    let mut chunks: FxHashMap<u32, Vec<MatchedChunk>> = FxHashMap::default();
    for (number, parts) in scores.iter().enumerate() {
        let bm25: f32 = parts.iter().sum();
        if bm25 > 0.0
            && let Some(chunk) = corpus.chunk(number)
        {
            chunks.entry(chunk.file).or_default().push(MatchedChunk {
                number,
                chunk,
                bm25,
            });
        }
    }
    let ranked = chunks.into_iter().filter_map(|(number, mut chunks)| {
        let (id, record) = (corpus.files[number as usize], records[number as usize]?);
        chunks.sort_unstable_by(|a, b| {
            b.bm25
                .total_cmp(&a.bm25)
                .then_with(|| a.chunk.lines.cmp(&b.chunk.lines))
        });
        Some(MatchedFile {
            number,
            id,
            record,
            chunks,
            scores: Scores::default(),
        })
    });
    ranked.collect()
}

fn pool(chunks: &[MatchedChunk]) -> f32 {
    let weights = std::iter::successors(Some(1.0), |weight| Some(weight * CHUNK_DECAY));
    chunks
        .iter()
        .take(MAX_POOLED_CHUNKS)
        .zip(weights)
        .map(|(chunk, weight)| chunk.bm25 * weight)
        .sum()
}

fn combine(file: &MatchedFile, named: &NamedInQuery, bm25: f32, whole: f32, symbol: f32) -> Scores {
    let path = NAMED_PATH_WEIGHT * named.paths.get(&file.id).copied().unwrap_or(0.0);
    let demotion = demotion(file.record);
    Scores {
        total: (bm25 + whole + symbol + path) * demotion,
        file: whole,
        symbol,
        path,
        demotion,
        ..Scores::default()
    }
}

/// Returns the definitions whose uses are followed, with their scores.
fn sources(files: &[MatchedFile], best_chunk: f32) -> Vec<(SymbolId, f32)> {
    let mut sources = Vec::new();
    for file in files.iter().take(MAX_SOURCES) {
        let weights =
            std::iter::successors(Some(file.scores.total), |weight| Some(weight * CHUNK_DECAY));
        let chunks = file.chunks.iter().take(MAX_SOURCES_PER_FILE).zip(weights);
        sources.extend(chunks.filter_map(|(chunk, weight)| {
            Some((chunk.symbol(file.id)?, weight * chunk.bm25 / best_chunk))
        }));
    }
    sources.sort_by(|a, b| b.1.total_cmp(&a.1));
    sources.truncate(MAX_SOURCES);
    sources
}

fn hits(
    files: &[MatchedFile],
    named: &NamedInQuery,
    naming: f32,
    scores: &[[f32; TEXT_FIELDS.len()]],
    best_chunk: f32,
    limit: usize,
) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    for file in files {
        for chunk in file.chunks.iter().take(MAX_HITS_PER_FILE) {
            let symbol = chunk.symbol(file.id);
            let naming = naming
                * symbol
                    .and_then(|symbol| named.symbols.get(&symbol))
                    .copied()
                    .unwrap_or(0.0);
            let mut total = combine(
                file,
                named,
                chunk.bm25 / best_chunk,
                WHOLE_FILE_WEIGHT * file.scores.total,
                naming,
            );
            let parts = TEXT_FIELDS
                .iter()
                .zip(scores[chunk.number])
                .filter(|(_, part)| *part > 0.0);
            total.bm25 = parts.map(|((_, name), part)| (*name, part)).collect();
            hits.push(Hit {
                path: file.record.path.clone(),
                lines: chunk.chunk.lines,
                symbol,
                scores: total,
            });
        }
    }
    hits.sort_by(|a, b| {
        b.scores
            .total
            .total_cmp(&a.scores.total)
            .then_with(|| (&a.path, a.lines).cmp(&(&b.path, b.lines)))
    });
    hits.truncate(limit);
    hits
}

fn best_first(a: &MatchedFile, b: &MatchedFile) -> Ordering {
    b.scores
        .total
        .total_cmp(&a.scores.total)
        .then_with(|| a.record.path.cmp(&b.record.path))
}

fn maximum(scores: impl Iterator<Item = f32>) -> f32 {
    scores.fold(f32::MIN_POSITIVE, f32::max)
}
