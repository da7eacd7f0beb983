//! Deletes interactions for good: from the tables, from pages that are free, from the log; and says which models have seen them.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::StoreError;
use super::query::{Filter, Position};
use super::{Store, rows};

/// What was deleted, and what still knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Ids, newest first.
    pub interactions: Vec<String>,
    /// Ids of samples that were made of them.
    pub samples: Vec<String>,
    /// Hashes of datasets that hold such a sample.
    pub datasets: Vec<String>,
    /// Generations that were trained on such a dataset, or from such a generation.
    pub generations: Vec<String>,
    /// Damaged files that were set aside and may still hold them. They are the user's to delete.
    pub set_aside: Vec<PathBuf>,
}

/// How long to wait for readers of the log to finish.
const READERS: Duration = Duration::from_secs(10);

impl Store {
    /// Deletes what `filter` means, and marks what has used it. An empty filter means everything.
    ///
    /// Afterwards no byte of it is in the database, in its free pages or in its log. It rewrites the whole file, which takes some seconds
    /// for a million interactions; servers go on answering meanwhile, and write what they have to when it is done.
    pub fn forget(&mut self, filter: &Filter) -> Result<Forgotten, StoreError> {
        self.forget_any(std::slice::from_ref(filter))
    }

    /// The same for what any of `filters` means: the file is rewritten only once.
    pub fn forget_any(&mut self, filters: &[Filter]) -> Result<Forgotten, StoreError> {
        let found = self.ids(&self.find_any(filters)?)?;
        let mut forgotten = Forgotten {
            interactions: found.iter().map(|(_, id)| id.clone()).collect(),
            set_aside: self.set_aside(),
            ..Forgotten::default()
        };
        if found.is_empty() {
            // An earlier call may have been cut short between deleting and rewriting.
            self.purge()?;
            return Ok(forgotten);
        }
        forgotten.samples = self.samples_of(&forgotten.interactions)?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        delete(&transaction, &found)?;
        taint(&transaction, &forgotten.samples)?;
        transaction.commit()?;
        let (datasets, generations) = self.users_of(&forgotten.samples)?;
        forgotten.datasets = datasets;
        forgotten.generations = generations;
        self.purge()?;
        Ok(forgotten)
    }

    /// Leaves nothing of what was deleted or changed.
    ///
    /// `secure_delete` zeroes what is deleted, but a page that was reordered before may hold an older copy of it between its rows; so
    /// the file is written anew. The log still has the pages of before, until it is cut off.
    pub(super) fn purge(&mut self) -> Result<(), StoreError> {
        self.connection.execute_batch("VACUUM")?;
        let began = Instant::now();
        loop {
            let busy: i64 =
                self.connection
                    .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            if busy == 0 {
                return Ok(());
            }
            if began.elapsed() > READERS {
                return Err(StoreError::StillRead);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn delete(transaction: &Transaction, found: &[(Position, String)]) -> Result<(), StoreError> {
    let mut files_of =
        transaction.prepare_cached("SELECT files FROM interaction WHERE seq = ? AND id = ?")?;
    let mut unlink = transaction
        .prepare_cached("DELETE FROM interaction_file WHERE file = ? AND time = ? AND seq = ?")?;
    for (at, id) in found {
        // Another process may have deleted it meanwhile, and something new be in its place.
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
    // The name of a file or of a workspace is deleted with the last interaction about it.
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
