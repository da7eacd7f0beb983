//! The one way to ask: a question goes in, a [`Reply`] comes out, whether an editor or a shell asked.
//!
//! [`ask`] chooses a model, retrieves, prompts, streams and checks; where no model answers it falls back to the index; then it records
//! the interaction. An edge (LSP, command line) only makes the [`Question`], forwards what the [`Sink`] receives, and prints the reply.

mod json;
mod module;
mod question;
mod reply;

use std::sync::Arc;

use futures::future::BoxFuture;
use grounding::{Citation, Links, View};
use repo_indexer::{Cancel, IndexError};
use settings::ModelSettings;

pub use json::{AskPartial, AskResult, CitationJson, Location, Mode, Position, Range};
pub use question::{CodeQuestion, Question, Task};
pub use reply::Reply;

use crate::answer::{self, Answer, Listener, Source, Target};
use crate::chat::exchange::{self, ModelQuestion, Prepared, Unready};
use crate::chat::{AnswerPart, Answered, ChatModel, Conversations};
use crate::recording::{InteractionKind, RecordingPolicy, Samples};

/// Returns the model to ask with the given settings: `None` if no model is set up, an error if the configured one cannot be asked.
pub type ChooseModel =
    dyn Fn(&ModelSettings) -> Result<Option<ChatModel>, String> + Send + Sync + 'static;

/// What every question of one session is answered with.
#[derive(Clone)]
pub struct Context {
    /// The roots to answer from, as they were when the question arrived.
    pub views: Vec<View>,
    /// The repository's name in the system prompt.
    pub repository: String,
    pub model: ModelSettings,
    pub choose_model: Arc<ChooseModel>,
    /// How many sources an answer from the index quotes at most.
    pub max_sources: usize,
    /// How the edge writes links and locations.
    pub locate: Arc<dyn Locate>,
    pub conversations: Arc<Conversations>,
    pub samples: Arc<Samples>,
    /// `None` while the settings are unknown: nothing is recorded then.
    pub recording: Option<RecordingPolicy>,
}

/// Turns citations into what a client of the edge can open.
pub trait Locate: Links + Send + Sync {
    /// Where a citation lies; `None` leaves it out of the reply's JSON.
    fn location(&self, citation: &Citation) -> Option<Location>;
}

/// Receives an answer while it is being made. All parts of one reply add up to its Markdown.
pub trait Sink: Send + Sync {
    /// A part of a model's answer.
    fn model(&self, part: AnswerPart);
    /// A part of an answer from the index.
    fn index(&self, part: AnswerPart);
}

/// Runs blocking work for a request: an editor's on a bounded pool where it can be cancelled, a shell's in place.
///
/// Futures are boxed: the compiler cannot yet prove that a generic one, borrowed across an `.await`, is `Send`.
pub trait Worker: Clone + Send + Sync + 'static {
    /// The edge's error; it holds an index error, or that the work was cancelled.
    type Error: Send + 'static;

    fn run<T, F>(&self, work: F) -> BoxFuture<'static, Result<T, Self::Error>>
    where
        T: Send + 'static,
        F: FnOnce(&Cancel) -> Result<T, IndexError> + Send + 'static;
}

/// Answers a question and records the interaction. Dropping the future cancels the work and the model.
///
/// Fails only if the index cannot be read or the work was cancelled: a model that cannot be asked leaves the answer to the index, and the
/// reason in [`Reply::error`].
pub fn ask<W: Worker>(
    context: Context,
    worker: W,
    question: Question,
    sink: Arc<dyn Sink>,
) -> BoxFuture<'static, Result<Reply, W::Error>> {
    Box::pin(async move {
        match question.task.clone() {
            Task::Words { text, at, selected } => {
                let prompt = ModelQuestion { text, at };
                ask_in_words(&context, &worker, &question, prompt, selected, sink).await
            }
            Task::Module { requirement } => {
                module::ask(&context, &worker, &question, requirement, sink).await
            }
            Task::Code {
                question: code,
                target,
            } => ask_about_code(&context, &worker, &question, code, target, sink).await,
        }
    })
}

async fn ask_in_words<W: Worker>(
    context: &Context,
    worker: &W,
    question: &Question,
    prompt: ModelQuestion,
    selected: bool,
    sink: Arc<dyn Sink>,
) -> Result<Reply, W::Error> {
    let mut reply = Reply::begin(context, question, InteractionKind::Ask, prompt.text.clone());
    if selected {
        reply.question_was_selected();
    }
    let asked = ask_model(context, worker, question, &prompt, &sink).await?;
    let why = match asked {
        Ok(answered) => return Ok(reply.by_model(answered, None)),
        Err(why) => why,
    };
    let work = {
        let (context, why) = (context.clone(), why.clone());
        let (text, use_model) = (prompt.text, question.use_model);
        move |cancel: &Cancel| {
            let words = answer::SearchQuestion {
                text: &text,
                limit: context.max_sources,
            };
            let reason = |answer| with_reason(answer, why.as_deref(), use_model);
            let mut listener = Streamed {
                sink: &*sink,
                links: &*context.locate,
                reason: &reason,
            };
            let answer = answer::ask(&context.views, words, &mut listener, cancel)?;
            let answer = reason(answer);
            sink.index(AnswerPart::text(answer.tail()));
            Ok(answer)
        }
    };
    let answer = worker.run(work).await?;
    Ok(reply.by_index(answer, why))
}

/// Facts that the index has for certain (uses, impact, module) are never left to a model. What asks for an explanation gets one from the
/// model, if one is set up, above what the index has to say.
async fn ask_about_code<W: Worker>(
    context: &Context,
    worker: &W,
    question: &Question,
    code: CodeQuestion,
    target: Target,
    sink: Arc<dyn Sink>,
) -> Result<Reply, W::Error> {
    let mut reply = Reply::begin(context, question, code.kind(), String::new());
    if let CodeQuestion::Selection { selected: true, .. } = code {
        reply.question_was_selected();
    }
    let work = {
        let context = context.clone();
        move |cancel: &Cancel| code.answer_from_index(&context, &target, cancel)
    };
    let found = worker.run(work).await?;
    let mut index = found.answer;
    if let Ok(Some(_)) = (context.choose_model)(&context.model) {
        index = index.with_reason("no model had a part in this");
    }
    reply.question = found.asked;
    let asked = match &found.prompt {
        Some(prompt) => ask_model(context, worker, question, prompt, &sink).await?,
        None => Err(None),
    };
    Ok(match asked {
        Ok(answered) => reply.by_model(answered, Some(index)),
        Err(why) => {
            if why.is_some() {
                index = with_reason(index, why.as_deref(), true);
            }
            reply.by_index(index, why)
        }
    })
}

/// The model's checked answer; otherwise why there is none, or `None` if no model is set up or wanted.
async fn ask_model<W: Worker>(
    context: &Context,
    worker: &W,
    question: &Question,
    prompt: &ModelQuestion,
    sink: &Arc<dyn Sink>,
) -> Result<Result<Answered, Option<String>>, W::Error> {
    if !question.use_model {
        return Ok(Err(None));
    }
    let choose = {
        // Looks at the disk for what is installed.
        let context = context.clone();
        move |_: &Cancel| Ok((context.choose_model)(&context.model))
    };
    let assistant = match worker.run(choose).await? {
        Ok(Some(assistant)) => assistant,
        Ok(None) => return Ok(Err(None)),
        Err(why) => return Ok(Err(Some(why))),
    };
    let conversation = question.conversation.as_deref();
    let before = conversation.map(|id| context.conversations.get(id));
    let prepare = {
        let (context, prompt) = (context.clone(), prompt.clone());
        move |cancel: &Cancel| -> Result<Result<Prepared, String>, IndexError> {
            let prepared = exchange::prepare(
                &context.views,
                &context.repository,
                &prompt,
                before.unwrap_or_default(),
                &context.model,
                cancel,
            );
            match prepared {
                Ok(prepared) => Ok(Ok(prepared)),
                Err(Unready::Index(error)) => Err(error),
                Err(too_long) => Ok(Err(too_long.to_string())),
            }
        }
    };
    let prepared = match worker.run(prepare).await? {
        Ok(prepared) => prepared,
        Err(why) => return Ok(Err(Some(why))),
    };
    let mut send = |part: AnswerPart| sink.model(part);
    let links = &*context.locate;
    let answered = exchange::answer(&assistant, prepared, &context.views, links, &mut send).await;
    Ok(match answered {
        Ok(answered) => {
            if let Some(id) = conversation {
                let (before, turn) = answered.turn();
                context.conversations.put(id, before, turn);
            }
            Ok(answered)
        }
        Err(error) => Err(Some(error.to_string())),
    })
}

/// The index's answer, which says why it is not the model's.
fn with_reason(answer: Answer, why: Option<&str>, use_model: bool) -> Answer {
    match why {
        Some(why) => answer.with_reason(format!("the model did not answer: {why}")),
        None if !use_model => answer.with_reason("no model was asked"),
        None => answer,
    }
}

/// Forwards an answer from the index to a sink, part by part.
struct Streamed<'a> {
    sink: &'a dyn Sink,
    links: &'a dyn Locate,
    reason: &'a dyn Fn(Answer) -> Answer,
}

impl Listener for Streamed<'_> {
    fn head(&mut self, answer: &Answer) {
        let answer = (self.reason)(answer.clone());
        self.sink.index(AnswerPart::text(answer.head()));
    }

    fn source(&mut self, number: usize, source: &Source) {
        self.sink.index(AnswerPart {
            markdown: source.to_markdown(number, self.links),
            citations: vec![source.citation.clone()],
            ..AnswerPart::default()
        });
    }
}
