//! `textDocument/codeAction` and `codeAction/resolve`
//!
//! All questions are offered without checking whether they can be answered, because menus must open at once.

use repo_indexer::Cancel;
use serde_json::Value;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::*;

use crate::lsp::commands::{self, Entry, QuestionCommand};
use crate::lsp::ext::CommandArgument;
use crate::lsp::snapshot::SessionSnapshot;
use assistant::answer::first_line;

/// Maximum characters of a diagnostic's message in a title.
const MAX_MESSAGE_LEN: usize = 60;

pub fn handle(
    session: &SessionSnapshot,
    params: CodeActionParams,
    _: &Cancel,
) -> Result<Option<CodeActionResponse>> {
    let only = params.context.only.as_deref();
    if let Some(actions) =
        super::feedback_actions::actions(session, &params.text_document.uri, only)
    {
        return Ok(Some(response(session, actions)));
    }
    let Some(file) = session.visible(&params.text_document.uri)? else {
        return Ok(None);
    };
    let selected = !file.text(params.range, session.encoding)?.trim().is_empty();
    if file.place.is_none() {
        return Ok(None);
    }
    let mut actions = Vec::new();
    for entry in commands::ALL
        .iter()
        .filter(|e| commands::wanted(only, e.kind))
    {
        let argument = CommandArgument {
            text_document: Some(params.text_document.clone()),
            range: Some(params.range),
            ..Default::default()
        };
        match entry.question {
            QuestionCommand::Selection if !selected => {}
            QuestionCommand::Diagnostic => actions.extend(
                params
                    .context
                    .diagnostics
                    .iter()
                    .map(|d| diagnostic_action(entry, &argument, d)),
            ),
            _ => actions.push(action(entry, entry.title.to_owned(), argument)),
        }
    }
    Ok(Some(response(session, actions)))
}

fn response(session: &SessionSnapshot, actions: Vec<CodeAction>) -> CodeActionResponse {
    let literals = session.support.code_action_literals;
    let supported = |action: CodeAction| match action.command.clone() {
        // Clients without support for code action literals only know commands.
        Some(command) if !literals => CodeActionOrCommand::Command(command),
        _ => CodeActionOrCommand::CodeAction(action),
    };
    actions.into_iter().map(supported).collect()
}

/// Restores the command of an action from its data. Our actions are complete from the start, but clients may drop the command.
pub fn resolve(_: &SessionSnapshot, mut action: CodeAction, _: &Cancel) -> Result<CodeAction> {
    if action.command.is_none() {
        let command = action.data.clone().map(serde_json::from_value::<Command>);
        match command {
            Some(Ok(command)) if commands::ids().contains(&command.command) => {
                action.command = Some(command)
            }
            _ => return Err(Error::invalid_params("not one of our code actions")),
        }
    }
    Ok(action)
}

fn diagnostic_action(
    entry: &Entry,
    argument: &CommandArgument,
    diagnostic: &Diagnostic,
) -> CodeAction {
    let title = format!(
        "{}: {}",
        entry.title,
        first_line(&diagnostic.message, MAX_MESSAGE_LEN)
    );
    let argument = CommandArgument {
        range: Some(diagnostic.range),
        diagnostic: Some(diagnostic.clone()),
        ..argument.clone()
    };
    CodeAction {
        diagnostics: Some(vec![diagnostic.clone()]),
        ..action(entry, title, argument)
    }
}

fn action(entry: &Entry, title: String, argument: CommandArgument) -> CodeAction {
    let argument = serde_json::to_value(argument).unwrap_or(Value::Null);
    let command = Command {
        title: title.clone(),
        command: entry.id.to_owned(),
        arguments: Some(vec![argument]),
    };
    CodeAction {
        title,
        kind: Some(CodeActionKind::new(entry.kind)),
        data: serde_json::to_value(&command).ok(),
        command: Some(command),
        ..Default::default()
    }
}
