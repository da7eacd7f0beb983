//! Client of OpenAI-compatible engines. It does not know how the local host is found; see [`crate::launch`].

mod attempt;
mod connection;
mod retry;
mod stream;
mod wire;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_openai::error::OpenAIError;
use async_openai::traits::RequestOptionsBuilder;
use tokio::time::{Instant, sleep, timeout_at};

use super::host_files::{self, PRIORITY_HEADER};
use super::{ModelError, Priority, Request};
use attempt::{Attempt, WrappedFailure};
use connection::Connection;
pub(super) use connection::is_loopback;
use retry::{Failure, Retry, pause};
use stream::Reader;
pub use stream::Stream;
use wire::{Body, Chunk, Dialect};

/// Timeouts and retry delay of a [`Client`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    pub connect_timeout: Duration,
    /// Longest time between two tokens.
    pub token_timeout: Duration,
    /// Delay before the first retry; it doubles with each further retry.
    pub first_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            connect_timeout: Duration::from_secs(10),
            token_timeout: Duration::from_secs(60),
            first_delay: Duration::from_millis(250),
        }
    }
}

/// A client of one engine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client(Arc<Engine>);

#[derive(Debug)]
struct Engine {
    connection: Connection,
    http: reqwest::Client,
    dialect: Dialect,
    policy: RetryPolicy,
}

impl Client {
    /// Creates a client of an engine that the user configured. `url` is its base URL, such as `http://127.0.0.1:11434/v1`; `key` is sent
    /// as a bearer token.
    pub fn new(url: &str, key: Option<&str>) -> Result<Self, ModelError> {
        Self::with_policy(url, key, RetryPolicy::default())
    }

    pub fn with_policy(
        url: &str,
        key: Option<&str>,
        policy: RetryPolicy,
    ) -> Result<Self, ModelError> {
        let connection = Connection::new(url, key)?;
        let http = connection.http(policy.connect_timeout)?;
        Ok(Client(Arc::new(Engine {
            connection,
            http,
            dialect: Dialect::Common,
            policy,
        })))
    }

    /// Creates a client of the model host on this machine.
    pub(super) fn host(
        found: &host_files::HostAddress,
        http: reqwest::Client,
        policy: RetryPolicy,
    ) -> Result<Self, ModelError> {
        Ok(Client(Arc::new(Engine {
            connection: Connection::new(&found.url, Some(&found.token))?,
            http,
            dialect: Dialect::Host,
            policy,
        })))
    }

    /// Sends a request and returns when the first event has arrived. Until then, transient failures are retried. `first_token` limits
    /// the total time, retries included. Dropping the future or the stream stops the generation.
    pub async fn chat(
        &self,
        request: &Request,
        first_token: Duration,
    ) -> Result<Stream, ModelError> {
        let deadline = Instant::now() + first_token;
        let first = timeout_at(deadline, self.0.first(request, deadline)).await;
        let reader = first.unwrap_or(Err(ModelError::FirstTokenTimeout(first_token)))?;
        Ok(reader.into_stream(self.0.policy.token_timeout))
    }
}

impl Engine {
    /// Sends the request, retrying transient failures, until the first event has arrived.
    async fn first(&self, request: &Request, deadline: Instant) -> Result<Reader, ModelError> {
        let mut dialect = self.dialect;
        let mut attempt = 0;
        loop {
            let failure = match self.attempt(request, dialect).await {
                Ok(reader) => return Ok(reader),
                Err(failure) => failure,
            };
            if dialect == Dialect::Common && rejects_extension(&failure.error) {
                dialect = Dialect::Plain;
                continue;
            }
            attempt += 1;
            match pause(attempt, self.policy.first_delay, failure.retry) {
                // A `Retry-After` beyond the deadline is not worth waiting for.
                Some(pause) if pause < deadline.saturating_duration_since(Instant::now()) => {
                    tracing::debug!("retrying in {pause:?}: {}", failure.error);
                    sleep(pause).await;
                }
                _ => return Err(failure.error),
            }
        }
    }

    /// Sends the request once and reads up to the first event.
    async fn attempt(&self, request: &Request, dialect: Dialect) -> Result<Reader, Failure> {
        let broken = Arc::new(OnceLock::new());
        let attempt = Attempt {
            http: self.http.clone(),
            url: self.connection.shown(),
            dialect,
            broken: broken.clone(),
        };
        let client = async_openai::Client::build(self.http.clone(), self.connection.clone())
            .with_http_service(attempt);
        let mut chat = client.chat();
        if dialect == Dialect::Host {
            let priority = match request.priority {
                Priority::Chat => "chat",
                Priority::Background => "background",
            };
            chat = chat
                .header(PRIORITY_HEADER, priority)
                .map_err(|error| self.unexpected(error))?;
        }
        let chunks = chat
            .create_stream_byot::<_, Chunk>(Body::new(request, dialect))
            .await
            .map_err(|error| self.unexpected(error))?;
        let mut reader = Reader::new(chunks, broken, self.connection.shown());
        match reader.fill().await {
            Ok(()) => Ok(reader),
            Err(error @ ModelError::Interrupted(_)) if dialect != Dialect::Host => Err(Failure {
                error,
                retry: Retry::Soon,
            }),
            Err(error) => Err(Failure::never(error)),
        }
    }

    /// An error from within the library: our own that came through it, or one that it made itself.
    fn unexpected(&self, error: OpenAIError) -> Failure {
        match error {
            OpenAIError::Boxed(error) => match error.downcast::<WrappedFailure>() {
                Ok(wrapped) => wrapped.0,
                Err(error) => Failure::never(self.misused(&error.to_string())),
            },
            other => Failure::never(self.misused(&other.to_string())),
        }
    }

    fn misused(&self, why: &str) -> ModelError {
        let url = self.connection.shown();
        ModelError::NotConfigured(format!("cannot ask {url}: {}", super::error::one_line(why)))
    }
}

/// Returns whether an engine rejected the non-standard field that enables reasoning.
fn rejects_extension(error: &ModelError) -> bool {
    match error {
        ModelError::Refused { status, message } => {
            matches!(status, 400 | 422) && message.contains("chat_template_kwargs")
        }
        _ => false,
    }
}
