//! Lists and counts interactions: what may be asked for. How it is found is for [`super::find`].

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, params};

use super::error::StoreError;
use super::{Recorded, Store, rows};
use crate::interaction::Verdict;

/// Which interactions are meant. Everything that is not set holds for all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<String>,
    /// The path of a workspace: what was asked in folders below it is meant as well, unless it is meant `alone`.
    pub workspace: Option<String>,
    pub alone: bool,
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
    pub(super) time: i64,
    pub(super) seq: i64,
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
                Err(StoreError::Unreadable(_)) => listing.unreadable += 1,
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

    /// How many interactions any of `filters` means, by workspace: what [`Store::forget_any`] would delete. Reads nothing of what they
    /// say, so that damaged ones are counted as well.
    pub fn count(&self, filters: &[Filter]) -> Result<BTreeMap<String, u64>, StoreError> {
        let mut of_facet: BTreeMap<i64, u64> = BTreeMap::new();
        let mut facet = self
            .connection
            .prepare_cached("SELECT facet FROM interaction WHERE seq = ?")?;
        for at in self.find_any(filters)? {
            let found: Option<i64> = facet.query_row([at.seq], |row| row.get(0)).optional()?;
            if let Some(found) = found {
                *of_facet.entry(found).or_default() += 1;
            }
        }
        let mut workspace = self
            .connection
            .prepare_cached("SELECT workspace FROM facet WHERE id = ?")?;
        let mut counts = BTreeMap::new();
        for (facet, count) in of_facet {
            let name: Option<String> = workspace.query_row([facet], |row| row.get(0)).optional()?;
            *counts.entry(name.unwrap_or_default()).or_default() += count;
        }
        Ok(counts)
    }

    /// Ids that begin with `start`, at most `limit`, sorted. An id that is exactly that stands for itself.
    pub fn ids_like(&self, start: &str, limit: usize) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id FROM interaction WHERE id >= ?1 AND substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT ?2",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found: Vec<String> = statement
            .query_map(params![start, limit], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        match found.first() {
            Some(first) if first == start => Ok(vec![start.to_owned()]),
            _ => Ok(found),
        }
    }

    /// The shortest beginning of an id that no other id has, of at least `least` characters: for people to copy.
    pub fn short_id(&self, id: &str, least: usize) -> Result<String, StoreError> {
        let mut shared = 0;
        for sql in [
            "SELECT max(id) FROM interaction WHERE id < ?",
            "SELECT min(id) FROM interaction WHERE id > ?",
        ] {
            // Only a neighbour in the order can share more than any other.
            let neighbour: Option<String> = self
                .connection
                .prepare_cached(sql)?
                .query_row([id], |row| row.get(0))?;
            let neighbour = neighbour.unwrap_or_default();
            let same = id
                .chars()
                .zip(neighbour.chars())
                .take_while(|(a, b)| a == b);
            shared = shared.max(same.count());
        }
        Ok(id.chars().take(least.max(shared + 1)).collect())
    }
}
