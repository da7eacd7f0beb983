//! `textDocument/references`

use repo_indexer::Cancel;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{Location, ReferenceParams};

use crate::lsp::convert::{Locator, index_error};
use crate::lsp::snapshot::SessionSnapshot;

pub fn handle(
    session: &SessionSnapshot,
    params: ReferenceParams,
    cancel: &Cancel,
) -> Result<Option<Vec<Location>>> {
    if !session.navigation() {
        return Ok(None);
    }
    let Some(found) = super::resolve_identifier(session, &params.text_document_position)? else {
        return Ok(None);
    };
    let Some(best) = found.candidates.first() else {
        return Ok(None);
    };
    let references = session.roots[found.root]
        .snapshot
        .references(best.symbol, cancel)
        .map_err(index_error)?;
    let mut locator = Locator::new(session);
    let wanted = references
        .iter()
        .filter(|r| params.context.include_declaration || !r.definition);
    Ok(Some(
        wanted
            .filter_map(|r| locator.location(found.root, &r.path, r.span))
            .collect(),
    ))
}
