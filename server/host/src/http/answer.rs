//! Encodes answers in the OpenAI protocol: as one object, or as a stream of chunks.

use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::error::Error;
use crate::engine::{AnswerEvent, Failure};
use models::{FinishReason, Usage};

/// Interval of keep-alive comments in a stream.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// The fields common to all objects of one answer.
pub(super) struct ResponseHead {
    id: String,
    created: u64,
    model: String,
}

impl ResponseHead {
    pub(super) fn new(number: usize) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        ResponseHead {
            id: format!("chatcmpl-{number}"),
            created: now.map_or(0, |now| now.as_secs()),
            model: String::new(),
        }
    }

    fn object(&self, kind: &str, choice: Value) -> Value {
        json!({ "id": self.id, "object": kind, "created": self.created, "model": self.model, "choices": [choice] })
    }

    fn chunk(&self, delta: Value, reason: Option<FinishReason>) -> Value {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": reason.map(name) });
        self.object("chat.completion.chunk", choice)
    }
}

/// Waits for the complete answer.
pub(super) async fn whole(
    mut head: ResponseHead,
    mut pieces: UnboundedReceiver<AnswerEvent>,
) -> Result<Json<Value>, Error> {
    let (mut text, mut thoughts) = (String::new(), String::new());
    while let Some(piece) = pieces.recv().await {
        match piece {
            AnswerEvent::Started(model) => head.model = model,
            AnswerEvent::Thinking(thought) => thoughts.push_str(&thought),
            AnswerEvent::Text(words) => text.push_str(&words),
            AnswerEvent::Failed(failure) => return Err(Error::Failed(failure)),
            AnswerEvent::Done(reason, used) => {
                let mut message = json!({ "role": "assistant", "content": text });
                if !thoughts.is_empty() {
                    message["reasoning_content"] = thoughts.into();
                }
                let choice =
                    json!({ "index": 0, "message": message, "finish_reason": name(reason) });
                let mut answer = head.object("chat.completion", choice);
                answer["usage"] = usage(used);
                return Ok(Json(answer));
            }
        }
    }
    Err(incomplete())
}

/// Streams events as they arrive.
pub(super) fn stream(
    mut head: ResponseHead,
    first: Vec<AnswerEvent>,
    pieces: UnboundedReceiver<AnswerEvent>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let later = stream::unfold(Some(pieces), |pieces| async {
        let mut pieces = pieces?;
        match pieces.recv().await {
            Some(piece) => {
                let last = matches!(piece, AnswerEvent::Done(..) | AnswerEvent::Failed(_));
                Some((Some(piece), (!last).then_some(pieces)))
            }
            None => Some((None, None)),
        }
    });
    let ended = matches!(first.last(), Some(AnswerEvent::Done(..)));
    let pieces = stream::iter(first.into_iter().map(Some)).chain(later.take(if ended {
        0
    } else {
        usize::MAX
    }));
    let events = pieces.flat_map(move |piece| {
        let events: Vec<Event> = match piece {
            Some(AnswerEvent::Started(model)) => {
                head.model = model;
                vec![event(
                    &head.chunk(json!({ "role": "assistant", "content": "" }), None),
                )]
            }
            Some(AnswerEvent::Thinking(thought)) => vec![event(
                &head.chunk(json!({ "reasoning_content": thought }), None),
            )],
            Some(AnswerEvent::Text(text)) => {
                vec![event(&head.chunk(json!({ "content": text }), None))]
            }
            Some(AnswerEvent::Done(reason, used)) => {
                let mut last = head.chunk(json!({}), Some(reason));
                last["usage"] = usage(used);
                vec![event(&last), Event::default().data("[DONE]")]
            }
            Some(AnswerEvent::Failed(failure)) => vec![event(&Error::Failed(failure).json())],
            None => vec![event(&incomplete().json())],
        };
        stream::iter(events.into_iter().map(Ok))
    });
    Sse::new(events).keep_alive(
        KeepAlive::new()
            .interval(KEEP_ALIVE_INTERVAL)
            .text("waiting"),
    )
}

/// Encodes one event. JSON contains no line breaks, so it fits into one `data` line.
fn event(data: &Value) -> Event {
    Event::default().data(data.to_string())
}

fn incomplete() -> Error {
    Error::Failed(Failure::Engine(
        "the answer is incomplete; ask again".to_owned(),
    ))
}

fn name(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
    }
}

fn usage(usage: Usage) -> Value {
    let total = usage.prompt + usage.completion;
    json!({ "prompt_tokens": usage.prompt, "completion_tokens": usage.completion, "total_tokens": total })
}
