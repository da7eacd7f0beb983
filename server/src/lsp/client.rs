//! The connection to the client, as background tasks use it.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tower_lsp::Client;
use tower_lsp::ls_types::MessageType;

/// How long a detached task may wait for a reply of the client.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends requests and notifications to the client. Cheap to clone.
#[derive(Clone)]
pub struct ClientHandle {
    pub connection: Client,
    ready: watch::Sender<bool>,
}

impl ClientHandle {
    pub fn new(connection: Client) -> Self {
        ClientHandle {
            connection,
            ready: watch::Sender::new(false),
        }
    }

    /// Marks the client as initialized. LSP forbids most messages to the client before it has sent `initialized`.
    pub fn set_ready(&self) {
        self.ready.send_replace(true);
    }

    /// Waits until the client has sent `initialized`.
    pub async fn ready(&self) {
        // An error would mean that the sender was dropped, and `self` owns it.
        let _ = self.ready.subscribe().wait_for(|ready| *ready).await;
    }

    /// Writes a warning to the client's log as soon as the client is initialized.
    pub async fn warn(&self, text: &str) {
        self.ready().await;
        let log = self.connection.log_message(MessageType::WARNING, text);
        log.await;
    }

    /// Like [`ClientHandle::warn`] for several messages, in order and without waiting for the client.
    pub fn warn_later(&self, texts: Vec<String>) {
        if texts.is_empty() {
            return;
        }
        let client = self.clone();
        tokio::spawn(async move {
            for text in texts {
                client.warn(&text).await;
            }
        });
    }

    /// Runs a task that waits for a reply of the client, with a time-out (rule 3).
    pub fn detach(&self, task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(async move {
            if tokio::time::timeout(CLIENT_TIMEOUT, task).await.is_err() {
                tracing::warn!("the client did not reply in time");
            }
        });
    }
}
