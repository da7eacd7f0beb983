//! `POST /v1/chat/completions`: answers a chat request, as one object or as a stream.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::sync::{mpsc, watch};

use super::answer::{self, ResponseHead};
use super::error::Error;
use super::request::ParsedRequest;
use crate::engine::{AnswerEvent, Failure};
use crate::manager::EngineError;
use crate::serve::HostProcess;
use models::Priority;
use models::host_files::PRIORITY_HEADER;

/// Time to wait for the first event before the response starts. An error until then is reported with an HTTP error status.
const ERROR_STATUS_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) async fn complete(
    State(host): State<Arc<HostProcess>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Error> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        _ => Error::BadRequest("the request is incomplete".into()),
    })?;
    let asked = ParsedRequest::parse(&body)?;
    let priority = match headers.get(PRIORITY_HEADER).map(|value| value.as_bytes()) {
        None | Some(b"chat") => Priority::Chat,
        Some(b"background") => Priority::Background,
        Some(_) => {
            return Err(Error::BadRequest(format!(
                "`{PRIORITY_HEADER}` must be `chat` or `background`"
            )));
        }
    };
    if host.stopping.is_cancelled() {
        return Err(Error::Stopping);
    }
    host.note_request();
    let (out, mut pieces) = mpsc::unbounded_channel();
    let (stream, head) = (asked.stream, ResponseHead::new(host.number()));
    let waiting = CountGuard::new(host.clone(), |host| &host.waiting);
    tokio::spawn(answered(host, asked, priority, out, waiting));
    if !stream {
        return answer::whole(head, pieces)
            .await
            .map(IntoResponse::into_response);
    }
    // Events received until then are sent below. `Started` alone does not start the response.
    let mut first = Vec::new();
    let _ = tokio::time::timeout(ERROR_STATUS_TIMEOUT, async {
        while let Some(piece) = pieces.recv().await {
            let only_started = matches!(piece, AnswerEvent::Started(_));
            first.push(piece);
            if !only_started {
                break;
            }
        }
    })
    .await;
    if let Some(AnswerEvent::Failed(failure)) = first.last() {
        return Err(Error::Failed(failure.clone()));
    }
    Ok(answer::stream(head, first, pieces).into_response())
}

/// Finds an engine, waits for a slot, and answers. Returns early if the client disconnects before the slot is granted.
async fn answered(
    host: Arc<HostProcess>,
    asked: ParsedRequest,
    priority: Priority,
    out: mpsc::UnboundedSender<AnswerEvent>,
    waiting: CountGuard,
) {
    let found = async {
        let name = host
            .manager
            .library()
            .name(&asked.model)
            .await
            .map_err(|missing| Failure::NoSuchModel(missing.line()))?;
        loop {
            let engine = host
                .manager
                .engine(&name)
                .await
                .map_err(|refusal| match refusal {
                    EngineError::NoSuchModel(why) => Failure::NoSuchModel(why),
                    EngineError::Unavailable(why) => Failure::Unavailable(why),
                })?;
            let slot = engine.queue.enter(priority).await;
            // It may have failed while the previous request was running.
            if !engine.is_lost() {
                return Ok((engine, slot));
            }
        }
    };
    let (engine, slot) = tokio::select! {
        biased;
        () = out.closed() => return,
        found = found => match found {
            Ok(found) => found,
            Err(failure) => {
                let _ = out.send(AnswerEvent::Failed(failure));
                return;
            }
        },
    };
    // In this order, so that the request is counted at every moment.
    let running = CountGuard::new(host.clone(), |host| &host.running);
    drop(waiting);
    let preempted = slot.preempted().clone();
    engine.answer(asked.question, &out, &preempted).await;
    host.note_request();
    drop((slot, running));
}

/// Counts a request until dropped.
struct CountGuard(Arc<HostProcess>, fn(&HostProcess) -> &watch::Sender<usize>);

impl CountGuard {
    fn new(host: Arc<HostProcess>, counter: fn(&HostProcess) -> &watch::Sender<usize>) -> Self {
        counter(&host).send_modify(|count| *count += 1);
        CountGuard(host, counter)
    }
}

impl Drop for CountGuard {
    fn drop(&mut self) {
        self.1(&self.0).send_modify(|count| *count -= 1);
    }
}
