//! `workspace/executeCommand`: a code action's question is answered, and the answer written where an editor can open it.

use std::sync::Arc;

use assistant::ask::{CodeQuestion, Task};
use repo_indexer::Cancel;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::ExecuteCommandParams;

use crate::lsp::answers;
use crate::lsp::commands::{self, QuestionCommand};
use crate::lsp::dispatch::Lane;
use crate::lsp::ext::{CommandArgument, CommandResult};
use crate::lsp::shared::Shared;
use crate::lsp::snapshot::SessionSnapshot;

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
    let read = {
        let session = session.clone();
        move |_: &Cancel| task(&session, entry.question, &argument)
    };
    let (task, root) = shared.lanes.run(Lane::Work, read).await?;
    let answer = super::ask::answer(shared, session.clone(), task, Some(root), None, None).await?;
    let write = move |_: &Cancel| {
        let document = answers::write(&session, entry.id, &answer);
        Ok(CommandResult { answer, document })
    };
    shared.lanes.run(Lane::Work, write).await
}

/// What a command asks, and the root it asks about.
fn task(
    session: &SessionSnapshot,
    question: QuestionCommand,
    argument: &CommandArgument,
) -> Result<(Task, usize)> {
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
    let root = target.root;
    let question = match question {
        QuestionCommand::Explain => CodeQuestion::Explain,
        QuestionCommand::Usages => CodeQuestion::Usages,
        QuestionCommand::Impact => CodeQuestion::Impact,
        QuestionCommand::Module => CodeQuestion::Module,
        QuestionCommand::Selection => {
            let typed = argument.question.as_deref();
            match typed.filter(|question| !question.trim().is_empty()) {
                Some(typed) => CodeQuestion::Selection {
                    text: typed.to_owned(),
                    selected: false,
                },
                None => CodeQuestion::Selection {
                    text: file.text(range, session.encoding)?.to_owned(),
                    selected: true,
                },
            }
        }
        QuestionCommand::Diagnostic => CodeQuestion::Diagnostic {
            message: argument
                .diagnostic
                .as_ref()
                .map(|diagnostic| diagnostic.message.clone())
                .unwrap_or_default(),
        },
    };
    Ok((Task::Code { question, target }, root))
}
