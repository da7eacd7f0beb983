//! What a question about code refers to: the definition at the caret or around the selection.

use grounding::View;
use std::sync::Arc;

use repo_indexer::{Span, SymbolInfo};

use super::words::Certainty;
use super::{Answer, AnswerKind};

/// A place in a file of one of the views.
#[derive(Debug, Clone)]
pub struct Target {
    pub root: usize,
    pub path: String,
    /// The newest text of the file, which may be newer than the snapshot's.
    pub text: Arc<str>,
    /// The selection or caret, in that text.
    pub span: Span,
    /// The start of the span in the snapshot's text.
    pub indexed_at: u32,
}

impl Target {
    /// Returns the definition of the identifier at the caret, otherwise the definition around it.
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

/// Returns the answer for a place without a definition.
pub fn no_definition_here(kind: AnswerKind) -> Answer {
    let mut answer = Answer::new(kind, "The index knows no definition here.");
    answer
        .notes
        .push("Put the caret on a name, or inside a definition.".to_owned());
    answer
}
