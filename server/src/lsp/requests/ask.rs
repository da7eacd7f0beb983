//! `repoLsp/ask`: a question in words, answered in parts as they are found.

use repo_indexer::Cancel;
use tokio::sync::mpsc::UnboundedSender;
use tower_lsp::jsonrpc::{Error, Result};

use crate::answer::{self, Answer, Listener, Question, Source};
use crate::lsp::answers;
use crate::lsp::convert::{FileLinks, Locator, index_error};
use crate::lsp::ext::{AskParams, AskPartial, AskResult};
use crate::lsp::snapshot::SessionSnapshot;

pub fn handle(
    session: &SessionSnapshot,
    params: AskParams,
    parts: Option<UnboundedSender<AskPartial>>,
    cancel: &Cancel,
) -> Result<AskResult> {
    let file = params
        .text_document
        .as_ref()
        .map(|d| session.file(&d.uri))
        .transpose()?;
    let mut question = params.question.trim().to_owned();
    if question.is_empty()
        && let (Some(file), Some(range)) = (&file, params.range)
    {
        question = file.text(range, session.encoding)?.trim().to_owned();
    }
    if question.is_empty() {
        return Err(Error::invalid_params(
            "there is neither a question nor selected text",
        ));
    }
    let mut stream = parts.map(|parts| Stream {
        parts,
        locator: Locator::new(session),
        links: FileLinks(session),
    });
    let listener: &mut dyn Listener = match &mut stream {
        Some(stream) => stream,
        None => &mut (),
    };
    let views = session.views();
    let answer = answer::ask(
        &views,
        Question {
            text: &question,
            limit: session.sources(),
        },
        listener,
        cancel,
    )
    .map_err(index_error)?;
    if let Some(stream) = &stream {
        stream.send(answer.tail(), Vec::new());
    }
    Ok(answers::result(session, &answer, params.conversation_id))
}

struct Stream<'s> {
    parts: UnboundedSender<AskPartial>,
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
            });
        }
    }
}

impl Listener for Stream<'_> {
    fn head(&mut self, answer: &Answer) {
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
