//! `repoLsp/ask`: a question in words, answered in parts as they are made or found.
//!
//! The model answers where one is set up. Where it cannot be asked, the index does, and says why. Where only the module is asked for,
//! [`super::module`] answers.

use std::sync::Arc;

use repo_indexer::Cancel;
use tokio::sync::mpsc::UnboundedSender;
use tower_lsp::jsonrpc::{Error, Result};

use crate::lsp::answers;
use crate::lsp::convert::{FileLinks, Locator, index_error};
use crate::lsp::dispatch::Lane;
use crate::lsp::ext::{AskParams, AskPartial, AskResult};
use crate::lsp::recording;
use crate::lsp::session::Shared;
use crate::lsp::snapshot::SessionSnapshot;
use assistant::answer::{self, Answer, Listener, Question, Source, Target};
use assistant::chat::{self, Asked, Part, Prepared, Unready};
use assistant::recording::{ByModel, Kind, Occasion};

type Parts = Option<UnboundedSender<AskPartial>>;

pub async fn handle(
    shared: &Shared,
    session: Arc<SessionSnapshot>,
    params: AskParams,
    parts: Parts,
) -> Result<AskResult> {
    let question = {
        let session = session.clone();
        let params = params.clone();
        let read = move |_: &Cancel| asked(&session, &params);
        shared.lanes.run(Lane::Work, read).await?
    };
    let id = params.conversation_id.clone();
    let root = question.at.as_ref().map(|target| target.root);
    let kind = if params.module {
        Kind::Module
    } else {
        Kind::Ask
    };
    let mut occasion = session.occasion(kind, &question.text, root);
    if question.selected {
        occasion = occasion.selected();
    }
    if params.module {
        return super::module::handle(shared, session, question.text, id, parts, occasion).await;
    }
    let asked = by_model(shared, &session, &question, id.clone(), &parts, &occasion).await?;
    let result = match asked {
        Some(Ok(result)) => result,
        unanswered => {
            let why = unanswered.and_then(std::result::Result::err);
            let work = {
                let (session, text, id) = (session.clone(), question.text.clone(), id.clone());
                move |cancel: &Cancel| by_index(&session, &text, why, id, parts, cancel)
            };
            let (mut result, answer) = shared.lanes.run(Lane::Work, work).await?;
            result.interaction_id =
                recording::keep_extractive(&session, occasion, Arc::new(answer)).await;
            result
        }
    };
    if let (Some(conversation), Some(interaction)) = (&id, &result.interaction_id) {
        recording::follow(&session, conversation, &question.text, interaction);
    }
    Ok(result)
}

/// What is asked, and what the developer looks at.
#[derive(Clone)]
pub struct QuestionAt {
    pub text: String,
    pub at: Option<Target>,
    /// Whether the text is what is selected, not what somebody wrote.
    pub selected: bool,
}

fn asked(session: &SessionSnapshot, params: &AskParams) -> Result<QuestionAt> {
    let file = params
        .text_document
        .as_ref()
        .map(|d| session.file(&d.uri))
        .transpose()?;
    let mut text = params.question.trim().to_owned();
    let mut at = None;
    if let (Some(file), Some(range)) = (&file, params.range) {
        if text.is_empty() {
            text = file.text(range, session.encoding)?.trim().to_owned();
        }
        at = session.target(file, range)?;
    }
    if text.is_empty() {
        return Err(Error::invalid_params(
            "there is neither a question nor selected text",
        ));
    }
    let selected = params.question.trim().is_empty();
    Ok(QuestionAt { text, at, selected })
}

/// The model's answer, or why it gave none; nothing if none is set up.
pub async fn by_model(
    shared: &Shared,
    session: &Arc<SessionSnapshot>,
    question: &QuestionAt,
    id: Option<String>,
    parts: &Parts,
    occasion: &Occasion,
) -> Result<Option<std::result::Result<AskResult, String>>> {
    let choose = {
        let session = session.clone();
        move |_: &Cancel| Ok(session.assistant())
    };
    let assistant = match shared.lanes.run(Lane::Work, choose).await? {
        Ok(None) => return Ok(None),
        Ok(Some(assistant)) => assistant,
        Err(why) => return Ok(Some(Err(why))),
    };
    let before = id.as_deref().map(|id| shared.conversations.get(id));
    let prepare = {
        let (session, question) = (session.clone(), question.clone());
        move |cancel: &Cancel| -> Result<std::result::Result<Prepared, String>> {
            let asked = Asked {
                question: &question.text,
                at: question.at.as_ref(),
            };
            let prepared = chat::ask::prepare(
                &session.views(),
                &session.repository(),
                &asked,
                before.unwrap_or_default(),
                &session.model(),
                cancel,
            );
            match prepared {
                Ok(prepared) => Ok(Ok(prepared)),
                Err(Unready::Index(error)) => Err(index_error(error)),
                Err(too_long) => Ok(Err(too_long.to_string())),
            }
        }
    };
    let prepared = match shared.lanes.run(Lane::Work, prepare).await? {
        Ok(prepared) => prepared,
        Err(why) => return Ok(Some(Err(why))),
    };
    let views = session.views();
    let links = FileLinks(session);
    let mut send = |part: Part| {
        if let Some(parts) = parts {
            // Nobody listens any more only when the request was cancelled.
            let _ = parts.send(partial(session, part));
        }
    };
    let answered = chat::ask::answer(&assistant, prepared, &views, &links, &mut send).await;
    Ok(Some(match answered {
        Ok(answered) => {
            let mut result = answers::of_model(session, &answered, id.clone());
            let made = ByModel::from(&answered);
            let make = move |occasion: Occasion| occasion.by_model(&made);
            result.interaction_id = recording::keep(session, occasion.clone(), make).await;
            if let Some(id) = id {
                let (before, turn) = answered.into_turn();
                shared.conversations.put(&id, before, turn);
            }
            Ok(result)
        }
        Err(error) => Err(error.to_string()),
    }))
}

fn partial(session: &SessionSnapshot, part: Part) -> AskPartial {
    let mut locator = Locator::new(session);
    AskPartial {
        markdown: part.markdown,
        citations: part
            .citations
            .iter()
            .filter_map(|c| locator.citation(c))
            .collect(),
        thinking: Some(part.thinking).filter(|t| !t.is_empty()),
    }
}

/// An answer made of the repository's own text; `why` a model that is set up did not give one.
fn by_index(
    session: &SessionSnapshot,
    question: &str,
    why: Option<String>,
    id: Option<String>,
    parts: Parts,
    cancel: &Cancel,
) -> Result<(AskResult, Answer)> {
    let mut stream = parts.map(|parts| Stream {
        parts,
        why: why.clone(),
        locator: Locator::new(session),
        links: FileLinks(session),
    });
    let listener: &mut dyn Listener = match &mut stream {
        Some(stream) => stream,
        None => &mut (),
    };
    let question = Question {
        text: question,
        limit: session.sources(),
    };
    let answer = answer::ask(&session.views(), question, listener, cancel).map_err(index_error)?;
    let answer = explained(answer, why.as_deref());
    if let Some(stream) = &stream {
        stream.send(answer.tail(), Vec::new());
    }
    let mut result = answers::result(session, &answer, id);
    result.error = why;
    Ok((result, answer))
}

pub fn explained(answer: Answer, why: Option<&str>) -> Answer {
    match why {
        Some(why) => answer.because(format!("the model did not answer: {why}")),
        None => answer,
    }
}

struct Stream<'s> {
    parts: UnboundedSender<AskPartial>,
    why: Option<String>,
    locator: Locator<'s>,
    links: FileLinks<'s>,
}

impl Stream<'_> {
    fn send(&self, markdown: String, citations: Vec<crate::lsp::ext::Citation>) {
        if !markdown.is_empty() {
            // Nobody listens any more only when the request was cancelled.
            let _ = self.parts.send(AskPartial {
                markdown,
                citations,
                thinking: None,
            });
        }
    }
}

impl Listener for Stream<'_> {
    fn head(&mut self, answer: &Answer) {
        let answer = explained(answer.clone(), self.why.as_deref());
        self.send(answer.head(), Vec::new());
    }

    fn source(&mut self, number: usize, source: &Source) {
        let citation = self.locator.citation(&source.citation);
        self.send(
            source.to_markdown(number, &self.links),
            citation.into_iter().collect(),
        );
    }
}
