//! One HTTP request: error responses become [`ModelError`]s, and the response body is limited in size.

use std::sync::Arc;
use std::time::SystemTime;

use eventsource_stream::{EventStreamError, Eventsource};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, future};
use reqwest::{RequestBuilder, Response, StatusCode, header};
use serde::Serialize;

use super::connection::Connection;
use super::retry::{Failure, Retry, retry_after};
use super::wire::{self, Body, Chunk, Dialect};
use crate::error::{one_line, root_cause};
use crate::host_files::PRIORITY_HEADER;
use crate::{ModelError, Priority, Request};

/// Maximum length of one line of the event stream, in bytes.
const MAX_LINE_LEN: usize = 1024 * 1024;
/// Maximum length of a response body, in bytes.
const MAX_ANSWER_LEN: usize = 64 * 1024 * 1024;
/// Maximum number of bytes read of an error body.
const MAX_ERROR_LEN: usize = 64 * 1024;

/// The chunks of a streamed answer.
pub(super) type Chunks = BoxStream<'static, Result<Chunk, ModelError>>;

/// One attempt to send a request.
pub(super) struct Attempt<'e> {
    pub http: &'e reqwest::Client,
    pub connection: &'e Connection,
    pub dialect: Dialect,
}

impl Attempt<'_> {
    /// Sends the request and returns the chunks of the answer. Dropping them closes the connection.
    pub async fn send(&self, request: &Request) -> Result<Chunks, Failure> {
        let url = self.connection.shown();
        let mut builder = self.post(&Body::new(request, self.dialect));
        if self.dialect == Dialect::Host {
            let priority = match request.priority {
                Priority::Chat => "chat",
                Priority::Background => "background",
            };
            builder = builder.header(PRIORITY_HEADER, priority);
        }
        let response = self.execute(builder).await?;
        let kind = header_of(&response, header::CONTENT_TYPE).unwrap_or_default();
        // Some engines omit the content type or send `text/plain`, so only types that are certainly wrong are rejected.
        if kind.starts_with("text/html") {
            return Err(Failure::permanent(malformed(&url, "a web page")));
        }
        if kind.starts_with("application/json") {
            let what = "a complete answer instead of a stream";
            return Err(Failure::permanent(malformed(&url, what)));
        }
        Ok(chunks(url, response.bytes_stream()))
    }

    /// Sends a request whose answer comes as a whole.
    pub async fn send_whole(&self, body: &impl Serialize) -> Result<Response, Failure> {
        self.execute(self.post(body)).await
    }

    fn post(&self, body: &impl Serialize) -> RequestBuilder {
        let url = self.connection.url("/chat/completions");
        self.http
            .post(url)
            .headers(self.connection.headers())
            .json(body)
    }

    async fn execute(&self, builder: RequestBuilder) -> Result<Response, Failure> {
        let built = builder.build().map_err(|error| {
            let (url, why) = (self.connection.shown(), root_cause(&error));
            Failure::permanent(ModelError::NotConfigured(format!(
                "cannot send a request to {url}: {why}; check `model.endpoint`"
            )))
        })?;
        let sent = self.http.execute(built).await;
        let response = sent.map_err(|error| self.unreachable(&error))?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(self.error_response(response).await)
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let error = ModelError::Unreachable {
            url: self.connection.shown().to_string(),
            why: match error.is_timeout() {
                true => "the connection timed out".to_owned(),
                false => root_cause(error),
            },
        };
        match self.dialect {
            // `launch` restarts the host, so a retry here would not help.
            Dialect::Host => Failure::permanent(error),
            Dialect::Common | Dialect::Plain => Failure::transient(error),
        }
    }

    /// Converts a response with an error status.
    async fn error_response(&self, mut response: Response) -> Failure {
        let status = response.status();
        let asked = header_of(&response, header::RETRY_AFTER)
            .and_then(|value| retry_after(&value, SystemTime::now()));
        let mut body = Vec::new();
        while let Ok(Some(piece)) = response.chunk().await {
            body.extend_from_slice(&piece);
            if body.len() > MAX_ERROR_LEN {
                break;
            }
        }
        if serde_json::from_slice(&body).is_ok_and(|error| wire::is_preempted(&error)) {
            return Failure::permanent(ModelError::Preempted);
        }
        let mut message = error_message(&body).unwrap_or_else(|| {
            status
                .canonical_reason()
                .unwrap_or("no reason given")
                .to_lowercase()
        });
        let advice = match self.dialect {
            // The messages of the host already include advice.
            Dialect::Host => None,
            Dialect::Common | Dialect::Plain => advice(status),
        };
        if let Some(advice) = advice {
            message = format!("{}; {advice}", message.trim_end_matches('.'));
        }
        let retry = match (status.as_u16(), asked) {
            (429 | 500 | 502 | 503 | 504, Some(pause)) => Retry::After(pause),
            // The host returns 503 when a model does not fit into memory, which is not transient.
            (503, None) if self.dialect == Dialect::Host => Retry::Never,
            (429 | 500 | 502 | 503 | 504, None) => Retry::Backoff,
            _ => Retry::Never,
        };
        let status = status.as_u16();
        Failure {
            error: ModelError::Refused { status, message },
            retry,
        }
    }
}

/// Parses the server-sent events of a response body.
fn chunks<B: AsRef<[u8]> + Send + 'static>(
    url: Arc<str>,
    body: impl Stream<Item = reqwest::Result<B>> + Send + 'static,
) -> Chunks {
    let events = limited(url.clone(), body).eventsource();
    let events = events.take_while(|event| {
        let done = matches!(event, Ok(event) if event.data == "[DONE]");
        future::ready(!done)
    });
    let events = events.filter(|event| {
        let keepalive = matches!(event, Ok(event) if event.event == "keepalive");
        future::ready(!keepalive)
    });
    let chunks = events.map(move |event| match event {
        Ok(event) => serde_json::from_str(&event.data).map_err(|error| {
            let text = one_line(&event.data);
            malformed(&url, format!("{error} in `{text}`"))
        }),
        Err(EventStreamError::Transport(error)) => Err(error),
        Err(error) => Err(malformed(&url, one_line(&error.to_string()))),
    });
    chunks.boxed()
}

/// Ends a response body with an error when it becomes too long or the connection is lost.
fn limited<B: AsRef<[u8]>>(
    url: Arc<str>,
    body: impl Stream<Item = reqwest::Result<B>>,
) -> impl Stream<Item = Result<B, ModelError>> {
    let (mut line, mut all) = (0, 0);
    body.map(move |piece| {
        let piece = piece.map_err(|error| {
            tracing::debug!("lost the connection to {url}: {}", root_cause(&error));
            ModelError::Interrupted("the connection to the engine was lost".to_owned())
        })?;
        all += piece.as_ref().len();
        if longest_line(piece.as_ref(), &mut line) > MAX_LINE_LEN {
            return Err(malformed(&url, "a line longer than 1 MiB"));
        }
        if all > MAX_ANSWER_LEN {
            return Err(malformed(&url, "an answer longer than 64 MiB"));
        }
        Ok(piece)
    })
}

/// The error for a response that does not follow the protocol.
pub(super) fn malformed(url: &str, what: impl Into<String>) -> ModelError {
    ModelError::Malformed {
        url: url.to_owned(),
        what: what.into(),
    }
}

/// Returns the length of the longest line in `bytes`. `line` carries the length of the unfinished line from one call to the next.
fn longest_line(bytes: &[u8], line: &mut usize) -> usize {
    let mut longest = 0;
    for (index, part) in bytes.split(|&byte| byte == b'\n').enumerate() {
        *line = part.len() + if index == 0 { *line } else { 0 };
        longest = longest.max(*line);
    }
    longest
}

fn header_of(response: &Response, name: header::HeaderName) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    Some(value.trim().to_ascii_lowercase())
}

/// Extracts the message from the body of an error response.
fn error_message(body: &[u8]) -> Option<String> {
    let text = match serde_json::from_slice(body) {
        Ok(error) => wire::message(&error),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    let line = one_line(&text);
    if line.starts_with('<') {
        return Some("it returned a web page".to_owned());
    }
    (!line.is_empty()).then_some(line)
}

/// Returns advice for an HTTP status of an engine that the user configured.
fn advice(status: StatusCode) -> Option<&'static str> {
    Some(match status.as_u16() {
        300..=399 => "the server redirects; set `model.endpoint` to the final URL",
        401 | 403 => "check `model.api_key_variable`",
        404 | 405 => "check `model.name`, and `model.endpoint`, which usually ends in /v1",
        413 => "lower `model.context_tokens`",
        429 => "it is busy; ask again later",
        500..=599 => "check its log, or ask again later",
        _ => return None,
    })
}
