//! One HTTP request: error responses become [`ModelError`]s, and the response body is limited in size.
//!
//! The library's own way is replaced because it repeats requests by rules of its own, and forgets why a body ended.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::SystemTime;

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use futures::{Stream, StreamExt};
use reqwest::{Response, StatusCode, header};

use super::retry::{Failure, Retry, retry_after};
use super::wire::{self, Dialect};
use crate::ModelError;
use crate::error::{one_line, root_cause};

/// Maximum length of one line of the event stream, in bytes.
const MAX_LINE_LEN: usize = 1024 * 1024;
/// Maximum length of a response body, in bytes.
const MAX_ANSWER_LEN: usize = 64 * 1024 * 1024;
/// Maximum number of bytes read of an error body.
const MAX_ERROR_LEN: usize = 64 * 1024;

#[derive(Clone)]
pub(super) struct Attempt {
    pub http: reqwest::Client,
    /// The URL shown in error messages.
    pub url: Arc<str>,
    pub dialect: Dialect,
    /// Why the body ended before its time. The library passes on no more than a text.
    pub broken: Arc<OnceLock<ModelError>>,
}

/// A failure on its way through the library.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.error)]
pub(super) struct WrappedFailure(pub Failure);

impl From<WrappedFailure> for OpenAIError {
    fn from(passing: WrappedFailure) -> Self {
        OpenAIError::Boxed(Box::new(passing))
    }
}

impl tower_service::Service<HttpRequestFactory> for Attempt {
    type Response = Response;
    type Error = WrappedFailure;
    type Future = Pin<Box<dyn Future<Output = Result<Response, WrappedFailure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), WrappedFailure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequestFactory) -> Self::Future {
        let attempt = self.clone();
        Box::pin(async move { attempt.make(request).await.map_err(WrappedFailure) })
    }
}

impl Attempt {
    async fn make(self, request: HttpRequestFactory) -> Result<Response, Failure> {
        let built = request.build().await;
        let built = built.map_err(|error| {
            let why = root_cause(&error);
            Failure::never(ModelError::NotConfigured(format!(
                "cannot ask {}: {why}; check `model.endpoint`",
                self.url
            )))
        })?;
        let sent = self.http.execute(built).await;
        let response = sent.map_err(|error| self.unreachable(&error))?;
        if !response.status().is_success() {
            return Err(self.refused(response).await);
        }
        let kind = header_of(&response, header::CONTENT_TYPE).unwrap_or_default();
        // Some engines omit the content type or send `text/plain`, so only types that are certainly wrong are rejected.
        if ["text/html", "application/json"]
            .iter()
            .any(|wrong| kind.starts_with(wrong))
        {
            let what = match kind.starts_with("text/html") {
                true => "a web page",
                false => "a complete answer instead of a stream",
            };
            return Err(Failure::never(self.malformed(what)));
        }
        Ok(self.bounded(response))
    }

    fn malformed(&self, what: &str) -> ModelError {
        ModelError::Malformed {
            url: self.url.to_string(),
            what: what.to_owned(),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let error = ModelError::Unreachable {
            url: self.url.to_string(),
            why: match error.is_timeout() {
                true => "the connection timed out".to_owned(),
                false => root_cause(error),
            },
        };
        match self.dialect {
            // `launch` restarts the host, so a retry here would not help.
            Dialect::Host => Failure::never(error),
            Dialect::Common | Dialect::Plain => Failure::soon(error),
        }
    }

    /// Converts a response with an error status.
    async fn refused(&self, mut response: Response) -> Failure {
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
            return Failure::never(ModelError::Preempted);
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
            (429 | 500 | 502 | 503 | 504, None) => Retry::Soon,
            _ => Retry::Never,
        };
        let status = status.as_u16();
        Failure {
            error: ModelError::Refused { status, message },
            retry,
        }
    }

    /// The same response, whose body ends when it becomes too much, and leaves a note when it breaks off.
    fn bounded(self, response: Response) -> Response {
        let (status, headers) = (response.status(), response.headers().clone());
        let pieces = self.watched(response.bytes_stream());
        let mut bounded = http::Response::new(reqwest::Body::wrap_stream(pieces));
        *bounded.status_mut() = status;
        *bounded.headers_mut() = headers;
        bounded.into()
    }

    fn watched<B: AsRef<[u8]>>(
        self,
        pieces: impl Stream<Item = reqwest::Result<B>>,
    ) -> impl Stream<Item = Result<B, ModelError>> {
        let broken = self.broken.clone();
        let (mut line, mut all) = (0, 0);
        let watch = move |piece: reqwest::Result<B>| {
            let piece = piece.map_err(|error| {
                tracing::debug!(
                    "the connection to {} broke: {}",
                    self.url,
                    root_cause(&error)
                );
                ModelError::Interrupted("the connection to the engine was lost".to_owned())
            })?;
            all += piece.as_ref().len();
            if longest_line(piece.as_ref(), &mut line) > MAX_LINE_LEN {
                return Err(self.malformed("a line longer than 1 MiB"));
            }
            if all > MAX_ANSWER_LEN {
                return Err(self.malformed("an answer longer than 64 MiB"));
            }
            Ok(piece)
        };
        pieces.map(watch).map(move |piece| {
            piece.inspect_err(|error| {
                // The first reason is the one that counts.
                let _ = broken.set(error.clone());
            })
        })
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
