//! Asks an engine that speaks OpenAI's protocol. Nothing here knows how the local host is found.

mod attempt;
mod endpoint;
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
use attempt::{Attempt, Passing};
use endpoint::Endpoint;
pub(super) use endpoint::is_loopback;
use retry::{Again, Failure, pause};
use stream::Reader;
pub use stream::Stream;
use wire::{Body, Chunk, Dialect};

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub connect: Duration,
    /// Between one token and the next.
    pub between_tokens: Duration,
    /// Before a question is repeated for the first time.
    pub first_pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            connect: Duration::from_secs(10),
            between_tokens: Duration::from_secs(60),
            first_pause: Duration::from_millis(250),
        }
    }
}

/// An engine that can be asked. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client(Arc<Engine>);

#[derive(Debug)]
struct Engine {
    endpoint: Endpoint,
    http: reqwest::Client,
    dialect: Dialect,
    pace: Pace,
}

impl Client {
    /// An engine that the user has configured; `url` is the base of its routes, such as `http://127.0.0.1:11434/v1`.
    pub fn new(url: &str, key: Option<&str>) -> Result<Self, ModelError> {
        Self::with_pace(url, key, Pace::default())
    }

    pub fn with_pace(url: &str, key: Option<&str>, pace: Pace) -> Result<Self, ModelError> {
        let endpoint = Endpoint::new(url, key)?;
        let http = endpoint.http(pace.connect)?;
        Ok(Client(Arc::new(Engine {
            endpoint,
            http,
            dialect: Dialect::Common,
            pace,
        })))
    }

    /// The host on this machine.
    pub(super) fn host(
        found: &host_files::Endpoint,
        http: reqwest::Client,
        pace: Pace,
    ) -> Result<Self, ModelError> {
        Ok(Client(Arc::new(Engine {
            endpoint: Endpoint::new(&found.url, Some(&found.token))?,
            http,
            dialect: Dialect::Host,
            pace,
        })))
    }

    /// Asks, and returns when the first piece of an answer has come. Until then a question is repeated where that may help;
    /// `first_token` is for all of it. Dropping the future or the stream ends the generation.
    pub async fn chat(
        &self,
        request: &Request,
        first_token: Duration,
    ) -> Result<Stream, ModelError> {
        let deadline = Instant::now() + first_token;
        let first = timeout_at(deadline, self.0.first(request, deadline)).await;
        let reader = first.unwrap_or(Err(ModelError::NoFirstToken(first_token)))?;
        Ok(reader.into_stream(self.0.pace.between_tokens))
    }
}

impl Engine {
    /// Asks until there is a first piece of an answer, or nothing more to hope for.
    async fn first(&self, request: &Request, deadline: Instant) -> Result<Reader, ModelError> {
        let mut dialect = self.dialect;
        let mut attempt = 0;
        loop {
            let failure = match self.attempt(request, dialect).await {
                Ok(reader) => return Ok(reader),
                Err(failure) => failure,
            };
            if dialect == Dialect::Common && refuses_addition(&failure.error) {
                dialect = Dialect::Plain;
                continue;
            }
            attempt += 1;
            match pause(attempt, self.pace.first_pause, failure.again) {
                // Engines may name any time, however far.
                Some(pause) if pause < deadline.saturating_duration_since(Instant::now()) => {
                    tracing::debug!("asking again in {pause:?}: {}", failure.error);
                    sleep(pause).await;
                }
                _ => return Err(failure.error),
            }
        }
    }

    /// Asks once, up to the first piece of an answer.
    async fn attempt(&self, request: &Request, dialect: Dialect) -> Result<Reader, Failure> {
        let broken = Arc::new(OnceLock::new());
        let attempt = Attempt {
            http: self.http.clone(),
            url: self.endpoint.shown(),
            dialect,
            broken: broken.clone(),
        };
        let client = async_openai::Client::build(self.http.clone(), self.endpoint.clone())
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
        let mut reader = Reader::new(chunks, broken, self.endpoint.shown());
        match reader.fill().await {
            Ok(()) => Ok(reader),
            Err(error @ ModelError::CutOff(_)) if dialect != Dialect::Host => Err(Failure {
                error,
                again: Again::Soon,
            }),
            Err(error) => Err(Failure::never(error)),
        }
    }

    /// An error from within the library: our own that came through it, or one that it made itself.
    fn unexpected(&self, error: OpenAIError) -> Failure {
        match error {
            OpenAIError::Boxed(error) => match error.downcast::<Passing>() {
                Ok(passing) => passing.0,
                Err(error) => Failure::never(self.misused(&error.to_string())),
            },
            other => Failure::never(self.misused(&other.to_string())),
        }
    }

    fn misused(&self, why: &str) -> ModelError {
        let url = self.endpoint.shown();
        ModelError::NotConfigured(format!("cannot ask {url}: {}", super::error::one_line(why)))
    }
}

/// Whether an engine knows nothing of the field that turns thinking on and off, and minds.
fn refuses_addition(error: &ModelError) -> bool {
    match error {
        ModelError::Refused { status, message } => {
            matches!(status, 400 | 422) && message.contains("chat_template_kwargs")
        }
        _ => false,
    }
}
