//! Converts one interaction to rows and back. Its content is compressed JSON with a checksum, so that damage is detected.

use std::cell::RefCell;

use rusqlite::{Connection, OptionalExtension, params};
use zstd::bulk::Compressor;

use super::RecordedInteraction;
use super::error::StoreError;
use crate::feedback::{Feedback, FeedbackEvent};
use crate::intake::Admitted;
use crate::interaction::{Interaction, PrivacyMode, Verdict};

/// An interaction, packed before the database is locked.
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
    pub(super) fn new(admitted: &Admitted<Interaction>) -> Result<Self, StoreError> {
        let interaction = admitted.get();
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
            content: pack(interaction)?,
        })
    }

    /// Inserts the interaction and returns its row number, or `None` if its id exists already.
    pub(super) fn insert(&self, connection: &Connection) -> Result<Option<i64>, StoreError> {
        let facet = name_number(
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
            files.push(name_number(connection, sql, (path,))?);
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

    /// Replaces the verdict and the content of the interaction with the same id. Its files stay as they are.
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

/// Returns the row number of a name that is stored once, and inserts it if it is new.
fn name_number(
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

/// Inserts an event and updates the verdict and the correction of its interaction. Returns false if the interaction does not exist.
pub(super) fn add_feedback(
    connection: &Connection,
    feedback: &Admitted<Feedback>,
) -> Result<bool, StoreError> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT seq FROM interaction WHERE id = ?")?
        .query_row([&feedback.get().interaction], |row| row.get(0))
        .optional()?;
    let Some(seq) = found else {
        return Ok(false);
    };
    let verdict = match &feedback.get().event {
        FeedbackEvent::Up => Some(Verdict::Good),
        FeedbackEvent::Down => Some(Verdict::Bad),
        FeedbackEvent::Corrected { .. } => return add_correction(connection, seq, feedback),
        _ => None,
    };
    insert_event(connection, seq, feedback)?;
    if verdict.is_some() {
        set_verdict(connection, seq, verdict)?;
    }
    Ok(true)
}

fn add_correction(
    connection: &Connection,
    seq: i64,
    feedback: &Admitted<Feedback>,
) -> Result<bool, StoreError> {
    let mut interaction = match read(connection, seq) {
        // A damaged interaction cannot be corrected, and the database need not be set aside because of it.
        Err(StoreError::Unreadable(_)) => return Ok(false),
        read => read?.interaction,
    };
    // The interaction may have been recorded in a stricter mode than its correction.
    let feedback = match interaction.privacy {
        PrivacyMode::NoCode => &feedback.without_code(),
        _ => feedback,
    };
    if let FeedbackEvent::Corrected { answer } = &feedback.get().event {
        interaction.correction = Some(answer.clone());
    }
    connection
        .prepare_cached("UPDATE body SET content = ? WHERE seq = ?")?
        .execute(params![pack(&interaction)?, seq])?;
    insert_event(connection, seq, feedback)?;
    set_verdict(connection, seq, Some(Verdict::Corrected))?;
    Ok(true)
}

fn set_verdict(
    connection: &Connection,
    seq: i64,
    verdict: Option<Verdict>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE interaction SET verdict = ? WHERE seq = ?")?
        .execute(params![verdict_number(verdict), seq])?;
    Ok(())
}

/// Inserts an event and changes nothing else.
pub(super) fn insert_event(
    connection: &Connection,
    seq: i64,
    feedback: &Admitted<Feedback>,
) -> Result<(), StoreError> {
    let feedback = feedback.get();
    let event = serde_json::to_string(&feedback.event)
        .map_err(|error| StoreError::Other(error.to_string()))?;
    connection
        .prepare_cached("INSERT INTO feedback (seq, time, event) VALUES (?, ?, ?)")?
        .execute(params![seq, signed(feedback.time), event])?;
    Ok(())
}

/// Deletes the events that contain the text of a correction.
pub(super) fn drop_corrections(connection: &Connection, id: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM feedback WHERE seq = (SELECT seq FROM interaction WHERE id = ?) AND event ->> 'event' = 'corrected'",
        )?
        .execute([id])?;
    Ok(())
}

pub(super) fn read(connection: &Connection, seq: i64) -> Result<RecordedInteraction, StoreError> {
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
    let mut interaction = unpack(&content)?;
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
    Ok(RecordedInteraction {
        interaction,
        feedback,
    })
}

/// The maximum length of an interaction's JSON in bytes. A longer one is damaged.
const MAX_CONTENT_LEN: usize = 64 << 20;
const COMPRESSION_LEVEL: i32 = 3;

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// Compresses an interaction. Its verdict in here is ignored when it is read: the column counts.
fn pack(interaction: &Interaction) -> Result<Vec<u8>, StoreError> {
    let failed = |error: &dyn std::fmt::Display| {
        StoreError::Other(format!("an interaction cannot be packed: {error}"))
    };
    let json = serde_json::to_vec(interaction).map_err(|error| failed(&error))?;
    if json.len() > MAX_CONTENT_LEN {
        return Err(failed(&"it is larger than 64 MiB"));
    }
    COMPRESSOR.with_borrow_mut(|slot| {
        let compressor = match slot {
            Some(compressor) => compressor,
            None => {
                let mut new = Compressor::new(COMPRESSION_LEVEL).map_err(|error| failed(&error))?;
                new.include_checksum(true).map_err(|error| failed(&error))?;
                slot.insert(new)
            }
        };
        compressor.compress(&json).map_err(|error| failed(&error))
    })
}

fn unpack(content: &[u8]) -> Result<Interaction, StoreError> {
    let damaged = |error: &dyn std::fmt::Display| StoreError::Unreadable(error.to_string());
    let json = zstd::bulk::decompress(content, declared_len(content).unwrap_or(MAX_CONTENT_LEN))
        .map_err(|error| damaged(&error))?;
    serde_json::from_slice(&json).map_err(|error| damaged(&error))
}

/// Returns the uncompressed length that the frame declares.
fn declared_len(content: &[u8]) -> Option<usize> {
    let length = zstd::zstd_safe::get_frame_content_size(content).ok()??;
    usize::try_from(length)
        .ok()
        .filter(|length| *length <= MAX_CONTENT_LEN)
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

/// Converts a time for SQLite. Times after the year 292,000,000 are clamped.
pub(super) fn signed(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}
