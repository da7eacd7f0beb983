//! Keeps the newest of many positions.

use std::collections::BTreeSet;

use super::query::PageCursor;

/// The newest positions that were added, up to a limit.
pub(super) struct Newest {
    limit: usize,
    kept: BTreeSet<PageCursor>,
}

impl Newest {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            kept: BTreeSet::new(),
        }
    }

    pub(super) fn add(&mut self, at: PageCursor) {
        self.kept.insert(at);
        if self.kept.len() > self.limit {
            self.kept.pop_first();
        }
    }

    /// Returns the time before which no position can be among the newest any more.
    pub(super) fn oldest_time(&self) -> i64 {
        match self.kept.first() {
            Some(oldest) if self.kept.len() == self.limit => oldest.time,
            _ => i64::MIN,
        }
    }

    pub(super) fn newest_first(self) -> Vec<PageCursor> {
        self.kept.into_iter().rev().collect()
    }
}
