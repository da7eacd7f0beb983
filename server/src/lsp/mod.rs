//! The language server: framing, dispatch, handlers. No other module uses LSP types.
//!
//! Seven rules hold here, each with a test that fails without it (`tests/rules.rs`):
//! 1. The handler of a notification changes state under a short lock and contains no `.await`.
//! 2. A request takes a snapshot first, then runs as its own task; blocking work runs on a worker thread.
//! 3. No handler awaits a reply of the client. Code that does is detached and has a time-out.
//! 4. `$/cancelRequest` is never queued behind other work; the number of requests that do real work is limited separately.
//! 5. A panic in a handler becomes an `InternalError`, and the server continues.
//! 6. Blocking work receives a cancellation token.
//! 7. Standard output carries only the protocol.
//!
//! The modules form layers, and imports only go down; `tests/layers.rs` checks that there is no cycle:
//! - handlers: `server` → `lifecycle`, `notifications`, `requests` → `workspace` → `shared`, which owns everything below;
//! - background work: `indexing`, `progress`, `overlays`, `insertions`. It holds a `ClientHandle`, the session or a closure,
//!   never `shared`;
//! - state: `session`, `snapshot`, `root`, `document`, `settings`;
//! - conversions and the transport: `convert`, `uri`, `position`, `ext`, `message`, `frame`, `transport`, `worker`, `dispatch`.

mod answers;
mod capabilities;
mod client;
mod commands;
mod convert;
mod dispatch;
mod document;
pub mod ext;
pub mod frame;
mod indexing;
mod insertions;
mod lifecycle;
mod message;
mod notifications;
mod overlays;
mod position;
mod privacy;
mod progress;
mod requests;
mod root;
mod server;
mod session;
mod settings;
mod shared;
mod snapshot;
#[cfg(test)]
mod tests;
mod transport;
mod uri;
mod worker;
mod workspace;

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::LspService;

pub use convert::location;
pub use settings::{Resolved, Settings, SettingsSource};

use overlays::Overlays;
use server::Server;
use session::SharedSession;

/// How a session ended. LSP requires the exit code to reflect it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The client sent `shutdown` first.
    Clean,
    /// The client sent `exit`, or closed the input, without `shutdown`.
    Abrupt,
}

/// Serves one client until it sends `exit` or closes the input. Errors if a background thread cannot be started.
pub async fn serve<R, W>(
    input: R,
    output: W,
    source: Arc<dyn SettingsSource>,
) -> std::io::Result<Outcome>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let session = SharedSession::default();
    let overlays = Overlays::start(session.clone())?;
    let served = session.clone();
    let builder = LspService::build(|client| Server::new(client, source, served, overlays));
    let builder = builder
        .custom_method(ext::ASK, Server::ask)
        .custom_method(ext::STATUS, Server::status)
        .custom_method(ext::FEEDBACK, Server::feedback);
    #[cfg(test)]
    let builder = tests::hooks(builder);
    let (service, socket) = builder.finish();
    transport::run(input, output, service, socket).await;
    let (roots, clean) = {
        let mut session = session.lock();
        (std::mem::take(&mut session.roots), session.shut_down)
    };
    roots.iter().for_each(|root| root.close());
    Ok(if clean {
        Outcome::Clean
    } else {
        Outcome::Abrupt
    })
}
