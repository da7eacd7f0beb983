//! Runs one request on one engine.
//!
//! The engine always streams, because only a stream can be stopped, by closing it. This module knows nothing of HTTP.

use std::sync::Arc;
use std::time::Duration;

use either::Either;
use mistralrs_core::{NormalRequest, Request, RequestMessage, Response, TokenizationRequest};
use mistralrs_server_core::chat_completion::parse_request;
use mistralrs_server_core::openai::ChatCompletionRequest;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Engine;
use models::{FinishReason, Usage};

/// Longest time between two tokens before the engine is considered lost.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(120);
/// Additional time before the first token, for each token of the prompt. A large model on a slow CPU processes about ten per second.
const PROMPT_TOKEN_TIMEOUT: Duration = Duration::from_millis(100);
/// Longest time for an engine to stop after the first token. It checks after each token.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// Number of tokens that an incomplete character may take.
const MAX_INCOMPLETE_TOKENS: usize = 4;
/// Polling interval for the release of an answer by the engine, which sends no notification.
const POLL_INTERVAL: Duration = Duration::from_millis(1);
/// `max_tokens` of a request that does not set it.
const DEFAULT_MAX_TOKENS: usize = 1024;

/// A request that passed validation.
#[derive(Clone)]
pub(crate) struct ValidatedRequest(pub ChatCompletionRequest);

/// An event of an answer. Events arrive in this order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AnswerEvent {
    /// The generation that answers, `name@7`.
    Started(String),
    Thinking(String),
    Text(String),
    Done(FinishReason, Usage),
    Failed(Failure),
}

/// Why there is no complete answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    NoSuchModel(String),
    /// The model cannot be loaded.
    Unavailable(String),
    /// The request is invalid.
    Refused(String),
    /// The engine failed.
    Engine(String),
    /// A background request was stopped to serve a chat request.
    Preempted,
}

/// The engine has ended or hangs.
struct EngineLost(String);

type Out = mpsc::UnboundedSender<AnswerEvent>;

impl Engine {
    /// Answers a request. The caller must hold a queue slot and must not drop the future, because the engine would continue without the
    /// slot. Generation stops when `out` is closed or `preempted` is cancelled.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        question: ValidatedRequest,
        out: &Out,
        preempted: &CancellationToken,
    ) {
        if self.is_lost() {
            let _ = out.send(failed("the model has just failed; ask again"));
            return;
        }
        let _ = out.send(AnswerEvent::Started(self.installed.label()));
        match self.ask(question, out, preempted).await {
            Ok(tokens) => self.keep_cache_small(tokens).await,
            Err(EngineLost(why)) => {
                self.lose();
                tracing::error!("{}: {why}; it will be reloaded", self.installed.label());
                let _ = out.send(failed(&format!("{why}; ask again to reload the model")));
            }
        }
    }

    /// Runs the request. Returns the number of tokens that it left in the KV cache.
    async fn ask(
        &self,
        question: ValidatedRequest,
        out: &Out,
        preempted: &CancellationToken,
    ) -> Result<usize, EngineLost> {
        let core = self
            .core()
            .as_ref()
            .and_then(|core| Some((core.runner()?, core.requests.clone())));
        let Some((runner, requests)) = core else {
            return Err(EngineLost("the model has no engine".into()));
        };
        // Large enough that the engine never waits for this task.
        let (answer, mut answers) = mpsc::channel(1024);
        let parsed = parse_request(question.0, runner, answer).await;
        let mut request = match parsed {
            Ok((Request::Normal(request), _)) => request,
            Ok(_) => return Ok(refuse(out, "the request is not a conversation")),
            Err(error) => return Ok(refuse(out, &plain(&error))),
        };
        let prompt = match self.count(&request, &requests).await? {
            Ok(prompt) => prompt,
            Err(why) => return Ok(refuse(out, &why)),
        };
        let Some(room) = self
            .facts
            .context
            .checked_sub(prompt)
            .filter(|room| *room > 0)
        else {
            let context = self.facts.context;
            return Ok(refuse(
                out,
                &format!(
                    "the prompt has {prompt} tokens, but the context length of the model is {context} tokens, answer included"
                ),
            ));
        };
        let wanted = request
            .sampling_params
            .max_len
            .unwrap_or(DEFAULT_MAX_TOKENS)
            .min(room);
        request.sampling_params.max_len = Some(wanted);
        if requests.send(Request::Normal(request)).await.is_err() {
            return Err(EngineLost("the engine of the model ended".into()));
        }
        let reading = TOKEN_TIMEOUT + PROMPT_TOKEN_TIMEOUT * prompt as u32;
        let mut started = false;
        let end = tokio::select! {
            end = follow(&mut answers, reading, TOKEN_TIMEOUT, out, &mut started) => end,
            () = preempted.cancelled() => {
                let _ = out.send(AnswerEvent::Failed(Failure::Preempted));
                End::Finished(0)
            }
        };
        answers.close();
        let released =
            wait_until_released(&answers, if started { STOP_TIMEOUT } else { reading }).await;
        if requests.is_closed() {
            return Err(EngineLost("the engine of the model failed".into()));
        }
        match end {
            _ if !released => Err(EngineLost("the model does not stop".into())),
            End::TimedOut => Err(EngineLost("the model timed out".into())),
            End::Finished(tokens) => Ok(tokens),
            // The engine drops requests that it cannot process without a response.
            End::Dropped if !started && wanted > MAX_INCOMPLETE_TOKENS => {
                let _ = out.send(failed("the engine of the model gave no answer"));
                Ok(prompt)
            }
            // The engine does not send a last token that is an incomplete character, nor the finish reason with it.
            End::Dropped => {
                let usage = Usage {
                    prompt,
                    completion: wanted,
                };
                let _ = out.send(AnswerEvent::Done(FinishReason::Length, usage));
                Ok(prompt + wanted)
            }
        }
    }

    /// Counts the tokens of the prompt. The inner error means that the request is invalid.
    async fn count(
        &self,
        request: &NormalRequest,
        requests: &mpsc::Sender<Request>,
    ) -> Result<Result<usize, String>, EngineLost> {
        let RequestMessage::Chat {
            messages,
            enable_thinking,
            reasoning_effort,
        } = &request.messages
        else {
            return Ok(Err("only text is supported".into()));
        };
        let (response, mut counted) = mpsc::channel(1);
        let count = TokenizationRequest {
            text: Either::Left(messages.clone()),
            tools: None,
            add_generation_prompt: true,
            add_special_tokens: true,
            enable_thinking: *enable_thinking,
            reasoning_effort: *reasoning_effort,
            response,
        };
        let sent = requests.send(Request::Tokenize(count)).await;
        // This must be received: the engine fails if the receiver is dropped.
        match (sent, counted.recv().await) {
            (Ok(()), Some(Ok(tokens))) => Ok(Ok(tokens.len())),
            (Ok(()), Some(Err(error))) => Ok(Err(plain(&error))),
            _ => Err(EngineLost("the engine of the model ended".into())),
        }
    }
}

/// How an answer ended.
#[derive(Debug, PartialEq)]
enum End {
    /// With a response, or because the client disconnected. Contains the number of tokens left in the KV cache.
    Finished(usize),
    /// The engine dropped the request without a response.
    Dropped,
    /// No response in time.
    TimedOut,
}

/// Forwards an answer until it ends, fails or the client disconnects. The first event may take `reading`, each further one `silence`.
async fn follow(
    answers: &mut mpsc::Receiver<Response>,
    reading: Duration,
    silence: Duration,
    out: &Out,
    started: &mut bool,
) -> End {
    let mut limit = reading;
    let mut text = LeadingTrim::default();
    let mut thinking = LeadingTrim::default();
    loop {
        let response = tokio::select! {
            biased;
            () = out.closed() => return End::Finished(0),
            response = tokio::time::timeout(limit, answers.recv()) => response,
        };
        let Ok(response) = response else {
            return End::TimedOut;
        };
        limit = silence;
        match response {
            Some(Response::Chunk(chunk)) => {
                *started = true;
                let Some(choice) = chunk.choices.into_iter().next() else {
                    continue;
                };
                if let Some(thought) = thinking.rest(choice.delta.reasoning_content) {
                    let _ = out.send(AnswerEvent::Thinking(thought));
                }
                if let Some(words) = text.rest(choice.delta.content) {
                    let _ = out.send(AnswerEvent::Text(words));
                }
                if let Some(reason) = choice.finish_reason {
                    let usage = chunk.usage.map_or(NO_USAGE, |usage| Usage {
                        prompt: usage.prompt_tokens,
                        completion: usage.completion_tokens,
                    });
                    let _ = out.send(match reason.as_str() {
                        "length" => AnswerEvent::Done(FinishReason::Length, usage),
                        "stop" => AnswerEvent::Done(FinishReason::Stop, usage),
                        other => failed(&format!("the model stopped: {other}")),
                    });
                    return End::Finished(usage.prompt + usage.completion);
                }
            }
            Some(Response::ValidationError(error)) => {
                return End::Finished(refuse(out, &plain(&error)));
            }
            Some(Response::InternalError(error)) => {
                return End::Finished(fail(out, &plain(&error)));
            }
            Some(Response::ModelError(error, _)) => {
                return End::Finished(fail(out, &plain(&error)));
            }
            Some(_) => {
                return End::Finished(fail(out, "the answer of the model is not text"));
            }
            None => return End::Dropped,
        }
    }
}

const NO_USAGE: Usage = Usage {
    prompt: 0,
    completion: 0,
};

/// Waits until the engine has released an answer, which must happen before the next one starts. Returns false after `limit`.
async fn wait_until_released(answers: &mpsc::Receiver<Response>, limit: Duration) -> bool {
    let started = Instant::now();
    while answers.sender_strong_count() > 0 {
        if started.elapsed() > limit {
            return false;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    true
}

/// Removes leading white space from a chunked text.
#[derive(Default)]
struct LeadingTrim {
    started: bool,
}

impl LeadingTrim {
    fn rest(&mut self, piece: Option<String>) -> Option<String> {
        let mut piece = piece?;
        if !self.started {
            piece.drain(..piece.len() - piece.trim_start().len());
            self.started = !piece.is_empty();
        }
        Some(piece).filter(|piece| !piece.is_empty())
    }
}

fn failed(why: &str) -> AnswerEvent {
    AnswerEvent::Failed(Failure::Engine(why.to_owned()))
}

fn fail(out: &Out, why: &str) -> usize {
    let _ = out.send(failed(why));
    0
}

fn refuse(out: &Out, why: &str) -> usize {
    let _ = out.send(AnswerEvent::Failed(Failure::Refused(why.to_owned())));
    0
}

/// Returns the first line of an engine error, which may contain a backtrace.
fn plain(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
