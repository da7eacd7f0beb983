//! One request over HTTP: whether an engine takes it, why not, and how much it may send.
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

use super::retry::{Again, Failure, retry_after};
use super::wire::{self, Dialect};
use crate::ModelError;
use crate::error::{one_line, root};

/// No event of an answer is longer.
const LONGEST_LINE: usize = 1024 * 1024;
/// No answer is longer, with everything around it.
const LONGEST_ANSWER: usize = 64 * 1024 * 1024;
/// As much is read of the body of an error.
const LONGEST_ERROR: usize = 64 * 1024;

#[derive(Clone)]
pub(super) struct Attempt {
    pub http: reqwest::Client,
    /// How the engine is called in errors.
    pub url: Arc<str>,
    pub dialect: Dialect,
    /// Why the body ended before its time. The library passes on no more than a text.
    pub broken: Arc<OnceLock<ModelError>>,
}

/// A failure on its way through the library.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.error)]
pub(super) struct Passing(pub Failure);

impl From<Passing> for OpenAIError {
    fn from(passing: Passing) -> Self {
        OpenAIError::Boxed(Box::new(passing))
    }
}

impl tower_service::Service<HttpRequestFactory> for Attempt {
    type Response = Response;
    type Error = Passing;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Passing>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Passing>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequestFactory) -> Self::Future {
        let attempt = self.clone();
        Box::pin(async move { attempt.make(request).await.map_err(Passing) })
    }
}

impl Attempt {
    async fn make(self, request: HttpRequestFactory) -> Result<Response, Failure> {
        let built = request.build().await;
        let built = built.map_err(|error| {
            let why = root(&error);
            Failure::never(ModelError::NotConfigured(format!(
                "cannot ask {}: {why}; check `model.endpoint`",
                self.url
            )))
        })?;
        let sent = self.http.execute(built).await;
        let response = sent.map_err(|error| self.not_sent(&error))?;
        if !response.status().is_success() {
            return Err(self.refused(response).await);
        }
        let kind = header_of(&response, header::CONTENT_TYPE).unwrap_or_default();
        // Some engines leave the type out, or say `text/plain`; a page or a whole answer is something else.
        if ["text/html", "application/json"]
            .iter()
            .any(|wrong| kind.starts_with(wrong))
        {
            let what = match kind.starts_with("text/html") {
                true => "a web page",
                false => "an answer in one piece instead of a stream",
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

    fn not_sent(&self, error: &reqwest::Error) -> Failure {
        let error = ModelError::Unreachable {
            url: self.url.to_string(),
            why: match error.is_timeout() {
                true => "nobody takes the connection".to_owned(),
                false => root(error),
            },
        };
        match self.dialect {
            // Whoever started the host knows better than to wait for it.
            Dialect::Host => Failure::never(error),
            Dialect::Common | Dialect::Plain => Failure::soon(error),
        }
    }

    /// What an answer of another status than 200 means.
    async fn refused(&self, mut response: Response) -> Failure {
        let status = response.status();
        let asked = header_of(&response, header::RETRY_AFTER)
            .and_then(|value| retry_after(&value, SystemTime::now()));
        let mut body = Vec::new();
        while let Ok(Some(piece)) = response.chunk().await {
            body.extend_from_slice(&piece);
            if body.len() > LONGEST_ERROR {
                break;
            }
        }
        if serde_json::from_slice(&body).is_ok_and(|error| wire::gave_way(&error)) {
            return Failure::never(ModelError::GaveWay);
        }
        let mut message = told(&body).unwrap_or_else(|| {
            status
                .canonical_reason()
                .unwrap_or("no reason given")
                .to_lowercase()
        });
        let advice = match self.dialect {
            // Its messages say what to do themselves.
            Dialect::Host => None,
            Dialect::Common | Dialect::Plain => advice(status),
        };
        if let Some(advice) = advice {
            message = format!("{}; {advice}", message.trim_end_matches('.'));
        }
        let again = match (status.as_u16(), asked) {
            (429 | 500 | 502 | 503 | 504, Some(pause)) => Again::After(pause),
            // The host says so when a model does not fit, and that does not pass by itself.
            (503, None) if self.dialect == Dialect::Host => Again::Never,
            (429 | 500 | 502 | 503 | 504, None) => Again::Soon,
            _ => Again::Never,
        };
        let status = status.as_u16();
        Failure {
            error: ModelError::Refused { status, message },
            again,
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
                tracing::debug!("the connection to {} broke: {}", self.url, root(&error));
                ModelError::CutOff("the connection to the engine broke".to_owned())
            })?;
            all += piece.as_ref().len();
            if longest_line(piece.as_ref(), &mut line) > LONGEST_LINE {
                return Err(self.malformed("a line that does not end"));
            }
            if all > LONGEST_ANSWER {
                return Err(self.malformed("an answer that does not end"));
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

/// The length of the longest line that some bytes have a part of; `line` is how much of the last one came so far.
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

/// What the body of an error says.
fn told(body: &[u8]) -> Option<String> {
    let text = match serde_json::from_slice(body) {
        Ok(error) => wire::message(&error),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    let line = one_line(&text);
    if line.starts_with('<') {
        return Some("it answered with a web page".to_owned());
    }
    (!line.is_empty()).then_some(line)
}

/// What to do about a status of an engine that the user has configured.
fn advice(status: StatusCode) -> Option<&'static str> {
    Some(match status.as_u16() {
        300..=399 => "it has moved, so check `model.endpoint`",
        401 | 403 => "check `model.api_key_variable`",
        404 | 405 => "check `model.name`, and `model.endpoint`, which usually ends in /v1",
        413 => "ask with less context, as `model.context_tokens` sets it",
        429 => "it is busy, so ask again later",
        500..=599 => "see its log, or ask again later",
        _ => return None,
    })
}
