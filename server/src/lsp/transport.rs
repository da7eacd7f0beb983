//! The loop between a byte stream and the service: reads messages in order and writes replies as they become ready.
//!
//! It replaces `tower_lsp::Server`, which polls all requests inside one task and stops at the first unreadable message. This loop
//! - starts each message, in order, before it reads the next one, so that notifications are applied and snapshots are taken in the order
//!   in which the client sent them (rules 1 and 2);
//! - moves a request that is not finished by then to a task of its own, so that it does not delay `$/cancelRequest` (rule 4);
//! - turns a panic into an `InternalError` (rule 5).
//!
//! Why not `lsp-server`, the synchronous loop of rust-analyzer? It would replace the routing of `tower-lsp` and this loop, about 200
//! lines. Its reader ends the session at the first malformed header or body, so `frame` and `message` (recovery, lenient parameters)
//! would stay or the recovery be lost. To be rewritten by hand: the routing table, which the `LanguageServer` trait types and checks at
//! compile time, against `match` on method names; the requests to the client with their ids and pending replies (configuration,
//! registration, progress, `showDocument`); and cancellation, which now only has to drop a future. Streaming answers and the model client
//! need the asynchronous runtime in any case. The gain, one dependency less and a loop without `poll!`, is smaller than that, so
//! `tower-lsp` stays for routing and for the client handle.

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

/// Maximum number of unanswered requests. Further ones are refused at once.
const MAX_IN_FLIGHT: usize = 4096;
/// How long requests may take to finish after the client closed the input without `exit`.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves the client until it sends `exit` or closes the input.
pub async fn run<R, W, S>(input: R, output: W, mut service: LspService<S>, socket: ClientSocket)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
    S: LanguageServer,
{
    let (to_client, mut from_client) = socket.split();
    let (replies, pending) = mpsc::channel(64);
    let writer = tokio::spawn(write_all(output, to_client, pending));
    let mut requests = RunningRequests {
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
                tracing::warn!("skipped bytes that are not a message: {what}");
                let error = Error {
                    message: format!("Parse error: {what}").into(),
                    ..Error::parse_error()
                };
                requests.reply(Response::from_error(Id::Null, error));
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
                requests.begin(&mut service, request).await;
            }
            Ok(Incoming::Response(response)) => {
                // Does not block: it only wakes the task that waits for the reply.
                let _ = from_client.send(response).await;
            }
            Ok(Incoming::Unreadable) => tracing::warn!("cannot decode a reply of the client"),
            Err(reply) => requests.reply(*reply),
        }
        while requests.tasks.try_join_next().is_some() {}
    }
    if !exited {
        let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, async {
            while requests.tasks.join_next().await.is_some() {}
        })
        .await;
    }
    // Dropping the tasks drops their futures and thereby cancels all requests.
    drop(requests);
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, writer).await;
}

struct RunningRequests {
    replies: mpsc::Sender<Response>,
    tasks: JoinSet<()>,
    in_flight: Arc<Semaphore>,
}

impl RunningRequests {
    /// Starts a request or notification and polls it once. What is not finished then continues as a task.
    async fn begin<S: LanguageServer>(&mut self, service: &mut LspService<S>, request: Request) {
        let id = request.id().cloned();
        // Notifications are never refused, because `$/cancelRequest` is one.
        let slot = match &id {
            None => None,
            Some(id) => match self.in_flight.clone().try_acquire_owned() {
                Ok(slot) => Some(slot),
                Err(_) => return self.reply(Response::from_error(id.clone(), overloaded())),
            },
        };
        // These change the state of the framework, so later messages have to wait for them.
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

    /// Passes a reply to the writer without waiting, so that a client that does not read cannot block the reader.
    fn reply(&mut self, response: Response) {
        if let Err(mpsc::error::TrySendError::Full(response)) = self.replies.try_send(response) {
            let replies = self.replies.clone();
            self.tasks.spawn(async move {
                let _ = replies.send(response).await;
            });
        }
    }
}

/// Writes messages until the last reply is written. Notifications go first, so that partial results precede their response.
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
    // `RequestFailed` of LSP 3.17.
    Error {
        message: "too many requests are waiting".into(),
        ..Error::new(ErrorCode::ServerError(-32803))
    }
}

/// Returns the message of a panic.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
