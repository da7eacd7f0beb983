//! Pieces of an answer as OpenAI's protocol writes them: as one object, or as a stream of chunks.

use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::error::Error;
use crate::engine::{Failure, Piece};
use models::{FinishReason, Usage};

/// How often a client that waits hears that it is not forgotten.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// What all objects of one answer begin with.
pub(super) struct Head {
    id: String,
    created: u64,
    model: String,
}

impl Head {
    pub(super) fn new(number: usize) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Head {
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

/// Waits for the whole answer.
pub(super) async fn whole(
    mut head: Head,
    mut pieces: UnboundedReceiver<Piece>,
) -> Result<Json<Value>, Error> {
    let (mut text, mut thoughts) = (String::new(), String::new());
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Began(model) => head.model = model,
            Piece::Thinking(thought) => thoughts.push_str(&thought),
            Piece::Text(words) => text.push_str(&words),
            Piece::Failed(failure) => return Err(Error::Failed(failure)),
            Piece::Done(reason, used) => {
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
    Err(broken_off())
}

/// Passes pieces on as they come.
pub(super) fn stream(
    mut head: Head,
    first: Vec<Piece>,
    pieces: UnboundedReceiver<Piece>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let later = stream::unfold(Some(pieces), |pieces| async {
        let mut pieces = pieces?;
        match pieces.recv().await {
            Some(piece) => {
                let last = matches!(piece, Piece::Done(..) | Piece::Failed(_));
                Some((Some(piece), (!last).then_some(pieces)))
            }
            None => Some((None, None)),
        }
    });
    let ended = matches!(first.last(), Some(Piece::Done(..)));
    let pieces = stream::iter(first.into_iter().map(Some)).chain(later.take(if ended {
        0
    } else {
        usize::MAX
    }));
    let events = pieces.flat_map(move |piece| {
        let events: Vec<Event> = match piece {
            Some(Piece::Began(model)) => {
                head.model = model;
                vec![event(
                    &head.chunk(json!({ "role": "assistant", "content": "" }), None),
                )]
            }
            Some(Piece::Thinking(thought)) => vec![event(
                &head.chunk(json!({ "reasoning_content": thought }), None),
            )],
            Some(Piece::Text(text)) => vec![event(&head.chunk(json!({ "content": text }), None))],
            Some(Piece::Done(reason, used)) => {
                let mut last = head.chunk(json!({}), Some(reason));
                last["usage"] = usage(used);
                vec![event(&last), Event::default().data("[DONE]")]
            }
            Some(Piece::Failed(failure)) => vec![event(&Error::Failed(failure).json())],
            None => vec![event(&broken_off().json())],
        };
        stream::iter(events.into_iter().map(Ok))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE).text("waiting"))
}

/// JSON has no line breaks, so it always is one line of an event.
fn event(data: &Value) -> Event {
    Event::default().data(data.to_string())
}

fn broken_off() -> Error {
    Error::Failed(Failure::Engine(
        "the answer broke off; ask again".to_owned(),
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
