//! What a code-question is about: the definition under the caret or around the selection.

use repo_indexer::{Snapshot, Span, SymbolInfo};

use super::{Answer, Kind, View};

/// A place in a file of one of the views. Offsets refer to the text of the snapshot.
#[derive(Debug, Clone)]
pub struct Target {
    pub root: usize,
    pub path: String,
    pub span: Span,
    /// The identifier under the caret in the newest text, in case the snapshot does not have it yet.
    pub name: Option<String>,
}

impl Target {
    /// The definition that is meant: what the identifier denotes, else the one around it.
    pub fn symbol(&self, views: &[View]) -> Option<SymbolInfo> {
        let snapshot = &views.get(self.root)?.snapshot;
        self.denoted(snapshot).or_else(|| self.enclosing(views))
    }

    pub fn enclosing(&self, views: &[View]) -> Option<SymbolInfo> {
        let snapshot = &views.get(self.root)?.snapshot;
        snapshot
            .enclosing(&self.path, self.span.start)
            .and_then(|id| snapshot.symbol(id))
    }

    fn denoted(&self, snapshot: &Snapshot) -> Option<SymbolInfo> {
        let resolved = snapshot.resolve_at(&self.path, self.span.start);
        // A stale offset may lie on another word than the one on screen; then the name is the better guide.
        let resolved = resolved.filter(|r| self.name.as_deref().is_none_or(|n| n == r.name));
        if let Some(best) = resolved.and_then(|r| r.candidates.first().copied()) {
            return snapshot.symbol(best.symbol);
        }
        let name = self.name.as_deref()?;
        named(snapshot, name).into_iter().next()
    }
}

/// Definitions with exactly this name, those that others may use first.
pub fn named(snapshot: &Snapshot, name: &str) -> Vec<SymbolInfo> {
    let mut found = snapshot.find_symbols(name, 50);
    found.retain(|s| s.name == name);
    found.sort_by_key(|s| (s.test, !s.public));
    found
}

/// The answer where the caret is on nothing the index knows.
pub fn nothing_here(kind: Kind) -> Answer {
    let mut answer = Answer::new(kind, "The index knows no definition here.");
    answer
        .notes
        .push("Put the caret on a name, or inside a definition.".to_owned());
    answer
}
