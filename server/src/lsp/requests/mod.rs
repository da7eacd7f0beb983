//! One request per file: convert in, ask the core, convert out. Each is a function of a snapshot and knows no client.

pub mod ask;
pub mod call_hierarchy;
pub mod code_action;
pub mod definition;
pub mod document_symbol;
pub mod execute_command;
pub mod feedback;
pub mod hover;
pub mod judge;
pub mod references;
pub mod status;
pub mod workspace_symbol;

use repo_indexer::Candidate;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{Range, TextDocumentPositionParams};

use super::snapshot::SessionSnapshot;

/// What the identifier at a position may denote.
struct Denoted {
    root: usize,
    /// Of the identifier, in the newest text.
    range: Range,
    candidates: Vec<Candidate>,
}

/// Resolved in the newest text, which the index may not have seen yet: a hover never waits for it.
fn denoted(session: &SessionSnapshot, at: &TextDocumentPositionParams) -> Result<Option<Denoted>> {
    let Some(file) = session.shown(&at.text_document.uri)? else {
        return Ok(None);
    };
    let offset = file.offset(at.position, session.encoding)?;
    let Some((root, path)) = &file.place else {
        return Ok(None);
    };
    let text = file.document.text();
    let resolved = session.roots[*root].snapshot.resolve_in(path, text, offset);
    Ok(resolved.map(|found| Denoted {
        root: *root,
        range: file
            .document
            .lines()
            .range(text, found.span, session.encoding),
        candidates: found.candidates,
    }))
}
