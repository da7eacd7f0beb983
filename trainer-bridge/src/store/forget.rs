//! Deletes interactions permanently, from tables, free pages and the log, and reports which models have learned from them.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::StoreError;
use super::query::{Filter, PageCursor};
use super::{Store, lineage, rows};

/// What was deleted, and what was made of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForgetSummary {
    /// Ids of the deleted interactions, newest first.
    pub interactions: Vec<String>,
    /// Ids of samples that were made of them.
    pub samples: Vec<String>,
    /// Hashes of datasets that contain such a sample.
    pub datasets: Vec<String>,
    /// Generations that were trained on such a dataset, or from such a generation.
    pub generations: Vec<String>,
    /// Damaged files that were set aside and may still contain the interactions. The user has to delete them.
    pub set_aside: Vec<PathBuf>,
    /// Why bytes of the interactions may still be in the file, although they are in no table any more. The next call tries again.
    pub unfinished: Option<String>,
}

impl Store {
    /// Deletes the interactions that match `filter`, and marks the samples made of them. An empty filter matches everything.
    ///
    /// Afterwards no byte of them is in the database, in its free pages or in its log. The whole file is rewritten, which takes some
    /// seconds for a million interactions. Servers keep answering, and record when it is done.
    pub fn forget(&mut self, filter: &Filter) -> Result<ForgetSummary, StoreError> {
        self.forget_any(std::slice::from_ref(filter))
    }

    /// Does the same for all interactions that match any of `filters`, and rewrites the file only once.
    pub fn forget_any(&mut self, filters: &[Filter]) -> Result<ForgetSummary, StoreError> {
        let found = self.ids(&self.find_any(filters)?)?;
        let mut forgotten = ForgetSummary {
            interactions: found.iter().map(|(_, id)| id.clone()).collect(),
            set_aside: self.set_aside_files(),
            ..ForgetSummary::default()
        };
        if found.is_empty() {
            // An earlier call may have been interrupted between deleting and rewriting.
            self.purge()?;
            return Ok(forgotten);
        }
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Not before the lock is held: until then other processes may make samples of them.
        forgotten.samples = lineage::samples_of(&transaction, &forgotten.interactions)?;
        (forgotten.datasets, forgotten.generations) =
            lineage::users_of(&transaction, &forgotten.samples)?;
        delete(&transaction, &found)?;
        taint(&transaction, &forgotten.samples)?;
        transaction.commit()?;
        // The rows are gone now, so an error below must not lose this summary.
        forgotten.unfinished = self.purge().err().map(|error| error.to_string());
        Ok(forgotten)
    }

    /// Removes all remains of deleted and changed rows.
    ///
    /// `secure_delete` zeroes deleted rows, but a page that was reordered before may contain an older copy between its rows, so the file
    /// is rewritten. The log contains the old pages until it is truncated.
    pub(super) fn purge(&mut self) -> Result<(), StoreError> {
        self.connection.execute_batch("VACUUM")?;
        // This waits for readers up to the busy timeout of the connection.
        let busy: i64 =
            self.connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        match busy {
            0 => Ok(()),
            _ => Err(StoreError::StillRead),
        }
    }
}

fn delete(transaction: &Transaction, found: &[(PageCursor, String)]) -> Result<(), StoreError> {
    let mut files_of =
        transaction.prepare_cached("SELECT files FROM interaction WHERE seq = ? AND id = ?")?;
    let mut unlink = transaction
        .prepare_cached("DELETE FROM interaction_file WHERE file = ? AND time = ? AND seq = ?")?;
    for (at, id) in found {
        // Another process may have deleted it meanwhile and reused its row number.
        let files: Option<Vec<u8>> = files_of
            .query_row(params![at.seq, id], |row| row.get(0))
            .optional()?;
        let Some(files) = files else {
            continue;
        };
        for file in files.as_chunks::<4>().0 {
            unlink.execute(params![u32::from_le_bytes(*file), at.time, at.seq])?;
        }
        for sql in [
            "DELETE FROM interaction WHERE seq = ?",
            "DELETE FROM body WHERE seq = ?",
            "DELETE FROM feedback WHERE seq = ?",
        ] {
            transaction.prepare_cached(sql)?.execute([at.seq])?;
        }
    }
    // The names of files and workspaces are deleted with the last interaction about them.
    transaction.execute_batch(
        "DELETE FROM file WHERE NOT EXISTS (SELECT 1 FROM interaction_file WHERE file = file.id);
         DELETE FROM facet WHERE NOT EXISTS (SELECT 1 FROM interaction WHERE facet = facet.id);",
    )?;
    Ok(())
}

fn taint(transaction: &Transaction, samples: &[String]) -> Result<(), StoreError> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now = rows::signed(u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
    let mut mark =
        transaction.prepare_cached("INSERT OR IGNORE INTO tainted (sample, time) VALUES (?, ?)")?;
    for sample in samples {
        mark.execute(params![sample, now])?;
    }
    Ok(())
}
