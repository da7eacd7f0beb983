//! Exports and imports interactions as chat JSONL: each line is a [`Sample`](crate::Sample), with the other fields of the interaction
//! under `metadata.interaction`, so that an import restores exactly what was exported.

use std::io::{BufRead, Write};

use rusqlite::TransactionBehavior;
use serde_json::{Map, Value};

use super::error::StoreError;
use super::query::{Filter, PageCursor};
use super::{RecordedInteraction, Store, rows};
use crate::curate;
use crate::feedback::Feedback;
use crate::intake::Intake;
use crate::interaction::{Interaction, RecordedCitation, Verdict};
use crate::sample::{Message, Metadata, Role};

/// The result of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportSummary {
    pub new: u64,
    /// Their id exists already.
    pub known: u64,
    /// The privacy mode or a private file forbids to record them.
    pub refused: u64,
}

/// The result of an export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExportSummary {
    pub written: u64,
    /// Damaged interactions, which are left out.
    pub unreadable: u64,
}

const PAGE_SIZE: usize = 1_000;
const INTERACTION_KEY: &str = "interaction";

impl Store {
    /// Writes the interactions that match `filter`, one a line, newest first.
    pub fn export(
        &self,
        filter: &Filter,
        out: &mut dyn Write,
    ) -> Result<ExportSummary, StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::Export(error.to_string());
        let mut from: Option<PageCursor> = None;
        let mut exported = ExportSummary::default();
        loop {
            let page = self.list(filter, PAGE_SIZE, from)?;
            for recorded in &page.rows {
                let line = to_line(recorded).map_err(|error| failed(&error))?;
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

    /// Reads lines that [`Store::export`] wrote, or foreign chat JSONL with one question and one answer a line. Imports all lines or none.
    pub fn import(
        &mut self,
        intake: &Intake,
        lines: &mut dyn BufRead,
    ) -> Result<ImportSummary, StoreError> {
        let mut imported = ImportSummary::default();
        // The database is not locked while lines are read: they may come from a slow pipe, and servers write meanwhile.
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
            let recorded = from_line(&line).map_err(wrong)?;
            let Some(admitted) = intake.admit(recorded.interaction) else {
                imported.refused += 1;
                continue;
            };
            let events = recorded.feedback.into_iter();
            let events: Vec<_> = events.filter_map(|it| intake.admit_feedback(it)).collect();
            ready.push((rows::Row::new(&admitted)?, events));
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
                rows::insert_event(&transaction, seq, event)?;
            }
            imported.new += 1;
        }
        transaction.commit()?;
        Ok(imported)
    }
}

fn to_line(recorded: &RecordedInteraction) -> Result<Value, serde_json::Error> {
    let mut line = serde_json::to_value(curate::as_sample(&recorded.interaction))?;
    let mut rest = serde_json::to_value(&recorded.interaction)?;
    if let Some(rest) = rest.as_object_mut() {
        // These two are in the messages.
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
    line["metadata"][INTERACTION_KEY] = rest;
    Ok(line)
}

fn from_line(line: &str) -> Result<RecordedInteraction, String> {
    let invalid = |error: serde_json::Error| message_of(&error);
    let mut value: Value = serde_json::from_str(line).map_err(invalid)?;
    let Some(fields) = value.as_object_mut() else {
        return Err("it is not a JSON object".to_owned());
    };
    let messages = fields
        .remove("messages")
        .ok_or("missing field `messages`")?;
    let messages: Vec<Message> = serde_json::from_value(messages)
        .map_err(|error| format!("`messages`: {}", message_of(&error)))?;
    let [question, answer] = <[Message; 2]>::try_from(messages)
        .ok()
        .filter(|[question, answer]| (question.role, answer.role) == (Role::User, Role::Assistant))
        .ok_or("it is not one question of the user and one answer of the assistant")?;
    let (question, answer) = (question.content, answer.content);
    let mut metadata = fields.remove("metadata").unwrap_or_default();
    let rest = metadata
        .as_object_mut()
        .and_then(|metadata| metadata.remove(INTERACTION_KEY));
    match rest {
        Some(Value::Object(rest)) => exported_interaction(rest, question, answer).map_err(invalid),
        Some(_) => Err(format!("`metadata.{INTERACTION_KEY}` is not an object")),
        None => Ok(foreign_interaction(
            serde_json::from_value(metadata).ok(),
            question,
            answer,
        )),
    }
}

/// Formats an error without its line number, which is always 1 within a line.
fn message_of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) if error.column() > 0 => format!("column {}: {what}", error.column()),
        _ => text,
    }
}

fn exported_interaction(
    mut rest: Map<String, Value>,
    question: String,
    answer: String,
) -> Result<RecordedInteraction, serde_json::Error> {
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
    Ok(RecordedInteraction {
        interaction: serde_json::from_value(Value::Object(rest))?,
        feedback,
    })
}

/// A line of another origin. It counts as good, since the user imports it. Without metadata like ours, its id is a hash of its content.
fn foreign_interaction(
    metadata: Option<Metadata>,
    question: String,
    answer: String,
) -> RecordedInteraction {
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
            citations: vec![RecordedCitation {
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
    RecordedInteraction {
        interaction,
        feedback: Vec::new(),
    }
}
