//! One question to one engine, from the request to the last piece of the answer.
//!
//! The engine is always asked for a stream: only that can be stopped, by closing it. Nothing here knows of HTTP.

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

/// How long an engine may be silent between two tokens before it is given up.
const SILENCE: Duration = Duration::from_secs(120);
/// What is allowed on top of that for each token of the prompt: large models read some ten of them a second on a small processor.
const READING: Duration = Duration::from_millis(100);
/// What an engine may take to stop that has begun to speak: it is asked to after each token.
const STEP: Duration = Duration::from_secs(30);
/// More tokens than a character that is cut in half may take.
const HALVES: usize = 4;
/// How often it is looked whether the engine has let go of an answer; nothing tells.
const LOOK: Duration = Duration::from_millis(1);
/// What is asked for where a request does not say.
const MAX_TOKENS: usize = 1024;

/// What is asked, already checked.
#[derive(Clone)]
pub(crate) struct Question(pub ChatCompletionRequest);

/// What comes back, in this order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    /// The engine that answers, `name@7`.
    Began(String),
    Thinking(String),
    Text(String),
    Done(FinishReason, Usage),
    Failed(Failure),
}

/// Why there is no answer, or no more of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    NoSuchModel(String),
    /// It cannot be loaded, now or at all.
    Unavailable(String),
    /// The question is at fault.
    Refused(String),
    /// The engine is at fault.
    Engine(String),
    /// Nobody waited for the answer, and somebody for the engine.
    Preempted,
}

/// The engine of an answer is gone, or must be given up.
struct Lost(String);

type Out = mpsc::UnboundedSender<Piece>;

impl Engine {
    /// Answers. For whoever has the turn, and not to be dropped before it is done: the engine would go on, with the turn given away.
    /// When `out` is closed the engine stops.
    /// So it does when `preempted` is cancelled.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        question: Question,
        out: &Out,
        preempted: &CancellationToken,
    ) {
        if self.is_lost() {
            let _ = out.send(failed("the model has just failed; ask again"));
            return;
        }
        let _ = out.send(Piece::Began(self.installed.label()));
        match self.ask(question, out, preempted).await {
            Ok(tokens) => self.keep_cache_small(tokens).await,
            Err(Lost(why)) => {
                self.lose();
                tracing::error!("{}: {why}; it will be loaded again", self.installed.label());
                let _ = out.send(failed(&format!(
                    "{why}; ask again, and it will be loaded anew"
                )));
            }
        }
    }

    /// Gives the number of tokens that the engine has kept in mind.
    async fn ask(
        &self,
        question: Question,
        out: &Out,
        preempted: &CancellationToken,
    ) -> Result<usize, Lost> {
        let core = self
            .core()
            .as_ref()
            .and_then(|core| Some((core.runner()?, core.requests.clone())));
        let Some((runner, requests)) = core else {
            return Err(Lost("the model has no engine".into()));
        };
        // Large enough that the engine never waits for us.
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
                    "the prompt has {prompt} tokens and the model can take {context} with its answer"
                ),
            ));
        };
        let wanted = request
            .sampling_params
            .max_len
            .unwrap_or(MAX_TOKENS)
            .min(room);
        request.sampling_params.max_len = Some(wanted);
        if requests.send(Request::Normal(request)).await.is_err() {
            return Err(Lost("the engine of the model ended".into()));
        }
        let reading = SILENCE + READING * prompt as u32;
        let mut begun = false;
        let end = tokio::select! {
            end = follow(&mut answers, reading, SILENCE, out, &mut begun) => end,
            () = preempted.cancelled() => {
                let _ = out.send(Piece::Failed(Failure::Preempted));
                End::Said(0)
            }
        };
        answers.close();
        let quiet = quiet(&answers, if begun { STEP } else { reading }).await;
        if requests.is_closed() {
            return Err(Lost("the engine of the model broke down".into()));
        }
        match end {
            _ if !quiet => Err(Lost("the model does not stop".into())),
            End::Silent => Err(Lost("the model gave no sign of life".into())),
            End::Said(tokens) => Ok(tokens),
            // It drops without a word what it cannot take.
            End::Unsaid if !begun && wanted > HALVES => {
                let _ = out.send(failed("the engine of the model gave no answer"));
                Ok(prompt)
            }
            // The engine keeps a last token that is half a character to itself, and its word that this was the last one with it.
            End::Unsaid => {
                let usage = Usage {
                    prompt,
                    completion: wanted,
                };
                let _ = out.send(Piece::Done(FinishReason::Length, usage));
                Ok(prompt + wanted)
            }
        }
    }

    /// How many tokens the prompt has. The inner error is the question's.
    async fn count(
        &self,
        request: &NormalRequest,
        requests: &mpsc::Sender<Request>,
    ) -> Result<Result<usize, String>, Lost> {
        let RequestMessage::Chat {
            messages,
            enable_thinking,
            reasoning_effort,
        } = &request.messages
        else {
            return Ok(Err("only text can be asked".into()));
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
        // It must be awaited to its end: the engine breaks down when nobody takes this.
        match (sent, counted.recv().await) {
            (Ok(()), Some(Ok(tokens))) => Ok(Ok(tokens.len())),
            (Ok(()), Some(Err(error))) => Ok(Err(plain(&error))),
            _ => Err(Lost("the engine of the model ended".into())),
        }
    }
}

/// How an answer ended.
#[derive(Debug, PartialEq)]
enum End {
    /// With a word, or because nobody listened; so many tokens are kept in mind for the next turn.
    Said(usize),
    /// Without a word.
    Unsaid,
    /// It did not, for too long.
    Silent,
}

/// Passes an answer on until it ends, fails, or nobody listens. The first piece may take `reading`, each of the others `silence`.
async fn follow(
    answers: &mut mpsc::Receiver<Response>,
    reading: Duration,
    silence: Duration,
    out: &Out,
    begun: &mut bool,
) -> End {
    let mut limit = reading;
    let mut text = Trimmed::default();
    let mut thinking = Trimmed::default();
    loop {
        let response = tokio::select! {
            biased;
            () = out.closed() => return End::Said(0),
            response = tokio::time::timeout(limit, answers.recv()) => response,
        };
        let Ok(response) = response else {
            return End::Silent;
        };
        limit = silence;
        match response {
            Some(Response::Chunk(chunk)) => {
                *begun = true;
                let Some(choice) = chunk.choices.into_iter().next() else {
                    continue;
                };
                if let Some(thought) = thinking.rest(choice.delta.reasoning_content) {
                    let _ = out.send(Piece::Thinking(thought));
                }
                if let Some(words) = text.rest(choice.delta.content) {
                    let _ = out.send(Piece::Text(words));
                }
                if let Some(reason) = choice.finish_reason {
                    let usage = chunk.usage.map_or(NOTHING, |usage| Usage {
                        prompt: usage.prompt_tokens,
                        completion: usage.completion_tokens,
                    });
                    let _ = out.send(match reason.as_str() {
                        "length" => Piece::Done(FinishReason::Length, usage),
                        "stop" => Piece::Done(FinishReason::Stop, usage),
                        other => failed(&format!("the model stopped: {other}")),
                    });
                    return End::Said(usage.prompt + usage.completion);
                }
            }
            Some(Response::ValidationError(error)) => {
                return End::Said(refuse(out, &plain(&error)));
            }
            Some(Response::InternalError(error)) => return End::Said(fail(out, &plain(&error))),
            Some(Response::ModelError(error, _)) => return End::Said(fail(out, &plain(&error))),
            Some(_) => {
                return End::Said(fail(
                    out,
                    "the model answered with something else than text",
                ));
            }
            None => return End::Unsaid,
        }
    }
}

const NOTHING: Usage = Usage {
    prompt: 0,
    completion: 0,
};

/// Waits until the engine has let go of an answer. Only then may the next one begin.
async fn quiet(answers: &mpsc::Receiver<Response>, limit: Duration) -> bool {
    let started = Instant::now();
    while answers.sender_strong_count() > 0 {
        if started.elapsed() > limit {
            return false;
        }
        tokio::time::sleep(LOOK).await;
    }
    true
}

/// Text without the white space that it begins with, however it is cut.
#[derive(Default)]
struct Trimmed {
    begun: bool,
}

impl Trimmed {
    fn rest(&mut self, piece: Option<String>) -> Option<String> {
        let mut piece = piece?;
        if !self.begun {
            piece.drain(..piece.len() - piece.trim_start().len());
            self.begun = !piece.is_empty();
        }
        Some(piece).filter(|piece| !piece.is_empty())
    }
}

fn failed(why: &str) -> Piece {
    Piece::Failed(Failure::Engine(why.to_owned()))
}

fn fail(out: &Out, why: &str) -> usize {
    let _ = out.send(failed(why));
    0
}

fn refuse(out: &Out, why: &str) -> usize {
    let _ = out.send(Piece::Failed(Failure::Refused(why.to_owned())));
    0
}

/// Errors of the engine may have several lines and a backtrace.
fn plain(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
