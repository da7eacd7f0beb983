//! `textDocument/definition`

use repo_indexer::Cancel;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{GotoDefinitionParams, GotoDefinitionResponse, Location};

use crate::lsp::convert::Locator;
use crate::lsp::snapshot::SessionSnapshot;

/// Candidates with at least this fraction of the best confidence are returned too.
const MIN_RELATIVE_CONFIDENCE: f32 = 0.8;

pub fn handle(
    session: &SessionSnapshot,
    params: GotoDefinitionParams,
    _: &Cancel,
) -> Result<Option<GotoDefinitionResponse>> {
    if !session.navigation() {
        return Ok(None);
    }
    let Some(found) = super::resolve_identifier(session, &params.text_document_position_params)?
    else {
        return Ok(None);
    };
    let Some(best) = found.candidates.first().map(|c| c.confidence) else {
        return Ok(None);
    };
    let snapshot = &session.roots[found.root].snapshot;
    let mut locator = Locator::new(session);
    let close = found
        .candidates
        .iter()
        .filter(|c| c.confidence >= best * MIN_RELATIVE_CONFIDENCE);
    let symbols = close.filter_map(|c| snapshot.symbol(c.symbol));
    let locations: Vec<Location> = symbols
        .filter_map(|s| locator.location(found.root, &s.path, s.name_span))
        .collect();
    Ok(Some(GotoDefinitionResponse::Array(locations)))
}
