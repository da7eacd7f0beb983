//! The LSP edge: bytes in, handlers, bytes out. LSP types live here and nowhere else.
//!
//! Seven rules hold here, each with a test that fails without it (`tests/rules.rs`):
//! 1. A notification's handler changes state under a short lock and contains no `.await`.
//! 2. A request takes a snapshot first, then works on a task of its own; blocking work goes to a worker.
//! 3. No handler awaits a reply from the client; what does is detached, with a time-out.
//! 4. Nothing of ours stands before `$/cancelRequest`; our own queues bound the real work.
//! 5. A panic becomes an `InternalError`, and the server lives on.
//! 6. A cancellation token goes into blocking work.
//! 7. Standard output carries the protocol and nothing else.

mod answers;
mod capabilities;
mod commands;
mod convert;
mod dispatch;
mod document;
pub mod ext;
pub mod frame;
mod insertions;
mod lifecycle;
mod message;
mod notifications;
mod position;
mod progress;
mod requests;
mod roots;
mod server;
mod session;
mod settings;
mod snapshot;
#[cfg(test)]
mod tests;
mod transport;
mod worker;

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::LspService;

pub use convert::location;
pub use settings::{Resolved, Settings, SettingsSource};

use server::Server;
use session::Workers;

/// How a session ended; LSP wants it in the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// `shutdown` came first.
    Clean,
    /// `exit` or the end of the input came without it.
    Abrupt,
}

/// Serves one client until it says `exit` or closes its end.
pub async fn serve<R, W>(
    input: R,
    output: W,
    source: Arc<dyn SettingsSource>,
) -> std::io::Result<Outcome>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let workers = Workers::start()?;
    let mut shared = None;
    let builder = LspService::build(|client| {
        let server = Server::new(client, source, workers);
        shared = Some(server.shared.clone());
        server
    });
    let builder = builder
        .custom_method(ext::ASK, Server::ask)
        .custom_method(ext::STATUS, Server::status)
        .custom_method(ext::FEEDBACK, Server::feedback);
    #[cfg(test)]
    let builder = tests::hooks(builder);
    let (service, socket) = builder.finish();
    transport::run(input, output, service, socket).await;
    let Some(shared) = shared else {
        return Ok(Outcome::Abrupt);
    };
    let (roots, clean) = {
        let mut session = shared.session();
        (std::mem::take(&mut session.roots), session.shut_down)
    };
    roots.iter().for_each(|root| root.close());
    Ok(if clean {
        Outcome::Clean
    } else {
        Outcome::Abrupt
    })
}
