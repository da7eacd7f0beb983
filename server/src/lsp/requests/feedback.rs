//! `repoLsp/feedback`, and the command with the same meaning: records feedback on an answer.

use std::sync::Arc;

use tower_lsp::jsonrpc::{Error, Result};
use trainer_bridge::{FeedbackEvent, RecordOutcome, new_id};

use crate::lsp::ext::{FeedbackParams, FeedbackResult, InsertedAt, Verdict};
use crate::lsp::shared::Shared;
use crate::lsp::snapshot::SessionSnapshot;
use assistant::recording::Inserted;

pub async fn handle(
    shared: &Arc<Shared>,
    session: Arc<SessionSnapshot>,
    params: FeedbackParams,
) -> Result<FeedbackResult> {
    let Some(policy) = session.recording.clone() else {
        return Ok(refused("the session is not initialized"));
    };
    let (events, inserted) = events(&session, &params)?;
    let mut waiting = Vec::new();
    for event in events {
        let ticket = shared
            .samples
            .feedback(&policy, &params.interaction_id, event);
        let Some(ticket) = ticket else {
            return Ok(refused("recording is off: samples.mode is \"off\""));
        };
        waiting.push(ticket);
    }
    if let Some((at, id, inserted)) = inserted {
        let key = crate::lsp::document::key(&at.text_document.uri);
        let interaction = params.interaction_id.clone();
        shared.insertions.track(key, interaction, id, inserted);
    }
    for ticket in waiting {
        match ticket.await {
            RecordOutcome::Durable => {}
            RecordOutcome::UnknownInteraction => {
                return Ok(refused("there is no recorded interaction with this id"));
            }
            RecordOutcome::NotAdmitted => {
                return Ok(refused("recording is off: samples.mode is \"off\""));
            }
            RecordOutcome::Deferred(notice) => {
                return Ok(refused(&format!(
                    "the feedback will be written later: {notice}"
                )));
            }
            RecordOutcome::Lost(notice) => return Ok(refused(&notice.to_string())),
        }
    }
    Ok(FeedbackResult {
        recorded: true,
        message: None,
    })
}

type Insertion<'p> = Option<(&'p InsertedAt, String, Inserted)>;

/// Converts the parameters to events. Errors if they contradict each other or contain no feedback.
fn events<'p>(
    session: &SessionSnapshot,
    params: &'p FeedbackParams,
) -> Result<(Vec<FeedbackEvent>, Insertion<'p>)> {
    let mut events = Vec::new();
    match (&params.correction, params.verdict) {
        (Some(_), Some(Verdict::Good)) => {
            return Err(Error::invalid_params(
                "a corrected answer cannot have the verdict \"good\"; leave out the verdict",
            ));
        }
        (Some(answer), _) if answer.trim().is_empty() => {
            return Err(Error::invalid_params("the correction is empty"));
        }
        (Some(answer), _) => events.push(FeedbackEvent::Corrected {
            answer: answer.clone(),
        }),
        (None, Some(Verdict::Good)) => events.push(FeedbackEvent::Up),
        (None, Some(Verdict::Bad)) => events.push(FeedbackEvent::Down),
        (None, None) => {}
    }
    if let Some(copied) = params.copied {
        events.push(FeedbackEvent::Copied {
            characters: copied.characters,
        });
    }
    let mut insertion = None;
    if let Some(at) = &params.inserted {
        let file = session.file(&at.text_document.uri)?;
        let text = file.document.text();
        let start = file.offset(at.range.start, session.encoding)? as usize;
        let end = file.document.lines();
        let end = end.offset_or_end(text, at.range.end, session.encoding) as usize;
        let code = text.get(start..end.max(start)).unwrap_or_default();
        if code.trim().is_empty() {
            return Err(Error::invalid_params("inserted.range contains no text"));
        }
        let id = new_id();
        events.push(FeedbackEvent::Inserted {
            insertion: id.clone(),
            characters: code.chars().count() as u64,
        });
        insertion = Some((at, id, Inserted::new(text.clone(), start, end)));
    }
    if events.is_empty() {
        return Err(Error::invalid_params(
            "there is nothing to record: give a verdict, a correction, copied or inserted",
        ));
    }
    Ok((events, insertion))
}

fn refused(why: &str) -> FeedbackResult {
    FeedbackResult {
        recorded: false,
        message: Some(why.to_owned()),
    }
}
