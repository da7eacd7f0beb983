//! Converts the chunks of an engine to [`Event`]s: separates reasoning from text, and ends with exactly one [`Event::Done`] or error.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::time::timeout;

use super::attempt::{Chunks, malformed};
use super::wire::Chunk;
use crate::error::one_line;
use crate::library::name;
use crate::thinking::Splitter;
use crate::{Event, Finish, FinishReason, ModelError, Usage};

/// Time to wait for usage counts after the finish reason; some engines neither send them nor close the connection.
const TRAILER_TIMEOUT: Duration = Duration::from_secs(2);

/// A streamed answer. Dropping it closes the connection, which stops the generation.
pub struct Stream(BoxStream<'static, Result<Event, ModelError>>);

impl futures::Stream for Stream {
    type Item = Result<Event, ModelError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

/// Reads the chunks of one answer.
pub(super) struct Reader {
    chunks: Chunks,
    url: Arc<str>,
    /// Longest wait for the next token. `None` before the first token, when the caller enforces the deadline.
    token_timeout: Option<Duration>,
    splitter: Splitter,
    ready: VecDeque<Event>,
    reason: Option<FinishReason>,
    usage: Option<Usage>,
    model: Option<String>,
}

impl Reader {
    pub fn new(chunks: Chunks, url: Arc<str>) -> Self {
        Reader {
            chunks,
            url,
            token_timeout: None,
            splitter: Splitter::default(),
            ready: VecDeque::new(),
            reason: None,
            usage: None,
            model: None,
        }
    }

    /// Reads chunks until at least one event is ready.
    pub async fn fill(&mut self) -> Result<(), ModelError> {
        while self.ready.is_empty() {
            let wait = match self.reason {
                Some(_) => Some(TRAILER_TIMEOUT),
                None => self.token_timeout,
            };
            let next = match wait {
                Some(wait) => timeout(wait, self.chunks.next()).await.ok(),
                None => Some(self.chunks.next().await),
            };
            match next {
                Some(Some(Ok(chunk))) => self.take(chunk)?,
                // The answer is complete; only the usage counts are missing.
                _ if self.reason.is_some() => self.finish(),
                Some(Some(Err(error))) => return Err(error),
                Some(None) => {
                    let why = "the engine closed the connection before the end of the answer";
                    return Err(ModelError::Interrupted(why.to_owned()));
                }
                None => {
                    return Err(ModelError::TokenTimeout(
                        self.token_timeout.unwrap_or_default(),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Returns the answer as a stream, including the events that are ready.
    pub fn into_stream(mut self, token_timeout: Duration) -> Stream {
        self.token_timeout = Some(token_timeout);
        Stream(Box::pin(stream::unfold(Some(self), |reader| async {
            let mut reader = reader?;
            if let Err(error) = reader.fill().await {
                return Some((Err(error), None));
            }
            let event = reader.ready.pop_front()?;
            let last = matches!(event, Event::Done(_));
            Some((Ok(event), (!last).then_some(reader)))
        })))
    }

    fn take(&mut self, chunk: Chunk) -> Result<(), ModelError> {
        if chunk.is_preempted() {
            return Err(ModelError::Preempted);
        }
        if let Some(error) = chunk.error() {
            return Err(ModelError::EngineFailed(one_line(&error)));
        }
        self.usage = chunk.usage.map(Usage::from).or(self.usage);
        self.model = chunk.model.or(self.model.take());
        let Some(choices) = chunk.choices else {
            return match chunk.usage {
                Some(_) => Ok(()),
                None => Err(malformed(
                    &self.url,
                    "an event that is not a chat completion chunk",
                )),
            };
        };
        let Some(choice) = choices.into_iter().next() else {
            return Ok(());
        };
        if let Some(delta) = choice.delta {
            if let Some(thought) = delta.reasoning_content.or(delta.reasoning) {
                self.splitter.thought(&thought, &mut self.ready);
            }
            if let Some(text) = delta.content {
                self.splitter.text(&text, &mut self.ready);
            }
        }
        if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
            self.reason = Some(match reason.as_str() {
                "stop" | "eos" => FinishReason::Stop,
                "length" => FinishReason::Length,
                other => {
                    let why = format!(
                        "the engine stopped with `finish_reason` `{}`",
                        one_line(other)
                    );
                    return Err(ModelError::Interrupted(why));
                }
            });
            self.splitter.end(&mut self.ready);
        }
        Ok(())
    }

    fn finish(&mut self) {
        let Some(reason) = self.reason else { return };
        let generation = self.model.take().filter(|model| is_generation(model));
        self.ready.push_back(Event::Done(Finish {
            reason,
            usage: self.usage,
            generation,
        }));
    }
}

/// Returns whether a model name is a generation of our host, such as `repo@7`. Other engines return arbitrary names.
fn is_generation(model: &str) -> bool {
    matches!(name::parse(model), Ok((_, Some(_))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_generation_names() {
        for (model, expected) in [
            ("repo@7", true),
            ("repo", false),
            ("repo@", false),
            ("[click](https://evil.example)<img src=x>@1", false),
            ("Qwen/Qwen3@1", false),
        ] {
            assert_eq!(is_generation(model), expected, "{model}");
        }
    }
}
