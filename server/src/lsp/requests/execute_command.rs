//! `workspace/executeCommand`: a code-question is answered, and the answer written where an editor can open it.

use repo_indexer::Cancel;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::ExecuteCommandParams;

use crate::answer::{self, Answer, Question as Asked};
use crate::lsp::answers;
use crate::lsp::commands::{self, Question};
use crate::lsp::convert::index_error;
use crate::lsp::ext::{CommandArgument, CommandResult};
use crate::lsp::snapshot::SessionSnapshot;

pub fn handle(
    session: &SessionSnapshot,
    params: ExecuteCommandParams,
    cancel: &Cancel,
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
    let answer = answered(session, entry.question, &argument, cancel)?;
    let answer = answers::result(session, &answer, None);
    let document = answers::write(session, entry.id, &answer.markdown);
    Ok(CommandResult { answer, document })
}

fn answered(
    session: &SessionSnapshot,
    question: Question,
    argument: &CommandArgument,
    cancel: &Cancel,
) -> Result<Answer> {
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
    match question {
        Question::Explain => answer::explain(&views, &target, cancel),
        Question::Usages => answer::usages(&views, &target, cancel),
        Question::Impact => answer::impact(&views, &target, cancel),
        Question::Module => answer::module(&views, &target, cancel),
        Question::Selection => {
            let selected = file.text(range, session.encoding)?;
            let text = argument
                .question
                .as_deref()
                .filter(|q| !q.trim().is_empty())
                .unwrap_or(selected);
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
            answer::diagnostic(&views, &target, message, cancel)
        }
    }
    .map_err(index_error)
}
