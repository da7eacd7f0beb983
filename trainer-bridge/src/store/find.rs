//! Finds interactions, newest first. Workspace, kind and verdict select ranges of one index, and files select ranges of another.
//!
//! Which of the two has fewer rows is not known beforehand, so each is tried for a limited number of rows before the other.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, params};

use super::Store;
use super::error::StoreError;
use super::newest::Newest;
use super::query::{Filter, PageCursor};
use super::resolve::Resolved;

/// Limits of each strategy. They change how the result is found, never the result.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    /// Rows read in a first search by file.
    pub(super) max_rows_by_file: usize,
    /// Files up to which that search is tried.
    pub(super) max_files: usize,
    /// Pairs of facet and verdict up to which one page of the newest is searched first.
    pub(super) max_ranges: usize,
    /// Rows read in a search by time.
    pub(super) max_rows_by_time: usize,
    /// Rows read at once in a search by time.
    pub(super) page_size: usize,
}

const BUDGET: Budget = Budget {
    max_rows_by_file: 2_048,
    max_files: 1_000,
    max_ranges: 16,
    max_rows_by_time: 16_384,
    page_size: 4_096,
};

impl Store {
    /// Returns the positions of the newest `limit` matches, newest first.
    pub(super) fn find(
        &self,
        filter: &Filter,
        limit: usize,
        from: Option<PageCursor>,
    ) -> Result<Vec<PageCursor>, StoreError> {
        self.find_within(filter, limit, from, BUDGET)
    }

    /// Returns the positions of all interactions that match any of the filters, each once, newest first.
    pub(super) fn find_any(&self, filters: &[Filter]) -> Result<Vec<PageCursor>, StoreError> {
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
        from: Option<PageCursor>,
        budget: Budget,
    ) -> Result<Vec<PageCursor>, StoreError> {
        let resolved = self.resolve(filter)?;
        if limit == 0 {
            return Ok(Vec::new());
        }
        let Some(files) = &resolved.files else {
            return self.newest(&resolved, limit, from);
        };
        // The other conditions may leave so few rows that one page has them all.
        if resolved.facets.len() * resolved.verdicts.len() <= budget.max_ranges
            && let Some(found) = self.by_time(
                &resolved,
                files,
                limit,
                from,
                (budget.page_size, budget.page_size),
            )?
        {
            return Ok(found);
        }
        if files.len() <= budget.max_files
            && let Some(found) =
                self.by_file(&resolved, files, limit, from, budget.max_rows_by_file)?
        {
            return Ok(found);
        }
        let time = (budget.max_rows_by_time, budget.page_size);
        if let Some(found) = self.by_time(&resolved, files, limit, from, time)? {
            return Ok(found);
        }
        Ok(self
            .by_file(&resolved, files, limit, from, usize::MAX)?
            .unwrap_or_default())
    }

    /// Returns the newest matches without a condition on files: the newest of each range, merged.
    fn newest(
        &self,
        conditions: &Resolved,
        limit: usize,
        from: Option<PageCursor>,
    ) -> Result<Vec<PageCursor>, StoreError> {
        if let Some(id) = &conditions.id {
            return self.of_id(conditions, id, from);
        }
        let mut statement = self.connection.prepare_cached(
            "SELECT time, seq FROM interaction WHERE facet = ? AND verdict = ? AND time BETWEEN ? AND ? AND (time, seq) < (?, ?)
             ORDER BY time DESC, seq DESC LIMIT ?",
        )?;
        let mut newest = Newest::new(limit);
        let end = from.unwrap_or(END);
        for facet in &conditions.facets {
            for verdict in &conditions.verdicts {
                let since = conditions.since.max(newest.oldest_time());
                let until = conditions.until.min(end.time);
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                let mut rows = statement.query(params![
                    facet, verdict, since, until, end.time, end.seq, limit
                ])?;
                while let Some(row) = rows.next()? {
                    newest.add(position(row)?);
                }
            }
        }
        Ok(newest.newest_first())
    }

    fn of_id(
        &self,
        conditions: &Resolved,
        id: &str,
        from: Option<PageCursor>,
    ) -> Result<Vec<PageCursor>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT time, seq, facet, verdict FROM interaction WHERE id = ?")?;
        let mut rows = statement.query([id])?;
        let Some(row) = rows.next()? else {
            return Ok(Vec::new());
        };
        let at = position(row)?;
        let matches = conditions.facets.contains(&row.get(2)?)
            && conditions.verdicts.contains(&row.get(3)?)
            && (conditions.since..=conditions.until).contains(&at.time)
            && from.is_none_or(|from| at < from);
        Ok(if matches { vec![at] } else { Vec::new() })
    }

    /// Searches newest first and checks the files of each row. Returns `None` if more than `max_rows` would have to be read.
    fn by_time(
        &self,
        conditions: &Resolved,
        files: &HashSet<u32>,
        limit: usize,
        mut from: Option<PageCursor>,
        (max_rows, page_size): (usize, usize),
    ) -> Result<Option<Vec<PageCursor>>, StoreError> {
        let mut found = Vec::new();
        for _ in 0..max_rows / page_size {
            let page = self.newest(conditions, page_size, from)?;
            for at in &page {
                if self.has_file(at.seq, files)? {
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

    fn has_file(&self, seq: i64, files: &HashSet<u32>) -> Result<bool, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT files FROM interaction WHERE seq = ?")?;
        let numbers: Vec<u8> = statement.query_row([seq], |row| row.get(0))?;
        let (numbers, _) = numbers.as_chunks::<4>();
        Ok(numbers
            .iter()
            .any(|number| files.contains(&u32::from_le_bytes(*number))))
    }

    /// Searches the newest of each file and merges them. Returns `None` if more than `max_rows` would have to be read.
    fn by_file(
        &self,
        conditions: &Resolved,
        files: &HashSet<u32>,
        limit: usize,
        from: Option<PageCursor>,
        max_rows: usize,
    ) -> Result<Option<Vec<PageCursor>>, StoreError> {
        let mut of_file = self.connection.prepare_cached(
            "SELECT time, seq FROM interaction_file WHERE file = ? AND time BETWEEN ? AND ? ORDER BY time DESC, seq DESC",
        )?;
        let mut row_of = self
            .connection
            .prepare_cached("SELECT facet, verdict, id FROM interaction WHERE seq = ?")?;
        let facets: HashSet<i64> = conditions.facets.iter().copied().collect();
        let end = from.unwrap_or(END);
        let mut newest = Newest::new(limit);
        let mut rows_read = 0;
        for file in files {
            let mut rows = of_file.query(params![
                file,
                conditions.since,
                conditions.until.min(end.time)
            ])?;
            let mut matches_of_file = 0;
            while let Some(row) = rows.next()? {
                let at = position(row)?;
                if at.time < newest.oldest_time() || matches_of_file == limit {
                    break;
                }
                rows_read += 1;
                if rows_read > max_rows {
                    return Ok(None);
                }
                if at >= end {
                    continue;
                }
                let matches = row_of.query_row([at.seq], |row| {
                    let of_id = conditions.id.as_ref().is_none_or(|id| {
                        row.get_ref(2)
                            .and_then(|found| Ok(found.as_str()? == id))
                            .unwrap_or(false)
                    });
                    Ok(of_id
                        && facets.contains(&row.get(0)?)
                        && conditions.verdicts.contains(&row.get(1)?))
                })?;
                if matches {
                    matches_of_file += 1;
                    newest.add(at);
                }
            }
        }
        Ok(Some(newest.newest_first()))
    }

    /// Returns the ids at the given positions. Interactions that were deleted meanwhile are left out.
    pub(super) fn ids(
        &self,
        found: &[PageCursor],
    ) -> Result<Vec<(PageCursor, String)>, StoreError> {
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

const END: PageCursor = PageCursor {
    time: i64::MAX,
    seq: i64::MAX,
};

fn position(row: &rusqlite::Row) -> rusqlite::Result<PageCursor> {
    Ok(PageCursor {
        time: row.get(0)?,
        seq: row.get(1)?,
    })
}
