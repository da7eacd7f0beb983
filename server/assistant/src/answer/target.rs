//! What a code-question is about: the definition under the caret or around the selection.

use grounding::View;
use std::sync::Arc;

use repo_indexer::{Span, SymbolInfo};

use super::words::Certainty;
use super::{Answer, Kind};

/// A place in a file of one of the views.
#[derive(Debug, Clone)]
pub struct Target {
    pub root: usize,
    pub path: String,
    /// The newest text, which may be newer than what the snapshot was made from.
    pub text: Arc<str>,
    /// In that text.
    pub span: Span,
    /// Where the span begins in the text the snapshot knows.
    pub indexed_at: u32,
}

impl Target {
    /// The definition that is meant: what the identifier denotes, else the one around it.
    pub fn symbol(&self, views: &[View]) -> Option<(SymbolInfo, Certainty)> {
        let snapshot = &views.get(self.root)?.snapshot;
        let resolved = snapshot.resolve_in(&self.path, &self.text, self.span.start);
        let denoted = resolved.and_then(|resolved| {
            let best = resolved.candidates.first()?;
            let certainty = Certainty::of(best.confidence)?;
            Some((snapshot.symbol(best.symbol)?, certainty))
        });
        denoted.or_else(|| Some((self.enclosing(views)?, Certainty::Sure)))
    }

    pub fn enclosing(&self, views: &[View]) -> Option<SymbolInfo> {
        let snapshot = &views.get(self.root)?.snapshot;
        snapshot
            .enclosing(&self.path, self.indexed_at)
            .and_then(|id| snapshot.symbol(id))
    }
}

/// The answer where the caret is on nothing the index knows.
pub fn nothing_here(kind: Kind) -> Answer {
    let mut answer = Answer::new(kind, "The index knows no definition here.");
    answer
        .notes
        .push("Put the caret on a name, or inside a definition.".to_owned());
    answer
}
