//! Lists and filters interactions, newest first. Workspace, kind and verdict are ranges of one index; files are another.
//!
//! Which of the two is shorter cannot be known beforehand, so each is tried for a bounded number of rows before the other.

use std::collections::{BTreeSet, HashSet};

use globset::GlobBuilder;
use rusqlite::{params, params_from_iter};

use super::error::StoreError;
use super::{Recorded, Store, rows};
use crate::interaction::Verdict;

/// Which interactions are meant. Everything that is not set holds for all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<String>,
    pub workspace: Option<String>,
    pub kind: Option<String>,
    /// `Some(None)` is those that nobody has judged.
    pub verdict: Option<Option<Verdict>>,
    /// Milliseconds since 1970, this one included.
    pub since: Option<u64>,
    /// Milliseconds since 1970, this one not included.
    pub until: Option<u64>,
    /// A glob over the files that an interaction is about, for example `src/**/*.rs`.
    pub files: Option<String>,
}

/// A place in a listing, from which the next page goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    time: i64,
    seq: i64,
}

/// One page of a listing.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    pub rows: Vec<Recorded>,
    /// Interactions that are damaged, and left out.
    pub unreadable: u64,
    /// Where the next page begins; none if this is the last.
    pub next: Option<Position>,
}

/// How much there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    pub rows: Vec<StatsRow>,
    pub bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatsRow {
    pub workspace: String,
    pub kind: String,
    pub verdict: Option<Verdict>,
    pub count: u64,
}

/// Rows that one way is tried for before the other.
const TRY: usize = 20_000;
/// Up to this many files, going through their interactions comes first.
const FEW_FILES: usize = 1_000;
const PAGE: usize = 2_048;

/// A filter, resolved to numbers.
struct Resolved {
    id: Option<String>,
    facets: Vec<i64>,
    verdicts: Vec<i64>,
    since: i64,
    until: i64,
    files: Option<HashSet<u32>>,
}

impl Store {
    /// The newest `limit` interactions that `filter` means, or those after `from`.
    pub fn list(
        &self,
        filter: &Filter,
        limit: usize,
        from: Option<Position>,
    ) -> Result<Listing, StoreError> {
        let found = self.find(filter, limit, from)?;
        let mut listing = Listing {
            next: (found.len() == limit)
                .then(|| found.last().copied())
                .flatten(),
            ..Listing::default()
        };
        for position in found {
            match rows::read(&self.connection, position.seq) {
                Ok(recorded) => listing.rows.push(recorded),
                Err(StoreError::Damaged(_)) => listing.unreadable += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(listing)
    }

    /// How many interactions there are of each workspace, kind and verdict.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT workspace, kind, verdict, count FROM
               (SELECT facet, verdict, count(*) AS count FROM interaction GROUP BY facet, verdict)
             JOIN facet ON facet.id = facet ORDER BY workspace, kind, verdict",
        )?;
        let rows = statement.query_map([], |row| {
            let count: i64 = row.get(3)?;
            Ok(StatsRow {
                workspace: row.get(0)?,
                kind: row.get(1)?,
                verdict: rows::verdict_of(row.get(2)?),
                count: count.unsigned_abs(),
            })
        })?;
        Ok(Stats {
            rows: rows.collect::<Result<_, _>>()?,
            bytes: self.bytes(),
        })
    }

    /// Where the newest `limit` are, newest first.
    pub(super) fn find(
        &self,
        filter: &Filter,
        limit: usize,
        from: Option<Position>,
    ) -> Result<Vec<Position>, StoreError> {
        let resolved = self.resolve(filter)?;
        if limit == 0 {
            return Ok(Vec::new());
        }
        let Some(files) = &resolved.files else {
            return self.newest(&resolved, limit, from);
        };
        if files.len() <= FEW_FILES
            && let Some(found) = self.by_file(&resolved, files, limit, from, TRY)?
        {
            return Ok(found);
        }
        if let Some(found) = self.by_time(&resolved, files, limit, from)? {
            return Ok(found);
        }
        Ok(self
            .by_file(&resolved, files, limit, from, usize::MAX)?
            .unwrap_or_default())
    }

    fn resolve(&self, filter: &Filter) -> Result<Resolved, StoreError> {
        let mut facets = self
            .connection
            .prepare_cached("SELECT id FROM facet WHERE workspace = coalesce(?1, workspace) AND kind = coalesce(?2, kind)")?;
        let facets = facets
            .query_map(params![filter.workspace, filter.kind], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let verdicts = match filter.verdict {
            Some(verdict) => vec![rows::verdict_number(verdict)],
            None => vec![0, 1, 2, 3],
        };
        let files = filter
            .files
            .as_deref()
            .map(|glob| self.files(glob))
            .transpose()?;
        Ok(Resolved {
            id: filter.id.clone(),
            facets,
            verdicts,
            since: filter.since.map_or(i64::MIN, rows::signed),
            until: filter
                .until
                .map_or(i64::MAX, |until| rows::signed(until).saturating_sub(1)),
            files,
        })
    }

    /// The numbers of the files that a glob means.
    fn files(&self, glob: &str) -> Result<HashSet<u32>, StoreError> {
        let matcher = GlobBuilder::new(glob)
            .literal_separator(true)
            .build()
            .map_err(|error| StoreError::Glob(error.to_string()))?
            .compile_matcher();
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, path FROM file")?;
        let mut rows = statement.query([])?;
        let mut found = HashSet::new();
        while let Some(row) = rows.next()? {
            let path = row
                .get_ref(1)?
                .as_str()
                .map_err(|error| StoreError::Damaged(error.to_string()))?;
            if matcher.is_match(path) {
                found.insert(row.get(0)?);
            }
        }
        Ok(found)
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
    ) -> Result<Option<Vec<Position>>, StoreError> {
        let mut found = Vec::new();
        for _ in 0..TRY / PAGE {
            let page = self.newest(wanted, PAGE, from)?;
            for at in &page {
                if self.is_about(at.seq, files)? {
                    found.push(*at);
                    if found.len() == limit {
                        return Ok(Some(found));
                    }
                }
            }
            if page.len() < PAGE {
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

    /// The rows `found`, which may be many, by their number.
    pub(super) fn ids(&self, found: &[Position]) -> Result<Vec<String>, StoreError> {
        let mut ids = Vec::with_capacity(found.len());
        let mut statement = self
            .connection
            .prepare_cached("SELECT id FROM interaction WHERE seq = ?")?;
        for at in found {
            ids.push(statement.query_row(params_from_iter([at.seq]), |row| row.get(0))?);
        }
        Ok(ids)
    }
}

const END: Position = Position {
    time: i64::MAX,
    seq: i64::MAX,
};

impl Position {
    pub(super) fn seq(self) -> i64 {
        self.seq
    }

    pub(super) fn time(self) -> i64 {
        self.time
    }
}

fn position(row: &rusqlite::Row) -> rusqlite::Result<Position> {
    Ok(Position {
        time: row.get(0)?,
        seq: row.get(1)?,
    })
}

/// The newest so many of what is added.
struct Best {
    limit: usize,
    kept: BTreeSet<Position>,
}

impl Best {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            kept: BTreeSet::new(),
        }
    }

    fn add(&mut self, at: Position) {
        self.kept.insert(at);
        if self.kept.len() > self.limit {
            self.kept.pop_first();
        }
    }

    /// Nothing older can still be one of them.
    fn oldest(&self) -> i64 {
        match self.kept.first() {
            Some(oldest) if self.kept.len() == self.limit => oldest.time,
            _ => i64::MIN,
        }
    }

    fn newest_first(self) -> Vec<Position> {
        self.kept.into_iter().rev().collect()
    }
}
