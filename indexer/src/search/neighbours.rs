//! What the best results use: evidence for files that the question does not name.
//!
//! A question about a mechanism often names one end of it. The definitions that the best chunks use are the other end. Such evidence is
//! weak for any one file, so it never changes the head of a ranking; it decides which files fill the rest.

use rustc_hash::FxHashMap;

use crate::graph::resolve::callees;
use crate::graph::{FileId, Graph, SymbolId};

/// How much each file is used by `sources`, given with their scores: the sum over all uses, surer and rarer ones counting more.
pub(crate) fn used_by(graph: &Graph, sources: &[(SymbolId, f32)]) -> FxHashMap<FileId, f32> {
    let mut strength: FxHashMap<FileId, f32> = FxHashMap::default();
    for &(source, score) in sources {
        for (callee, used, confidence) in callees(graph, source) {
            if callee.file != source.file {
                // What everything uses explains nothing.
                let rarity = 1.0 / (1.0 + (graph.count_users(used.name).max(1) as f32).ln());
                *strength.entry(callee.file).or_default() += score * confidence * rarity;
            }
        }
    }
    strength
}
