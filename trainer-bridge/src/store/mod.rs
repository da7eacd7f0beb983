//! `samples.db`: the interactions that may be recorded, on the user's own disk.
//!
//! SQLite in WAL mode: several servers write and read at the same time. With `synchronous=NORMAL` a transaction has been passed to the
//! operating system before it is acknowledged, so a killed process loses nothing. After a power failure the file is consistent, but the
//! last transactions may be missing. `FULL` would prevent that and wait for the disk at every commit.
//!
//! [`Store`] reads, deletes, imports and exports. Servers write through a [`Recorder`], which never fails and never blocks. Only what a
//! [`crate::Intake`] has admitted is written.

mod connect;
mod error;
mod rows;

mod exchange;
mod find;
mod forget;
mod lineage;
mod newest;
mod query;
mod resolve;

mod checkpoint;
mod recorder;
mod ticket;
mod writer;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

pub use error::StoreError;
pub use exchange::{ExportSummary, ImportSummary};
pub use forget::ForgetSummary;
pub use lineage::{GenerationUse, SampleOrigin};
pub use query::{Filter, Listing, PageCursor, Stats, StatsRow};
pub use recorder::{Recorder, RecorderOptions};
pub use ticket::{Notice, RecordOutcome, Ticket};

use connect::OpenMode;

use crate::feedback::Feedback;
use crate::intake::{Admitted, Intake};
use crate::interaction::Interaction;

/// An interaction and the feedback on it.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedInteraction {
    pub interaction: Interaction,
    /// In the order in which it was recorded.
    pub feedback: Vec<Feedback>,
}

/// A connection for reading, editing, deleting, importing and exporting.
pub struct Store {
    connection: Connection,
    path: PathBuf,
}

impl Store {
    /// Opens the database, and creates it if it does not exist. Waits up to 10 seconds for other processes.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, OpenMode::Reader)
    }

    /// Opens the database for secondary information: if another process has locked it, fails with [`StoreError::Locked`] almost at once.
    pub fn open_without_waiting(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, OpenMode::WithoutWaiting)
    }

    fn open_with(path: &Path, mode: OpenMode) -> Result<Self, StoreError> {
        Ok(Self {
            connection: connect::open(path, mode)?,
            path: path.to_owned(),
        })
    }

    /// Inserts interactions and returns how many were new. One whose id exists already is left as it is.
    pub fn insert(&mut self, interactions: &[Admitted<Interaction>]) -> Result<usize, StoreError> {
        let rows = interactions
            .iter()
            .map(rows::Row::new)
            .collect::<Result<Vec<_>, _>>()?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut new = 0;
        for row in &rows {
            new += usize::from(row.insert(&transaction)?.is_some());
        }
        transaction.commit()?;
        Ok(new)
    }

    /// Inserts feedback. Returns false if the interaction does not exist.
    pub fn add_feedback(&mut self, feedback: &Admitted<Feedback>) -> Result<bool, StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let known = rows::add_feedback(&transaction, feedback)?;
        transaction.commit()?;
        Ok(known)
    }

    /// Returns the interaction with exactly this id.
    pub fn get(&self, id: &str) -> Result<Option<RecordedInteraction>, StoreError> {
        get(&self.connection, id)
    }

    /// Changes the question, answer, verdict or correction of an interaction, and leaves no byte of the previous text in the file.
    ///
    /// Returns false, and changes nothing, if the interaction does not exist or `intake` does not admit the result.
    pub fn edit(
        &mut self,
        intake: &Intake,
        id: &str,
        change: impl FnOnce(&mut Interaction),
    ) -> Result<bool, StoreError> {
        // Read and written in one transaction, so that feedback recorded meanwhile is not lost.
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(before) = get(&transaction, id)? else {
            return Ok(false);
        };
        let corrected_before = before.interaction.correction.clone();
        let mut after = before.interaction.clone();
        change(&mut after);
        // Other fields cannot be edited, since indexes and lineage depend on them.
        let after = Interaction {
            // An answer that was rewritten by hand is complete.
            cut: before.interaction.cut && after.answer == before.interaction.answer,
            question: after.question,
            answer: after.answer,
            verdict: after.verdict,
            correction: after.correction,
            ..before.interaction
        };
        let Some(admitted) = intake.admit(after) else {
            return Ok(false);
        };
        rows::Row::new(&admitted)?.replace(&transaction)?;
        if corrected_before != admitted.get().correction {
            // The events contain the previous correction.
            rows::drop_corrections(&transaction, id)?;
        }
        transaction.commit()?;
        self.purge()?;
        Ok(true)
    }

    /// Checks the whole file for damage. Returns what is wrong, or `None`.
    pub fn integrity_error(&self) -> Result<Option<String>, StoreError> {
        let found: String = self
            .connection
            .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        Ok((found != "ok").then_some(found))
    }

    /// Returns the size of the database and its log.
    pub fn size_bytes(&self) -> u64 {
        [self.path.clone(), connect::with_suffix(&self.path, "-wal")]
            .iter()
            .filter_map(|path| std::fs::metadata(path).ok())
            .map(|file| file.len())
            .sum()
    }

    /// Returns the files, including logs, that were set aside because they were damaged. They may contain anything ever recorded.
    pub fn set_aside_files(&self) -> Vec<PathBuf> {
        connect::set_aside_files(&self.path)
    }

    /// Returns the numbers of interactions and of feedback events since `time`, in milliseconds since 1970.
    pub fn counts_since(&self, time: u64) -> Result<(u64, u64), StoreError> {
        let count = |sql: &str| -> Result<u64, StoreError> {
            let count: i64 =
                self.connection
                    .query_row(sql, params![rows::signed(time)], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        };
        Ok((
            count("SELECT count(*) FROM interaction WHERE time >= ?")?,
            count("SELECT count(*) FROM feedback WHERE time >= ?")?,
        ))
    }
}

fn get(connection: &Connection, id: &str) -> Result<Option<RecordedInteraction>, StoreError> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT seq FROM interaction WHERE id = ?")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    found.map(|seq| rows::read(connection, seq)).transpose()
}

#[cfg(test)]
mod tests;
