//! `repoLsp/ask`: a question in words, or a requirement whose module is wanted, answered in parts.

use std::path::PathBuf;
use std::sync::Arc;

use assistant::ask::{self, AskPartial, AskResult, Context, Question, Sink, Task, Worker};
use assistant::chat::AnswerPart;
use futures::future::BoxFuture;
use repo_indexer::{Cancel, IndexError};
use tokio::sync::mpsc::UnboundedSender;
use tower_lsp::jsonrpc::{Error, Result};

use crate::lsp::convert::{SessionLocator, index_error};
use crate::lsp::dispatch::{Lane, Lanes};
use crate::lsp::ext::AskParams;
use crate::lsp::shared::Shared;
use crate::lsp::snapshot::SessionSnapshot;

pub async fn handle(
    shared: &Shared,
    session: Arc<SessionSnapshot>,
    params: AskParams,
    parts: Option<UnboundedSender<AskPartial>>,
) -> Result<AskResult> {
    let conversation = params.conversation_id.clone();
    let read = {
        let session = session.clone();
        move |_: &Cancel| task(&session, params)
    };
    let (task, root) = shared.lanes.run(Lane::Work, read).await?;
    answer(shared, session, task, root, conversation, parts).await
}

/// Asks through the one service, with what this session has.
pub async fn answer(
    shared: &Shared,
    session: Arc<SessionSnapshot>,
    task: Task,
    root: Option<usize>,
    conversation: Option<String>,
    parts: Option<UnboundedSender<AskPartial>>,
) -> Result<AskResult> {
    let locate = Arc::new(SessionLocator(session.clone()));
    let source = session.source.clone();
    let context = Context {
        views: session.views(),
        repository: session.repository(),
        model: session.model(),
        choose_model: Arc::new(move |settings| source.assistant(settings)),
        max_sources: session.sources(),
        locate: locate.clone(),
        conversations: shared.conversations.clone(),
        samples: session.samples.clone(),
        recording: session.recording.clone(),
    };
    let question = Question {
        task,
        workspace: session.workspace(root),
        conversation,
        use_model: true,
    };
    let sink = Arc::new(Parts {
        parts,
        locate: locate.clone(),
    });
    let reply = ask::ask(context, shared.lanes.clone(), question, sink).await?;
    Ok(AskResult::of(reply, &*locate).await)
}

impl Worker for Lanes {
    type Error = Error;

    fn run<T, F>(&self, work: F) -> BoxFuture<'static, Result<T>>
    where
        T: Send + 'static,
        F: FnOnce(&Cancel) -> std::result::Result<T, IndexError> + Send + 'static,
    {
        let lanes = self.clone();
        Box::pin(async move {
            let work = move |cancel: &Cancel| work(cancel).map_err(index_error);
            Lanes::run(&lanes, Lane::Work, work).await
        })
    }
}

/// Sends the parts of an answer to the client, if it asked for them.
struct Parts {
    parts: Option<UnboundedSender<AskPartial>>,
    locate: Arc<SessionLocator>,
}

impl Sink for Parts {
    fn model(&self, part: AnswerPart) {
        let nothing = part.markdown.is_empty() && part.thinking.is_empty();
        if let Some(parts) = self.parts.as_ref().filter(|_| !nothing) {
            // The receiver is gone only after the request was cancelled.
            let _ = parts.send(AskPartial::of(part, &*self.locate));
        }
    }

    fn index(&self, part: AnswerPart) {
        self.model(part);
    }
}

fn task(session: &SessionSnapshot, params: AskParams) -> Result<(Task, Option<usize>)> {
    let file = match &params.text_document {
        Some(document) => Some(session.file(&document.uri)?),
        None => None,
    };
    let typed = params.question.trim();
    let mut text = typed.to_owned();
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
    let root = at.as_ref().map(|target| target.root);
    let task = match params.module {
        true => Task::Module { requirement: text },
        false => Task::Words {
            selected: typed.is_empty(),
            text,
            at,
        },
    };
    Ok((task, root))
}

impl SessionSnapshot {
    /// The folder of a root, or else of the first one: what an interaction is recorded under.
    fn workspace(&self, root: Option<usize>) -> PathBuf {
        let root = root.and_then(|at| self.roots.get(at)).map(|r| &r.root);
        let root = root.or(self.all_roots.first());
        root.map(|root| root.path.clone()).unwrap_or_default()
    }
}
