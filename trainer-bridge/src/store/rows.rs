//! One interaction as rows, and back. What it says is JSON in one compressed piece with a checksum, so that damage to it is noticed.

use std::cell::RefCell;

use rusqlite::{Connection, OptionalExtension, params};
use zstd::bulk::Compressor;

use super::Recorded;
use super::error::StoreError;
use crate::feedback::{Event, Feedback};
use crate::intake::remove_code;
use crate::interaction::{Interaction, PrivacyMode, Verdict};

/// An interaction ready to be written: all work is done before the database is locked.
pub(super) struct Row {
    id: String,
    time: i64,
    workspace: String,
    kind: String,
    verdict: i64,
    files: Vec<String>,
    content: Vec<u8>,
}

impl Row {
    pub(super) fn new(interaction: &Interaction) -> Result<Self, StoreError> {
        let mut files: Vec<String> = interaction
            .context
            .iter()
            .map(|context| context.file.clone())
            .chain(
                interaction
                    .citations
                    .iter()
                    .map(|citation| citation.file.clone()),
            )
            .collect();
        files.sort();
        files.dedup();
        Ok(Self {
            id: interaction.id.clone(),
            time: signed(interaction.time),
            workspace: interaction.workspace.clone(),
            kind: interaction.kind.clone(),
            verdict: verdict_number(interaction.verdict),
            files,
            content: packed(interaction)?,
        })
    }

    /// The number of its row; none if there is an interaction of this id already.
    pub(super) fn insert(&self, connection: &Connection) -> Result<Option<i64>, StoreError> {
        let facet = number(
            connection,
            [
                "SELECT id FROM facet WHERE workspace = ? AND kind = ?",
                "INSERT INTO facet (workspace, kind) VALUES (?, ?)",
            ],
            (&self.workspace, &self.kind),
        )?;
        let mut files = Vec::with_capacity(self.files.len());
        for path in &self.files {
            let sql = [
                "SELECT id FROM file WHERE path = ?",
                "INSERT INTO file (path) VALUES (?)",
            ];
            files.push(number(connection, sql, (path,))?);
        }
        let numbers: Vec<u8> = files
            .iter()
            .flat_map(|file| (*file as u32).to_le_bytes())
            .collect();
        let new = connection
            .prepare_cached(
                "INSERT OR IGNORE INTO interaction (id, time, facet, verdict, files) VALUES (?, ?, ?, ?, ?)",
            )?
            .execute(params![self.id, self.time, facet, self.verdict, numbers])?;
        if new == 0 {
            return Ok(None);
        }
        let seq = connection.last_insert_rowid();
        connection
            .prepare_cached("INSERT INTO body (seq, content) VALUES (?, ?)")?
            .execute(params![seq, self.content])?;
        let mut link = connection.prepare_cached(
            "INSERT OR IGNORE INTO interaction_file (file, time, seq) VALUES (?, ?, ?)",
        )?;
        for file in files {
            link.execute(params![file, self.time, seq])?;
        }
        Ok(Some(seq))
    }

    /// Writes over the interaction of the same id. Its files stay as they were.
    pub(super) fn replace(&self, connection: &Connection) -> Result<(), StoreError> {
        let seq: i64 = connection.query_row(
            "SELECT seq FROM interaction WHERE id = ?",
            [&self.id],
            |row| row.get(0),
        )?;
        connection
            .prepare_cached("UPDATE interaction SET verdict = ? WHERE seq = ?")?
            .execute(params![self.verdict, seq])?;
        connection
            .prepare_cached("UPDATE body SET content = ? WHERE seq = ?")?
            .execute(params![self.content, seq])?;
        Ok(())
    }
}

/// The number of a name that is stored once.
fn number(
    connection: &Connection,
    [find, make]: [&str; 2],
    names: impl rusqlite::Params + Copy,
) -> Result<i64, StoreError> {
    let found = connection
        .prepare_cached(find)?
        .query_row(names, |row| row.get(0))
        .optional()?;
    Ok(match found {
        Some(number) => number,
        None => connection.prepare_cached(make)?.insert(names)?,
    })
}

/// Writes an event, and what it says of the interaction; false if there is none.
pub(super) fn add_feedback(
    connection: &Connection,
    feedback: &Feedback,
) -> Result<bool, StoreError> {
    let mut feedback = std::borrow::Cow::Borrowed(feedback);
    let found: Option<i64> = connection
        .prepare_cached("SELECT seq FROM interaction WHERE id = ?")?
        .query_row([&feedback.interaction], |row| row.get(0))
        .optional()?;
    let Some(seq) = found else {
        return Ok(false);
    };
    let verdict = match feedback.event.clone() {
        Event::Up => Verdict::Good,
        Event::Down => Verdict::Bad,
        Event::Corrected { mut answer } => {
            // What cannot be read cannot be corrected, and is no reason to set everything else aside.
            let mut interaction = match read(connection, seq) {
                Err(StoreError::Unreadable(_)) => return Ok(false),
                read => read?.interaction,
            };
            // It may have been recorded more strictly than its correction is.
            if interaction.privacy == PrivacyMode::NoCode {
                remove_code(&mut answer);
            }
            interaction.correction = Some(answer.clone());
            feedback.to_mut().event = Event::Corrected { answer };
            connection
                .prepare_cached("UPDATE body SET content = ? WHERE seq = ?")?
                .execute(params![packed(&interaction)?, seq])?;
            Verdict::Corrected
        }
        _ => {
            insert_event(connection, seq, &feedback)?;
            return Ok(true);
        }
    };
    insert_event(connection, seq, &feedback)?;
    connection
        .prepare_cached("UPDATE interaction SET verdict = ? WHERE seq = ?")?
        .execute(params![verdict_number(Some(verdict)), seq])?;
    Ok(true)
}

/// Writes an event as it is, for an interaction that already has what follows from it.
pub(super) fn insert_event(
    connection: &Connection,
    seq: i64,
    feedback: &Feedback,
) -> Result<(), StoreError> {
    let event = serde_json::to_string(&feedback.event)
        .map_err(|error| StoreError::Other(error.to_string()))?;
    connection
        .prepare_cached("INSERT INTO feedback (seq, time, event) VALUES (?, ?, ?)")?
        .execute(params![seq, signed(feedback.time), event])?;
    Ok(())
}

/// Deletes the events that carry a correction in their own words.
pub(super) fn drop_corrections(connection: &Connection, id: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM feedback WHERE seq = (SELECT seq FROM interaction WHERE id = ?) AND event ->> 'event' = 'corrected'",
        )?
        .execute([id])?;
    Ok(())
}

pub(super) fn read(connection: &Connection, seq: i64) -> Result<Recorded, StoreError> {
    let (content, verdict): (Vec<u8>, i64) = connection
        .prepare_cached(
            "SELECT content, verdict FROM body JOIN interaction USING (seq) WHERE seq = ?",
        )?
        .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => {
                StoreError::Unreadable("its text is missing".to_owned())
            }
            other => other.into(),
        })?;
    let mut interaction = unpacked(&content)?;
    interaction.verdict = verdict_of(verdict);
    let mut events =
        connection.prepare_cached("SELECT time, event FROM feedback WHERE seq = ? ORDER BY id")?;
    let mut rows = events.query([seq])?;
    let mut feedback = Vec::new();
    while let Some(row) = rows.next()? {
        let time: i64 = row.get(0)?;
        let event: String = row.get(1)?;
        let event = serde_json::from_str(&event)
            .map_err(|error| StoreError::Unreadable(error.to_string()))?;
        feedback.push(Feedback {
            interaction: interaction.id.clone(),
            time: time.unsigned_abs(),
            event,
        });
    }
    Ok(Recorded {
        interaction,
        feedback,
    })
}

/// More than this is no interaction, but damage.
const LARGEST: usize = 64 << 20;
const LEVEL: i32 = 3;

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// The verdict is in a column of its own, which is the one that counts.
fn packed(interaction: &Interaction) -> Result<Vec<u8>, StoreError> {
    let failed = |error: &dyn std::fmt::Display| {
        StoreError::Other(format!("an interaction cannot be packed: {error}"))
    };
    let json = serde_json::to_vec(interaction).map_err(|error| failed(&error))?;
    if json.len() > LARGEST {
        return Err(failed(&"it is larger than 64 MiB"));
    }
    COMPRESSOR.with_borrow_mut(|slot| {
        let compressor = match slot {
            Some(compressor) => compressor,
            None => {
                let mut new = Compressor::new(LEVEL).map_err(|error| failed(&error))?;
                new.include_checksum(true).map_err(|error| failed(&error))?;
                slot.insert(new)
            }
        };
        compressor.compress(&json).map_err(|error| failed(&error))
    })
}

fn unpacked(content: &[u8]) -> Result<Interaction, StoreError> {
    let damaged = |error: &dyn std::fmt::Display| StoreError::Unreadable(error.to_string());
    let json = zstd::bulk::decompress(content, length_of(content).unwrap_or(LARGEST))
        .map_err(|error| damaged(&error))?;
    serde_json::from_slice(&json).map_err(|error| damaged(&error))
}

/// The length that the piece says it has when unpacked.
fn length_of(content: &[u8]) -> Option<usize> {
    let length = zstd::zstd_safe::get_frame_content_size(content).ok()??;
    usize::try_from(length)
        .ok()
        .filter(|length| *length <= LARGEST)
}

pub(super) fn verdict_number(verdict: Option<Verdict>) -> i64 {
    match verdict {
        None => 0,
        Some(Verdict::Good) => 1,
        Some(Verdict::Bad) => 2,
        Some(Verdict::Corrected) => 3,
    }
}

pub(super) fn verdict_of(number: i64) -> Option<Verdict> {
    match number {
        1 => Some(Verdict::Good),
        2 => Some(Verdict::Bad),
        3 => Some(Verdict::Corrected),
        _ => None,
    }
}

/// Times of the year 292,000,000 and later are cut off.
pub(super) fn signed(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}
