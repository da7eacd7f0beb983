//! Lists and counts interactions. The search itself is in [`super::find`].

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, params};

use super::error::StoreError;
use super::{RecordedInteraction, Store, rows};
use crate::interaction::Verdict;

/// Conditions on interactions, all of which must hold. A field that is not set matches everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<String>,
    /// The path of a workspace. Subfolders match too, unless `exclude_subfolders` is set.
    pub workspace: Option<String>,
    pub exclude_subfolders: bool,
    pub kind: Option<String>,
    /// `Some(None)` matches interactions without a verdict.
    pub verdict: Option<Option<Verdict>>,
    /// Milliseconds since 1970, inclusive.
    pub since: Option<u64>,
    /// Milliseconds since 1970, exclusive.
    pub until: Option<u64>,
    /// A glob that one of the files of the context or the citations must match, for example `src/**/*.rs`.
    pub files: Option<String>,
}

/// A position in a listing, after which the next page starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageCursor {
    pub(super) time: i64,
    pub(super) seq: i64,
}

/// One page of a listing.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    pub rows: Vec<RecordedInteraction>,
    /// The number of damaged interactions, which are left out.
    pub unreadable: u64,
    /// Where the next page starts, or `None` if this is the last one.
    pub next: Option<PageCursor>,
}

/// The size of the store.
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
    /// Returns the newest `limit` interactions that match `filter`, or those after `from`.
    pub fn list(
        &self,
        filter: &Filter,
        limit: usize,
        from: Option<PageCursor>,
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

    /// Counts the interactions of each workspace, kind and verdict.
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
            bytes: self.size_bytes(),
        })
    }

    /// Counts the interactions that match any of `filters`, by workspace: what [`Store::forget_any`] would delete. Damaged ones are
    /// counted as well, since their content is not read.
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

    /// Returns at most `limit` ids that begin with `prefix`, sorted; only `prefix` itself if it is an id.
    pub fn ids_with_prefix(&self, prefix: &str, limit: usize) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id FROM interaction WHERE id >= ?1 AND substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT ?2",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found: Vec<String> = statement
            .query_map(params![prefix, limit], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        match found.first() {
            Some(first) if first == prefix => Ok(vec![prefix.to_owned()]),
            _ => Ok(found),
        }
    }

    /// Returns the shortest prefix of an id that no other id has, of at least `min_len` characters.
    pub fn short_id(&self, id: &str, min_len: usize) -> Result<String, StoreError> {
        let mut shared = 0;
        for sql in [
            "SELECT max(id) FROM interaction WHERE id < ?",
            "SELECT min(id) FROM interaction WHERE id > ?",
        ] {
            // The longest common prefix is shared with a neighbour in sorted order.
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
        Ok(id.chars().take(min_len.max(shared + 1)).collect())
    }
}
