//! Interactions as chat JSONL, out and in again: each line is a [`Sample`](crate::Sample) that any trainer reads, with the rest of the
//! interaction under `metadata.interaction`, so that what is imported is exactly what was exported.

use std::io::{BufRead, Write};

use rusqlite::TransactionBehavior;
use serde_json::{Map, Value};

use super::error::StoreError;
use super::query::{Filter, Position};
use super::{Recorded, Store, rows};
use crate::curate;
use crate::feedback::Feedback;
use crate::intake::Intake;
use crate::interaction::{Citation, Interaction, Verdict};
use crate::sample::{Message, Metadata, Role};

/// What came of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    pub new: u64,
    /// Their id was known already.
    pub known: u64,
    /// The privacy mode does not let them in.
    pub refused: u64,
}

/// What came of an export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exported {
    pub written: u64,
    /// Damaged, and left out.
    pub unreadable: u64,
}

const PAGE: usize = 1_000;
const KEY: &str = "interaction";

impl Store {
    /// Writes what `filter` means, newest first, one a line.
    pub fn export(&self, filter: &Filter, out: &mut dyn Write) -> Result<Exported, StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::Export(error.to_string());
        let mut from: Option<Position> = None;
        let mut exported = Exported::default();
        loop {
            let page = self.list(filter, PAGE, from)?;
            for recorded in &page.rows {
                let line = written(recorded).map_err(|error| failed(&error))?;
                writeln!(out, "{line}").map_err(|error| failed(&error))?;
                exported.written += 1;
            }
            exported.unreadable += page.unreadable;
            match page.next {
                Some(next) => from = Some(next),
                None => return Ok(exported),
            }
        }
    }

    /// Reads what [`Store::export`] wrote, or samples of others that are one question and one answer. All or nothing.
    pub fn import(
        &mut self,
        intake: &Intake,
        lines: &mut dyn BufRead,
    ) -> Result<Imported, StoreError> {
        let mut imported = Imported::default();
        // Nothing is locked while they are read: they may come from a slow pipe, and servers write meanwhile.
        let mut ready = Vec::new();
        for (at, line) in lines.lines().enumerate() {
            let wrong = |reason: String| StoreError::Import {
                line: at + 1,
                reason,
            };
            let line = line.map_err(|error| wrong(error.to_string()))?;
            if line.trim().is_empty() {
                continue;
            }
            let recorded = read(&line).map_err(wrong)?;
            let Some(admitted) = intake.admit(recorded.interaction) else {
                imported.refused += 1;
                continue;
            };
            let events = recorded.feedback.into_iter();
            let events: Vec<_> = events.filter_map(|it| intake.admit_feedback(it)).collect();
            ready.push((rows::Row::new(admitted.get())?, events));
        }
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (row, events) in &ready {
            let Some(seq) = row.insert(&transaction)? else {
                imported.known += 1;
                continue;
            };
            for event in events {
                rows::insert_event(&transaction, seq, event.get())?;
            }
            imported.new += 1;
        }
        transaction.commit()?;
        Ok(imported)
    }
}

fn written(recorded: &Recorded) -> Result<Value, serde_json::Error> {
    let mut line = serde_json::to_value(curate::as_sample(&recorded.interaction))?;
    let mut rest = serde_json::to_value(&recorded.interaction)?;
    if let Some(rest) = rest.as_object_mut() {
        // These are the messages.
        rest.remove("question");
        rest.remove("answer");
        if !recorded.feedback.is_empty() {
            let mut events = serde_json::to_value(&recorded.feedback)?;
            for event in events.as_array_mut().into_iter().flatten() {
                event
                    .as_object_mut()
                    .map(|event| event.remove("interaction"));
            }
            rest.insert("feedback".to_owned(), events);
        }
    }
    line["metadata"][KEY] = rest;
    Ok(line)
}

fn read(line: &str) -> Result<Recorded, String> {
    let said = |error: serde_json::Error| plain(&error);
    let mut value: Value = serde_json::from_str(line).map_err(said)?;
    let Some(fields) = value.as_object_mut() else {
        return Err("it is no JSON object".to_owned());
    };
    let messages = fields
        .remove("messages")
        .ok_or("missing field `messages`")?;
    let messages: Vec<Message> = serde_json::from_value(messages)
        .map_err(|error| format!("`messages`: {}", plain(&error)))?;
    let [question, answer] = <[Message; 2]>::try_from(messages)
        .ok()
        .filter(|[question, answer]| (question.role, answer.role) == (Role::User, Role::Assistant))
        .ok_or("it is not one question of the user and one answer of the assistant")?;
    let (question, answer) = (question.content, answer.content);
    let mut metadata = fields.remove("metadata").unwrap_or_default();
    let rest = metadata
        .as_object_mut()
        .and_then(|metadata| metadata.remove(KEY));
    match rest {
        Some(Value::Object(rest)) => own(rest, question, answer).map_err(said),
        Some(_) => Err(format!("`metadata.{KEY}` is not an object")),
        None => Ok(foreign(
            serde_json::from_value(metadata).ok(),
            question,
            answer,
        )),
    }
}

/// What is wrong, without the place in what is no file of its own.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) if error.column() > 0 => format!("column {}: {what}", error.column()),
        _ => text,
    }
}

fn own(
    mut rest: Map<String, Value>,
    question: String,
    answer: String,
) -> Result<Recorded, serde_json::Error> {
    let mut events = rest
        .remove("feedback")
        .unwrap_or_else(|| Value::Array(Vec::new()));
    for event in events
        .as_array_mut()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        event.insert(
            "interaction".to_owned(),
            rest.get("id").cloned().unwrap_or_default(),
        );
    }
    rest.insert("question".to_owned(), question.into());
    rest.insert("answer".to_owned(), answer.into());
    let feedback: Vec<Feedback> = serde_json::from_value(events)?;
    Ok(Recorded {
        interaction: serde_json::from_value(Value::Object(rest))?,
        feedback,
    })
}

/// A sample that somebody else made: whoever imports it finds it good. Without metadata as ours it is known by what it says.
fn foreign(metadata: Option<Metadata>, question: String, answer: String) -> Recorded {
    let good = Interaction {
        verdict: Some(Verdict::Good),
        ..Interaction::default()
    };
    let interaction = match metadata {
        Some(metadata) => Interaction {
            id: metadata.id,
            kind: metadata.kind,
            question,
            answer,
            citations: vec![Citation {
                file: metadata.source.file,
                range: metadata.source.range,
                verified: metadata.grounded,
            }],
            generation: metadata.teacher,
            ..good
        },
        None => {
            let mut hasher = blake3::Hasher::new();
            for part in [&question, &answer] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
            Interaction {
                id: hasher.finalize().to_hex()[..32].to_owned(),
                kind: "ask".to_owned(),
                question,
                answer,
                ..good
            }
        }
    };
    Recorded {
        interaction,
        feedback: Vec::new(),
    }
}
