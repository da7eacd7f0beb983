//! Request handlers, one request per file: convert the parameters, query the index or the assistant, convert the result. Handlers are
//! functions of a snapshot and do not use the client.

pub mod ask;
pub mod call_hierarchy;
pub mod code_action;
pub mod definition;
pub mod document_symbol;
pub mod execute_command;
pub mod feedback;
pub mod feedback_actions;
pub mod hover;
pub mod references;
pub mod status;
pub mod workspace_symbol;

use repo_indexer::Candidate;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{Range, TextDocumentPositionParams};

use super::snapshot::SessionSnapshot;

/// The definitions that the identifier at a position may refer to.
struct ResolvedIdentifier {
    root: usize,
    /// The range of the identifier in the newest text.
    range: Range,
    candidates: Vec<Candidate>,
}

/// Resolves the identifier at a position. Uses the newest text, which may not be indexed yet, so that a hover does not wait for the index.
fn resolve_identifier(
    session: &SessionSnapshot,
    at: &TextDocumentPositionParams,
) -> Result<Option<ResolvedIdentifier>> {
    let Some(file) = session.visible(&at.text_document.uri)? else {
        return Ok(None);
    };
    let offset = file.offset(at.position, session.encoding)?;
    let Some((root, path)) = &file.place else {
        return Ok(None);
    };
    let text = file.document.text();
    let resolved = session.roots[*root].snapshot.resolve_in(path, text, offset);
    Ok(resolved.map(|found| ResolvedIdentifier {
        root: *root,
        range: file
            .document
            .lines()
            .range(text, found.span, session.encoding),
        candidates: found.candidates,
    }))
}
