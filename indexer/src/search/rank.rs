//! From scores to a ranking: pooling chunks to files, what the query names, demotion, diversity.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use crate::Cancel;
use crate::error::IndexError;
use crate::graph::{FileId, Graph};
use crate::language::Language;
use crate::record::FileRecord;
use crate::search::corpus::{ChunkRef, Corpus};
use crate::search::mentions::{Mentioned, mentioned};
use crate::search::query::parse;
use crate::search::score::score;
use crate::search::{FileHit, Hit, Query, QueryScope, Scores, SearchResult};
use crate::store::TEXT_FIELDS;

/// A file is as good as its best chunks, each weighing this much of the one before.
const DECAY: f32 = 0.8;
const POOLED: usize = 5;
const WHOLE_FILE: f32 = 0.2;
const NAMED: f32 = 0.3;
const PATH: f32 = 0.2;
/// No more hits than this of one file, so that the hits show different places.
const HITS_PER_FILE: usize = 3;

/// Tests and change logs mention everything; they are demoted, not lost.
fn demotion(file: &FileRecord) -> f32 {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path).to_ascii_lowercase();
    let stem = name.split('.').next().unwrap_or(&name);
    if matches!(stem, "changelog" | "changes" | "history" | "news" | "release" | "releases" | "authors" | "contributors") || file.path.contains("whatsnew") {
        0.4
    } else if file.test {
        0.8
    } else {
        match file.language.as_deref().and_then(Language::from_id) {
            Some(language) if language.is_code() => 1.0,
            Some(language) if language.is_document() => 0.8,
            _ => 0.5,
        }
    }
}

fn in_scope(file: &FileRecord, scope: QueryScope) -> bool {
    scope == QueryScope::All || file.language.as_deref().and_then(Language::from_id).is_some_and(Language::is_code)
}

struct Candidate {
    number: usize,
    chunk: ChunkRef,
    bm25: f32,
}

pub(crate) fn search(graph: &Graph, corpus: &Corpus, query: &Query, cancel: &Cancel) -> Result<SearchResult, IndexError> {
    let parsed = parse(&query.text);
    let scores = score(corpus, &parsed.terms, cancel)?;
    let named = mentioned(graph, &parsed);
    let allowed: Vec<Option<&FileRecord>> = corpus.files.iter().map(|&id| graph.file(id).map(|file| &**file).filter(|file| in_scope(file, query.scope))).collect();

    let mut by_file: FxHashMap<u32, Vec<Candidate>> = FxHashMap::default();
    for (number, parts) in scores.chunks.iter().enumerate() {
        let bm25: f32 = parts.iter().sum();
        if bm25 > 0.0
            && let Some(chunk) = corpus.chunk(number)
            && allowed[chunk.file as usize].is_some()
        {
            by_file.entry(chunk.file).or_default().push(Candidate { number, chunk, bm25 });
        }
    }
    cancel.check()?;

    let mut pooled: Vec<(u32, f32)> = Vec::with_capacity(by_file.len());
    for (&file, chunks) in &mut by_file {
        chunks.sort_unstable_by(|a, b| b.bm25.total_cmp(&a.bm25).then_with(|| a.chunk.lines.cmp(&b.chunk.lines)));
        let weights = std::iter::successors(Some(1.0), |weight| Some(weight * DECAY));
        pooled.push((file, chunks.iter().take(POOLED).zip(weights).map(|(chunk, weight)| chunk.bm25 * weight).sum()));
    }
    let best_pool = pooled.iter().map(|(_, score)| *score).fold(f32::MIN_POSITIVE, f32::max);
    let best_whole = pooled.iter().map(|(file, _)| scores.files[*file as usize]).fold(f32::MIN_POSITIVE, f32::max);
    let best_chunk = by_file.values().filter_map(|chunks| chunks.first()).map(|chunk| chunk.bm25).fold(f32::MIN_POSITIVE, f32::max);

    let mut files: Vec<(u32, Scores)> = pooled
        .into_iter()
        .filter_map(|(file, score)| {
            let record = allowed[file as usize]?;
            let parts = Parts { whole: scores.files[file as usize] / best_whole, named: &named, id: corpus.files[file as usize], record };
            Some((file, parts.total(score / best_pool, None)))
        })
        .collect();
    let path = |file: u32| allowed[file as usize].map(|record| &*record.path);
    files.sort_by(|(a, left), (b, right)| best_first(left, right).then_with(|| path(*a).cmp(&path(*b))));
    files.truncate(query.limit);

    let mut hits: Vec<Hit> = Vec::new();
    for (file, of_file) in &files {
        let (id, Some(record)) = (corpus.files[*file as usize], allowed[*file as usize]) else { continue };
        for candidate in by_file.get(file).into_iter().flatten().take(HITS_PER_FILE) {
            let symbol = candidate.chunk.symbol.map(|index| crate::graph::SymbolId { file: id, index });
            let parts = Parts { whole: of_file.total, named: &named, id, record };
            let mut total = parts.total(candidate.bm25 / best_chunk, symbol);
            total.bm25 = TEXT_FIELDS.iter().zip(scores.chunks[candidate.number]).filter(|(_, part)| *part > 0.0).map(|((_, name), part)| (*name, part)).collect();
            hits.push(Hit { path: record.path.clone(), lines: candidate.chunk.lines, symbol, scores: total });
        }
    }
    hits.sort_by(|a, b| best_first(&a.scores, &b.scores).then_with(|| a.path.cmp(&b.path)).then_with(|| a.lines.cmp(&b.lines)));
    hits.truncate(query.limit);
    let files = files.into_iter().filter_map(|(file, scores)| Some(FileHit { path: allowed[file as usize]?.path.clone(), scores })).collect();
    Ok(SearchResult { hits, files })
}

fn best_first(a: &Scores, b: &Scores) -> Ordering {
    b.total.total_cmp(&a.total)
}

/// What is added to a bm25 score.
struct Parts<'a> {
    whole: f32,
    named: &'a Mentioned,
    id: FileId,
    record: &'a FileRecord,
}

impl Parts<'_> {
    fn total(&self, bm25: f32, symbol: Option<crate::graph::SymbolId>) -> Scores {
        let file = WHOLE_FILE * self.whole;
        let named = match symbol {
            Some(symbol) => self.named.symbols.get(&symbol),
            None => self.named.files.get(&self.id),
        };
        let symbol = NAMED * named.copied().unwrap_or(0.0);
        let path = PATH * self.named.paths.get(&self.id).copied().unwrap_or(0.0);
        let demotion = demotion(self.record);
        Scores { total: (bm25 + file + symbol + path) * demotion, bm25: Vec::new(), file, symbol, path, graph: 0.0, demotion }
    }
}
