//! `workspace/executeCommand`: a code-question is answered, and the answer written where an editor can open it.
//!
//! Facts that the index has for certain (who uses a thing, what breaks, which module a file is in) are never left to a model. What asks
//! for an explanation gets one from the model, if one is set up, above what the index has to say.

use std::sync::Arc;

use repo_indexer::Cancel;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::ExecuteCommandParams;

use crate::lsp::answers;
use crate::lsp::commands::{self, Question};
use crate::lsp::convert::index_error;
use crate::lsp::dispatch::Lane;
use crate::lsp::ext::{AskResult, CommandArgument, CommandResult};
use crate::lsp::recording;
use crate::lsp::session::Shared;
use crate::lsp::snapshot::SessionSnapshot;
use assistant::answer::{self, Answer, Question as Asked, Target};
use assistant::chat;

pub async fn handle(
    shared: &Shared,
    session: Arc<SessionSnapshot>,
    params: ExecuteCommandParams,
) -> Result<CommandResult> {
    let entry = commands::named(&params.command);
    let entry = entry
        .ok_or_else(|| Error::invalid_params(format!("unknown command: {}", params.command)))?;
    let argument = params
        .arguments
        .into_iter()
        .next()
        .ok_or_else(|| Error::invalid_params("the command needs its argument"))?;
    let argument: CommandArgument = serde_json::from_value(argument)
        .map_err(|e| Error::invalid_params(format!("the command's argument: {e}")))?;
    let work = {
        let session = session.clone();
        move |cancel: &Cancel| answered(&session, entry.question, &argument, cancel)
    };
    let mut found = shared.lanes.run(Lane::Work, work).await?;
    if let Ok(Some(_)) = session.assistant() {
        found.answer = found.answer.because("no model had a part in this");
    }
    let by_index = answers::result(&session, &found.answer, None);
    let mut occasion = session.occasion(entry.question.kind(), &found.asked, Some(found.root));
    if found
        .for_model
        .as_ref()
        .is_some_and(|question| question.selected)
    {
        occasion = occasion.selected();
    }
    let by_model = match &found.for_model {
        None => None,
        Some(question) => {
            super::ask::by_model(shared, &session, question, None, &None, &occasion).await?
        }
    };
    let answer = match by_model {
        Some(Ok(by_model)) => above(by_model, by_index),
        unanswered => {
            let error = unanswered.and_then(std::result::Result::err);
            let answer = Arc::new(super::ask::explained(found.answer, error.as_deref()));
            let result = match &error {
                Some(_) => answers::result(&session, &answer, None),
                None => by_index,
            };
            AskResult {
                error,
                interaction_id: recording::keep_extractive(&session, occasion, answer).await,
                ..result
            }
        }
    };
    let work = move |_: &Cancel| {
        let document = answers::write(&session, entry.id, &answer);
        Ok(CommandResult { answer, document })
    };
    shared.lanes.run(Lane::Work, work).await
}

/// What the index answers, and how a model would be asked the same.
struct Found {
    answer: Answer,
    /// What was asked, in words.
    asked: String,
    /// The root it was asked of.
    root: usize,
    for_model: Option<super::ask::QuestionAt>,
}

fn answered(
    session: &SessionSnapshot,
    question: Question,
    argument: &CommandArgument,
    cancel: &Cancel,
) -> Result<Found> {
    let document = argument
        .text_document
        .as_ref()
        .ok_or_else(|| Error::invalid_params("textDocument is missing"))?;
    let range = argument
        .range
        .ok_or_else(|| Error::invalid_params("range is missing"))?;
    let file = session.file(&document.uri)?;
    let target = session.target(&file, range)?;
    let target = target
        .ok_or_else(|| Error::invalid_params("the document is in no indexed workspace folder"))?;
    let views = session.views();
    let root = target.root;
    let mut for_model = None;
    let mut ask_model = |text: String, at: Target, selected: bool| {
        let at = Some(at);
        for_model = Some(super::ask::QuestionAt { text, at, selected });
    };
    let name = target.symbol(&views).map(|(symbol, _)| symbol.qualified);
    let name = name.unwrap_or_else(|| target.path.clone());
    let answer = match question {
        Question::Explain => {
            if let Some((symbol, _)) = target.symbol(&views) {
                ask_model(
                    chat::explain_question(&symbol.qualified),
                    target.clone(),
                    false,
                );
            }
            answer::explain(&views, &target, cancel)
        }
        Question::Usages => answer::usages(&views, &target, cancel),
        Question::Impact => answer::impact(&views, &target, cancel),
        Question::Module => answer::module(&views, &target, cancel),
        Question::Selection => {
            let selected = file.text(range, session.encoding)?;
            let written = argument.question.as_deref();
            let written = written.filter(|q| !q.trim().is_empty());
            let text = written.unwrap_or(selected);
            ask_model(text.to_owned(), target.clone(), written.is_none());
            let asked = Asked {
                text,
                limit: session.sources(),
            };
            answer::ask(&views, asked, &mut (), cancel)
        }
        Question::Diagnostic => {
            let message = argument
                .diagnostic
                .as_ref()
                .map(|d| d.message.as_str())
                .unwrap_or_default();
            ask_model(chat::diagnostic_question(message), target.clone(), false);
            answer::diagnostic(&views, &target, message, cancel)
        }
    }
    .map_err(index_error)?;
    let asked = match &for_model {
        Some(question) => question.text.clone(),
        None => question.in_words(&name),
    };
    Ok(Found {
        answer,
        asked,
        root,
        for_model,
    })
}

/// The model's answer with that of the index below it.
fn above(by_model: AskResult, by_index: AskResult) -> AskResult {
    let mut citations = by_model.citations;
    for citation in by_index.citations {
        if !citations.iter().any(|known| known.label == citation.label) {
            citations.push(citation);
        }
    }
    AskResult {
        markdown: format!("{}\n---\n\n{}", by_model.markdown, by_index.markdown),
        citations,
        ..by_model
    }
}
