//! Client of OpenAI-compatible engines. It does not know how the local host is found; see [`crate::launch`].
//!
//! It is built on reqwest and eventsource-stream rather than on async-openai. That crate's retries, error texts and configuration from
//! the environment all had to be replaced, so that only its parsing of server-sent events remained, and that is eventsource-stream.

mod attempt;
mod complete;
mod connection;
mod retry;
mod stream;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use backon::BackoffBuilder;
use tokio::time::{Instant, sleep, timeout_at};

use super::host_files::HostAddress;
use super::{ModelError, Request};
use crate::backoff::exponential;
use attempt::Attempt;
use connection::Connection;
pub(super) use connection::is_loopback;
use retry::{Failure, Retry};
use stream::Reader;
pub use stream::Stream;
use wire::Dialect;

/// Timeouts and retry delay of a [`Client`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    pub connect_timeout: Duration,
    /// Longest time between two tokens.
    pub token_timeout: Duration,
    /// Delay before the first retry; it doubles with each further retry.
    pub initial_backoff: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            connect_timeout: Duration::from_secs(10),
            token_timeout: Duration::from_secs(60),
            initial_backoff: Duration::from_millis(250),
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
        found: &HostAddress,
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
        let mut delays = exponential(self.policy.initial_backoff).build();
        loop {
            let failure = match self.attempt(request, dialect).await {
                Ok(reader) => return Ok(reader),
                Err(failure) => failure,
            };
            if dialect == Dialect::Common && rejects_extension(&failure.error) {
                dialect = Dialect::Plain;
                continue;
            }
            let delay = delays.next().and_then(|delay| failure.retry.delay(delay));
            match delay {
                // A `Retry-After` beyond the deadline is not worth waiting for.
                Some(delay) if delay < deadline.saturating_duration_since(Instant::now()) => {
                    tracing::debug!("retrying in {delay:?}: {}", failure.error);
                    sleep(delay).await;
                }
                _ => return Err(failure.error),
            }
        }
    }

    /// Sends the request once and reads up to the first event.
    async fn attempt(&self, request: &Request, dialect: Dialect) -> Result<Reader, Failure> {
        let attempt = Attempt {
            http: &self.http,
            connection: &self.connection,
            dialect,
        };
        let chunks = attempt.send(request).await?;
        let mut reader = Reader::new(chunks, self.connection.shown());
        match reader.fill().await {
            Ok(()) => Ok(reader),
            Err(error @ ModelError::Interrupted(_)) if dialect != Dialect::Host => Err(Failure {
                error,
                retry: Retry::Backoff,
            }),
            Err(error) => Err(Failure::permanent(error)),
        }
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
