//! Keeps the newest so many of many.

use std::collections::BTreeSet;

use super::query::Position;

/// The newest so many of what is added.
pub(super) struct Best {
    limit: usize,
    kept: BTreeSet<Position>,
}

impl Best {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            kept: BTreeSet::new(),
        }
    }

    pub(super) fn add(&mut self, at: Position) {
        self.kept.insert(at);
        if self.kept.len() > self.limit {
            self.kept.pop_first();
        }
    }

    /// Nothing older can still be one of them.
    pub(super) fn oldest(&self) -> i64 {
        match self.kept.first() {
            Some(oldest) if self.kept.len() == self.limit => oldest.time,
            _ => i64::MIN,
        }
    }

    pub(super) fn newest_first(self) -> Vec<Position> {
        self.kept.into_iter().rev().collect()
    }
}
