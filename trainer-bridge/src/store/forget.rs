//! Deletes interactions for good: from the tables, from pages that are free, from the log; and says which models have seen them.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::StoreError;
use super::query::{Filter, Position};
use super::{Store, lineage, rows};

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
    /// Why bytes of them may still be in the file, if they may. They are gone from every listing; the next call goes on with the file.
    pub unfinished: Option<String>,
}

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
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Not before: samples may be made of them until nobody else can write.
        forgotten.samples = lineage::samples_of(&transaction, &forgotten.interactions)?;
        (forgotten.datasets, forgotten.generations) =
            lineage::users_of(&transaction, &forgotten.samples)?;
        delete(&transaction, &found)?;
        taint(&transaction, &forgotten.samples)?;
        transaction.commit()?;
        // From here on they are forgotten, and what is known of them is known to nobody else.
        forgotten.unfinished = self.purge().err().map(|error| error.to_string());
        Ok(forgotten)
    }

    /// Leaves nothing of what was deleted or changed.
    ///
    /// `secure_delete` zeroes what is deleted, but a page that was reordered before may hold an older copy of it between its rows; so
    /// the file is written anew. The log still has the pages of before, until it is cut off.
    pub(super) fn purge(&mut self) -> Result<(), StoreError> {
        self.connection.execute_batch("VACUUM")?;
        // It waits for readers for as long as the connection waits for anything.
        let busy: i64 =
            self.connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        match busy {
            0 => Ok(()),
            _ => Err(StoreError::StillRead),
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
