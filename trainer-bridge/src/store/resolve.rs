//! Resolves a filter to row numbers: of facets, which are pairs of workspace and kind, and of files.

use std::collections::HashSet;

use globset::GlobBuilder;
use rusqlite::params;

use super::error::StoreError;
use super::query::Filter;
use super::{Store, rows};

/// A filter, resolved to row numbers and ranges, each inclusive.
pub(super) struct Resolved {
    pub(super) id: Option<String>,
    pub(super) facets: Vec<i64>,
    pub(super) verdicts: Vec<i64>,
    pub(super) since: i64,
    pub(super) until: i64,
    pub(super) files: Option<HashSet<u32>>,
}

impl Store {
    pub(super) fn resolve(&self, filter: &Filter) -> Result<Resolved, StoreError> {
        let mut facets = self
            .connection
            .prepare_cached("SELECT id FROM facet WHERE (?1 IS NULL OR workspace = ?1 OR (NOT ?3 AND substr(workspace, 1, length(?1) + 1) = ?1 || '/')) AND kind = coalesce(?2, kind)")?;
        let facets = facets
            .query_map(
                params![filter.workspace, filter.kind, filter.exclude_subfolders],
                |row| row.get(0),
            )?
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

    /// Returns the row numbers of the files that match a glob.
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
}
