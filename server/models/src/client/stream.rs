//! From the chunks of an engine to events: thoughts and text apart, one end, and no end without a reason.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use async_openai::error::{OpenAIError, StreamError};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::time::timeout;

use super::wire::Chunk;
use crate::error::one_line;
use crate::library::name;
use crate::thinking::Splitter;
use crate::{Event, Finish, ModelError, Reason, Usage};

/// After the last piece of an answer, engines send counts and close; one that does neither is not waited for.
const AFTERWORD: Duration = Duration::from_secs(2);

/// An answer while it is made. Dropping it closes the connection, which ends the generation.
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

/// Reads one answer.
pub(super) struct Reader {
    chunks: BoxStream<'static, Result<Chunk, OpenAIError>>,
    /// Why the body ended, if it broke off.
    broken: Arc<OnceLock<ModelError>>,
    url: Arc<str>,
    /// How long the next token may take; before the first one, whoever asked keeps the time.
    between: Option<Duration>,
    splitter: Splitter,
    ready: VecDeque<Event>,
    reason: Option<Reason>,
    usage: Option<Usage>,
    model: Option<String>,
}

impl Reader {
    pub fn new(
        chunks: BoxStream<'static, Result<Chunk, OpenAIError>>,
        broken: Arc<OnceLock<ModelError>>,
        url: Arc<str>,
    ) -> Self {
        Reader {
            chunks,
            broken,
            url,
            between: None,
            splitter: Splitter::default(),
            ready: VecDeque::new(),
            reason: None,
            usage: None,
            model: None,
        }
    }

    /// Reads until there is something to be passed on.
    pub async fn fill(&mut self) -> Result<(), ModelError> {
        while self.ready.is_empty() {
            let wait = match self.reason {
                Some(_) => Some(AFTERWORD),
                None => self.between,
            };
            let next = match wait {
                Some(wait) => timeout(wait, self.chunks.next()).await.ok(),
                None => Some(self.chunks.next().await),
            };
            match next {
                Some(Some(Ok(chunk))) => self.take(chunk)?,
                // The answer is whole; only what would have come after it is missing.
                _ if self.reason.is_some() => self.finish(),
                Some(Some(Err(error))) => return Err(self.broken_off(&error)),
                Some(None) => {
                    let why = "the engine closed the connection before the answer's end";
                    return Err(ModelError::CutOff(why.to_owned()));
                }
                None => return Err(ModelError::FellSilent(self.between.unwrap_or_default())),
            }
        }
        Ok(())
    }

    /// The rest of the answer, with what was read already.
    pub fn into_stream(mut self, between: Duration) -> Stream {
        self.between = Some(between);
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
        if chunk.gave_way() {
            return Err(ModelError::GaveWay);
        }
        if let Some(error) = chunk.error() {
            return Err(ModelError::Failed(one_line(&error)));
        }
        self.usage = chunk.usage.map(Usage::from).or(self.usage);
        self.model = chunk.model.or(self.model.take());
        let Some(choices) = chunk.choices else {
            return match chunk.usage {
                Some(_) => Ok(()),
                None => Err(self.malformed("an event that is no piece of an answer".to_owned())),
            };
        };
        // One answer was asked for.
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
                "stop" | "eos" => Reason::Stop,
                "length" => Reason::Length,
                other => {
                    let why = format!("the engine ended it with the reason `{}`", one_line(other));
                    return Err(ModelError::CutOff(why));
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

    fn broken_off(&self, error: &OpenAIError) -> ModelError {
        if let Some(why) = self.broken.get() {
            return why.clone();
        }
        let what = match error {
            OpenAIError::JSONDeserialize(error, text) => {
                format!("{error} in `{}`", one_line(text))
            }
            OpenAIError::StreamError(error) => match error.as_ref() {
                StreamError::EventStream(why) => one_line(why),
                StreamError::UnknownEvent(event) => {
                    format!("an event `{}`", one_line(&event.event))
                }
            },
            other => one_line(&other.to_string()),
        };
        self.malformed(what)
    }

    fn malformed(&self, what: String) -> ModelError {
        ModelError::Malformed {
            url: self.url.to_string(),
            what,
        }
    }
}

/// Whether this is how our hosts name a generation. Other engines give the name of the model back, or anything else.
fn is_generation(model: &str) -> bool {
    matches!(name::parse(model), Ok((_, Some(_))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_of_a_generation_is_one() {
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
