//! Finds interactions, newest first. Workspace, kind and verdict are ranges of one index; files are another.
//!
//! Which of the two is shorter cannot be known beforehand, so each is tried for a bounded number of rows before the other.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, params};

use super::Store;
use super::best::Best;
use super::error::StoreError;
use super::query::{Filter, Position};
use super::resolve::Resolved;

/// How much is tried. Smaller numbers find the same, only in another way.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    /// Rows that the interactions of a few files are tried for first.
    pub(super) glance: usize,
    /// So many files are few.
    pub(super) few_files: usize,
    /// Up to so many pairs of facet and verdict, a page of the newest is tried before anything.
    pub(super) few_ranges: usize,
    /// Rows that the newest are tried for then.
    pub(super) patience: usize,
    /// Rows that are taken at once.
    pub(super) page: usize,
}

const BUDGET: Budget = Budget {
    glance: 2_048,
    few_files: 1_000,
    few_ranges: 16,
    patience: 16_384,
    page: 4_096,
};

impl Store {
    /// Where the newest `limit` are, newest first.
    pub(super) fn find(
        &self,
        filter: &Filter,
        limit: usize,
        from: Option<Position>,
    ) -> Result<Vec<Position>, StoreError> {
        self.find_within(filter, limit, from, BUDGET)
    }

    /// Where everything is that any of `filters` means, each once, newest first.
    pub(super) fn find_any(&self, filters: &[Filter]) -> Result<Vec<Position>, StoreError> {
        let mut found = Vec::new();
        for filter in filters {
            found.extend(self.find(filter, usize::MAX, None)?);
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.dedup();
        Ok(found)
    }

    pub(super) fn find_within(
        &self,
        filter: &Filter,
        limit: usize,
        from: Option<Position>,
        budget: Budget,
    ) -> Result<Vec<Position>, StoreError> {
        let resolved = self.resolve(filter)?;
        if limit == 0 {
            return Ok(Vec::new());
        }
        let Some(files) = &resolved.files else {
            return self.newest(&resolved, limit, from);
        };
        // Few may be left by the other conditions; then one look at them is enough.
        if resolved.facets.len() * resolved.verdicts.len() <= budget.few_ranges
            && let Some(found) =
                self.by_time(&resolved, files, limit, from, (budget.page, budget.page))?
        {
            return Ok(found);
        }
        if files.len() <= budget.few_files
            && let Some(found) = self.by_file(&resolved, files, limit, from, budget.glance)?
        {
            return Ok(found);
        }
        let time = (budget.patience, budget.page);
        if let Some(found) = self.by_time(&resolved, files, limit, from, time)? {
            return Ok(found);
        }
        Ok(self
            .by_file(&resolved, files, limit, from, usize::MAX)?
            .unwrap_or_default())
    }

    /// The newest, whatever their files: the newest of each range, merged.
    fn newest(
        &self,
        wanted: &Resolved,
        limit: usize,
        from: Option<Position>,
    ) -> Result<Vec<Position>, StoreError> {
        if let Some(id) = &wanted.id {
            return self.of_id(wanted, id, from);
        }
        let mut statement = self.connection.prepare_cached(
            "SELECT time, seq FROM interaction WHERE facet = ? AND verdict = ? AND time BETWEEN ? AND ? AND (time, seq) < (?, ?)
             ORDER BY time DESC, seq DESC LIMIT ?",
        )?;
        let mut best = Best::new(limit);
        let end = from.unwrap_or(END);
        for facet in &wanted.facets {
            for verdict in &wanted.verdicts {
                let since = wanted.since.max(best.oldest());
                let until = wanted.until.min(end.time);
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                let mut rows = statement.query(params![
                    facet, verdict, since, until, end.time, end.seq, limit
                ])?;
                while let Some(row) = rows.next()? {
                    best.add(position(row)?);
                }
            }
        }
        Ok(best.newest_first())
    }

    fn of_id(
        &self,
        wanted: &Resolved,
        id: &str,
        from: Option<Position>,
    ) -> Result<Vec<Position>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT time, seq, facet, verdict FROM interaction WHERE id = ?")?;
        let mut rows = statement.query([id])?;
        let Some(row) = rows.next()? else {
            return Ok(Vec::new());
        };
        let at = position(row)?;
        let meant = wanted.facets.contains(&row.get(2)?)
            && wanted.verdicts.contains(&row.get(3)?)
            && (wanted.since..=wanted.until).contains(&at.time)
            && from.is_none_or(|from| at < from);
        Ok(if meant { vec![at] } else { Vec::new() })
    }

    /// Newest first, each looked at for its files; none if that would be too many.
    fn by_time(
        &self,
        wanted: &Resolved,
        files: &HashSet<u32>,
        limit: usize,
        mut from: Option<Position>,
        (most, page_size): (usize, usize),
    ) -> Result<Option<Vec<Position>>, StoreError> {
        let mut found = Vec::new();
        for _ in 0..most / page_size {
            let page = self.newest(wanted, page_size, from)?;
            for at in &page {
                if self.is_about(at.seq, files)? {
                    found.push(*at);
                    if found.len() == limit {
                        return Ok(Some(found));
                    }
                }
            }
            if page.len() < page_size {
                return Ok(Some(found));
            }
            from = page.last().copied();
        }
        Ok(None)
    }

    fn is_about(&self, seq: i64, files: &HashSet<u32>) -> Result<bool, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT files FROM interaction WHERE seq = ?")?;
        let numbers: Vec<u8> = statement.query_row([seq], |row| row.get(0))?;
        let (numbers, _) = numbers.as_chunks::<4>();
        Ok(numbers
            .iter()
            .any(|number| files.contains(&u32::from_le_bytes(*number))))
    }

    /// The newest of each file, merged; none if that would be more than `most` rows.
    fn by_file(
        &self,
        wanted: &Resolved,
        files: &HashSet<u32>,
        limit: usize,
        from: Option<Position>,
        most: usize,
    ) -> Result<Option<Vec<Position>>, StoreError> {
        let mut of_file = self.connection.prepare_cached(
            "SELECT time, seq FROM interaction_file WHERE file = ? AND time BETWEEN ? AND ? ORDER BY time DESC, seq DESC",
        )?;
        let mut row_of = self
            .connection
            .prepare_cached("SELECT facet, verdict, id FROM interaction WHERE seq = ?")?;
        let facets: HashSet<i64> = wanted.facets.iter().copied().collect();
        let end = from.unwrap_or(END);
        let mut best = Best::new(limit);
        let mut looked_at = 0;
        for file in files {
            let mut rows =
                of_file.query(params![file, wanted.since, wanted.until.min(end.time)])?;
            let mut of_this = 0;
            while let Some(row) = rows.next()? {
                let at = position(row)?;
                if at.time < best.oldest() || of_this == limit {
                    break;
                }
                looked_at += 1;
                if looked_at > most {
                    return Ok(None);
                }
                if at >= end {
                    continue;
                }
                let meant = row_of.query_row([at.seq], |row| {
                    let of_id = wanted.id.as_ref().is_none_or(|id| {
                        row.get_ref(2)
                            .and_then(|found| Ok(found.as_str()? == id))
                            .unwrap_or(false)
                    });
                    Ok(of_id
                        && facets.contains(&row.get(0)?)
                        && wanted.verdicts.contains(&row.get(1)?))
                })?;
                if meant {
                    of_this += 1;
                    best.add(at);
                }
            }
        }
        Ok(Some(best.newest_first()))
    }

    /// The ids of what was found. What somebody else has deleted meanwhile is left out.
    pub(super) fn ids(&self, found: &[Position]) -> Result<Vec<(Position, String)>, StoreError> {
        let mut ids = Vec::with_capacity(found.len());
        let mut statement = self
            .connection
            .prepare_cached("SELECT id FROM interaction WHERE seq = ?")?;
        for at in found {
            let id = statement.query_row([at.seq], |row| row.get(0)).optional()?;
            ids.extend(id.map(|id| (*at, id)));
        }
        Ok(ids)
    }
}

const END: Position = Position {
    time: i64::MAX,
    seq: i64::MAX,
};

fn position(row: &rusqlite::Row) -> rusqlite::Result<Position> {
    Ok(Position {
        time: row.get(0)?,
        seq: row.get(1)?,
    })
}
