//! Scores files by the definitions that the best results use.
//!
//! A query often mentions only one part of a mechanism; the best chunks then use the other parts. This evidence is weak for a single
//! file, so it does not change the first results, but it does affect which files follow.

use rustc_hash::FxHashMap;

use crate::graph::resolve::callees;
use crate::graph::{FileId, Graph, SymbolId};

/// Returns how much each file is used by `sources`, which are definitions with scores: the sum over all uses, weighted by score,
/// confidence and rarity of the name.
pub(crate) fn used_by(graph: &Graph, sources: &[(SymbolId, f32)]) -> FxHashMap<FileId, f32> {
    let mut strength: FxHashMap<FileId, f32> = FxHashMap::default();
    for &(source, score) in sources {
        for (callee, used, confidence) in callees(graph, source) {
            if callee.file != source.file {
                // Definitions that are used everywhere are not informative.
                let rarity = 1.0 / (1.0 + (graph.count_users(used.name).max(1) as f32).ln());
                *strength.entry(callee.file).or_default() += score * confidence * rarity;
            }
        }
    }
    strength
}
