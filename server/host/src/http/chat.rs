//! `POST /v1/chat/completions`: from the request to an answer, whole or piece by piece.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::sync::{mpsc, watch};

use super::answer::{self, Head};
use super::error::Error;
use super::request::Asked;
use crate::engine::{Failure, Piece};
use crate::manager::Refusal;
use crate::serve::HostProcess;
use models::Priority;
use models::host_files::PRIORITY_HEADER;

/// For so long an answer is waited for before the response begins: what goes wrong until then has a status that says so.
const BEFORE_BEGINNING: Duration = Duration::from_secs(2);

pub(super) async fn complete(
    State(host): State<Arc<HostProcess>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Error> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        _ => Error::BadRequest("the request broke off".into()),
    })?;
    let asked = Asked::parse(&body)?;
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
    let (stream, head) = (asked.stream, Head::new(host.number()));
    let waiting = Counted::new(host.clone(), |host| &host.waiting);
    tokio::spawn(answered(host, asked, priority, out, waiting));
    if !stream {
        return answer::whole(head, pieces)
            .await
            .map(IntoResponse::into_response);
    }
    // What has come by then is passed on below; `Began` alone is no reason to begin.
    let mut first = Vec::new();
    let _ = tokio::time::timeout(BEFORE_BEGINNING, async {
        while let Some(piece) = pieces.recv().await {
            let only_began = matches!(piece, Piece::Began(_));
            first.push(piece);
            if !only_began {
                break;
            }
        }
    })
    .await;
    if let Some(Piece::Failed(failure)) = first.last() {
        return Err(Error::Failed(failure.clone()));
    }
    Ok(answer::stream(head, first, pieces).into_response())
}

/// Finds an engine, waits for its turn, and answers. Until it has the turn it may leave at any time; it does when nobody listens.
async fn answered(
    host: Arc<HostProcess>,
    asked: Asked,
    priority: Priority,
    out: mpsc::UnboundedSender<Piece>,
    waiting: Counted,
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
                    Refusal::NoSuchModel(why) => Failure::NoSuchModel(why),
                    Refusal::Unavailable(why) => Failure::Unavailable(why),
                })?;
            let turn = engine.queue.enter(priority).await;
            // It may have broken down under whoever was before us.
            if !engine.is_lost() {
                return Ok((engine, turn));
            }
        }
    };
    let (engine, turn) = tokio::select! {
        biased;
        () = out.closed() => return,
        found = found => match found {
            Ok(found) => found,
            Err(failure) => {
                let _ = out.send(Piece::Failed(failure));
                return;
            }
        },
    };
    // In this order, so that it is counted at every moment.
    let running = Counted::new(host.clone(), |host| &host.running);
    drop(waiting);
    let preempted = turn.preempted().clone();
    engine.answer(asked.question, &out, &preempted).await;
    host.note_request();
    drop((turn, running));
}

/// One of those who are counted, until it is dropped.
struct Counted(Arc<HostProcess>, fn(&HostProcess) -> &watch::Sender<usize>);

impl Counted {
    fn new(host: Arc<HostProcess>, counter: fn(&HostProcess) -> &watch::Sender<usize>) -> Self {
        counter(&host).send_modify(|count| *count += 1);
        Counted(host, counter)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1(&self.0).send_modify(|count| *count -= 1);
    }
}
