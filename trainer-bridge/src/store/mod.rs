//! `samples.db`: every interaction that may be kept, on the user's own disk, to be read, pruned and trained on.
//!
//! SQLite in WAL mode. Several servers write at once and others read at the same time. `synchronous=NORMAL`: a transaction is in the
//! write-ahead log, in the hands of the operating system, before it is acknowledged, so a process that is killed loses nothing; the
//! file is whole even after a power cut, which may cost the last moments. `FULL` would wait for the disk at every commit, for that
//! case alone.
//!
//! [`Store`] reads, prunes and exports; servers write through a [`Recorder`], which never fails and never blocks. Only what an
//! [`crate::Intake`] has admitted is written. Nothing here knows LSP or how an answer is made.

mod connect;
mod error;
mod rows;

mod best;
mod exchange;
mod find;
mod forget;
mod lineage;
mod query;
mod resolve;

mod checkpoint;
mod recorder;
mod ticket;
mod writer;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

pub use error::StoreError;
pub use exchange::{Exported, Imported};
pub use forget::Forgotten;
pub use lineage::{GenerationUse, SampleOrigin};
pub use query::{Filter, Listing, Position, Stats, StatsRow};
pub use recorder::{Recorder, RecorderOptions};
pub use ticket::{Notice, Outcome, Ticket};

use connect::Patience;

use crate::feedback::Feedback;
use crate::intake::{Admitted, Intake};
use crate::interaction::Interaction;

/// An interaction and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    pub interaction: Interaction,
    /// In the order in which it was written.
    pub feedback: Vec<Feedback>,
}

/// A connection for whoever reads, prunes or exports.
pub struct Store {
    connection: Connection,
    path: PathBuf,
}

impl Store {
    /// Opens the database, or makes one.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, Patience::Reader)
    }

    /// The same for what is only shown in passing: if others keep it to themselves, that is [`StoreError::Locked`] at once.
    pub fn glance(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, Patience::Glance)
    }

    fn open_with(path: &Path, patience: Patience) -> Result<Self, StoreError> {
        Ok(Self {
            connection: connect::open(path, patience)?,
            path: path.to_owned(),
        })
    }

    /// Writes interactions; one whose id is known already is left as it is. Returns how many were new.
    pub fn insert(&mut self, interactions: &[Admitted<Interaction>]) -> Result<usize, StoreError> {
        let rows = interactions
            .iter()
            .map(|interaction| rows::Row::new(interaction.get()))
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

    /// Writes an event; false if there is no such interaction.
    pub fn add_feedback(&mut self, feedback: &Admitted<Feedback>) -> Result<bool, StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let known = rows::add_feedback(&transaction, feedback.get())?;
        transaction.commit()?;
        Ok(known)
    }

    pub fn get(&self, id: &str) -> Result<Option<Recorded>, StoreError> {
        get(&self.connection, id)
    }

    /// Changes question, answer, verdict or correction of an interaction, and leaves no trace of what they were.
    ///
    /// False if there is no such interaction; then nothing was changed.
    pub fn edit(
        &mut self,
        intake: &Intake,
        id: &str,
        change: impl FnOnce(&mut Interaction),
    ) -> Result<bool, StoreError> {
        // Read and written in one, so that what is said of it meanwhile is not lost.
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(before) = get(&transaction, id)? else {
            return Ok(false);
        };
        let corrected_before = before.interaction.correction.clone();
        let mut after = before.interaction.clone();
        change(&mut after);
        // What it is about, and when, is not for editing: indexes and lineage depend on it.
        let after = Interaction {
            // Whoever writes an answer anew ends it as they mean to.
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
        rows::Row::new(admitted.get())?.replace(&transaction)?;
        if corrected_before != admitted.get().correction {
            // Such an event holds a correction as it was.
            rows::drop_corrections(&transaction, id)?;
        }
        transaction.commit()?;
        self.purge()?;
        Ok(true)
    }

    /// Reads the whole file for damage; nothing if there is none.
    pub fn damage(&self) -> Result<Option<String>, StoreError> {
        let found: String = self
            .connection
            .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        Ok((found != "ok").then_some(found))
    }

    /// How many bytes the database takes, its log included.
    pub fn bytes(&self) -> u64 {
        [self.path.clone(), connect::beside(&self.path, "-wal")]
            .iter()
            .filter_map(|path| std::fs::metadata(path).ok())
            .map(|file| file.len())
            .sum()
    }

    /// Files that were set aside because they were damaged, and their logs. They may hold anything that was ever recorded.
    pub fn set_aside(&self) -> Vec<PathBuf> {
        connect::set_aside_files(&self.path)
    }

    /// The number of events and interactions of each kind since `time`, as `status` shows them.
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

fn get(connection: &Connection, id: &str) -> Result<Option<Recorded>, StoreError> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT seq FROM interaction WHERE id = ?")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    found.map(|seq| rows::read(connection, seq)).transpose()
}

#[cfg(test)]
mod tests;
