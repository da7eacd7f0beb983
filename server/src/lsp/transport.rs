//! The loop between a byte stream and the service: reads in order, answers as answers become ready.
//!
//! The framework's own server polls all requests inside one task and stops at the first unreadable message. This one
//! - begins each message, in order, before it reads the next, so that a notification's change is made and a request's snapshot
//!   is taken in the order the client sent them (rules 1 and 2);
//! - lets whatever is not done by then continue on a task of its own, so that a slow one never delays `$/cancelRequest` (rule 4);
//! - turns a panic into an `InternalError` (rule 5).

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, SinkExt, StreamExt};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};
use tower_lsp::{ClientSocket, LanguageServer, LspService};
use tower_service::Service;

use super::frame::{self, Frame, FrameReader};
use super::message::{self, Incoming};

/// Requests begun and not yet answered. Beyond it the client is told so at once, rather than made to wait.
const MAX_IN_FLIGHT: usize = 4096;
/// How long requests may take to finish after the client closed its end without `exit`.
const GRACE: Duration = Duration::from_secs(2);

pub async fn run<R, W, S>(input: R, output: W, mut service: LspService<S>, socket: ClientSocket)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
    S: LanguageServer,
{
    let (to_client, mut from_client) = socket.split();
    let (replies, pending) = mpsc::channel(64);
    let writer = tokio::spawn(write_all(output, to_client, pending));
    let mut edge = Edge {
        replies,
        tasks: JoinSet::new(),
        in_flight: Arc::new(Semaphore::new(MAX_IN_FLIGHT)),
    };
    let mut frames = FrameReader::new(input);

    let mut exited = false;
    while !exited {
        let body = match frames.next().await {
            Ok(Some(Frame::Body(body))) => body,
            Ok(Some(Frame::Malformed(what))) => {
                tracing::warn!("skipped bytes that are no message: {what}");
                let error = Error {
                    message: format!("Parse error: {what}").into(),
                    ..Error::parse_error()
                };
                edge.reply(Response::from_error(Id::Null, error));
                continue;
            }
            Ok(None) => break,
            Err(error) => {
                tracing::error!("cannot read from the client: {error}");
                break;
            }
        };
        match message::decode(&body) {
            Ok(Incoming::Request(request)) => {
                exited = request.method() == "exit";
                edge.begin(&mut service, request).await;
            }
            Ok(Incoming::Response(response)) => {
                // Never waits: it only wakes whoever waits for the reply.
                let _ = from_client.send(response).await;
            }
            Ok(Incoming::Unreadable) => tracing::warn!("a reply of the client cannot be read"),
            Err(reply) => edge.reply(*reply),
        }
        while edge.tasks.try_join_next().is_some() {}
    }
    if !exited {
        let _ = tokio::time::timeout(GRACE, async {
            while edge.tasks.join_next().await.is_some() {}
        })
        .await;
    }
    // Dropping the tasks drops the futures, and with them every request's cancellation guard.
    drop(edge);
    let _ = tokio::time::timeout(GRACE, writer).await;
}

struct Edge {
    replies: mpsc::Sender<Response>,
    tasks: JoinSet<()>,
    in_flight: Arc<Semaphore>,
}

impl Edge {
    async fn begin<S: LanguageServer>(&mut self, service: &mut LspService<S>, request: Request) {
        let id = request.id().cloned();
        // Notifications are never refused: `$/cancelRequest` is one, and what relieves us.
        let slot = match &id {
            None => None,
            Some(id) => match self.in_flight.clone().try_acquire_owned() {
                Ok(slot) => Some(slot),
                Err(_) => return self.reply(Response::from_error(id.clone(), overloaded())),
            },
        };
        // Only these change what the framework thinks of all later messages, so those have to wait for them.
        let lifecycle = matches!(request.method(), "initialize" | "shutdown");
        let method = request.method().to_owned();
        let failed = move |panic: Box<dyn Any + Send>| {
            tracing::error!("`{method}` panicked: {}", panic_text(&*panic));
            id.map(|id| Response::from_error(id, Error::internal_error()))
        };
        let mut work = AssertUnwindSafe(service.call(request)).catch_unwind();
        let mut outcome = futures::poll!(&mut work);
        if lifecycle && outcome.is_pending() {
            outcome = std::task::Poll::Ready((&mut work).await);
        }
        match outcome {
            std::task::Poll::Ready(done) => {
                if let Some(response) = done.map_or_else(failed, |r| r.unwrap_or_default()) {
                    self.reply(response);
                }
            }
            std::task::Poll::Pending => {
                let replies = self.replies.clone();
                self.tasks.spawn(async move {
                    if let Some(response) =
                        work.await.map_or_else(failed, |r| r.unwrap_or_default())
                    {
                        let _ = replies.send(response).await;
                    }
                    drop(slot);
                });
            }
        }
    }

    /// Hands a reply to the writer without waiting for it: a client that only writes must not stop us from reading.
    fn reply(&mut self, response: Response) {
        if let Err(mpsc::error::TrySendError::Full(response)) = self.replies.try_send(response) {
            let replies = self.replies.clone();
            self.tasks.spawn(async move {
                let _ = replies.send(response).await;
            });
        }
    }
}

/// Writes until the last reply is written. What we say of our own accord goes first: partial results precede their response.
async fn write_all<W, N>(mut output: W, mut notifications: N, mut replies: mpsc::Receiver<Response>)
where
    W: AsyncWrite + Unpin,
    N: futures::Stream<Item = Request> + Unpin,
{
    loop {
        let written = tokio::select! {
            biased;
            Some(request) = notifications.next() => send(&mut output, &request).await,
            reply = replies.recv() => match reply {
                Some(reply) => send(&mut output, &reply).await,
                None => return,
            },
        };
        if let Err(error) = written {
            tracing::error!("cannot write to the client: {error}");
            return;
        }
    }
}

async fn send<W: AsyncWrite + Unpin>(
    output: &mut W,
    message: &impl Serialize,
) -> std::io::Result<()> {
    frame::write(output, &serde_json::to_vec(message)?).await
}

fn overloaded() -> Error {
    // RequestFailed of LSP 3.17.
    Error {
        message: "too many requests are waiting".into(),
        ..Error::new(ErrorCode::ServerError(-32803))
    }
}

pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
