//! Lists and counts interactions: what may be asked for. How it is found is for [`super::find`].

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
}
