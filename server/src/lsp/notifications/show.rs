//! Opens the answer of a command in the editor. The reply to the command does not wait for that.

use tower_lsp::ls_types::{MessageType, ShowDocumentParams};

use crate::lsp::ext::CommandResult;
use crate::lsp::shared::Shared;

pub fn answer(shared: &Shared, result: &CommandResult) {
    let support = shared.session().support.show_document;
    let connection = shared.client.connection.clone();
    let Some(uri) = result.document.clone() else {
        return;
    };
    let headline = result
        .answer
        .markdown
        .lines()
        .find(|l| !l.is_empty() && !l.starts_with('*'))
        .unwrap_or_default()
        .to_owned();
    shared.client.detach(async move {
        if support {
            let shown = ShowDocumentParams {
                uri: uri.clone(),
                external: Some(false),
                take_focus: Some(true),
                selection: None,
            };
            if matches!(connection.show_document(shown).await, Ok(true)) {
                return;
            }
        }
        let path = uri
            .to_file_path()
            .map(|p| p.display().to_string())
            .unwrap_or_default();
        connection
            .show_message(
                MessageType::INFO,
                format!("{headline} The answer is in {path}"),
            )
            .await;
    });
}
