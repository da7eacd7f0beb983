//! `workspace/symbol`

use repo_indexer::Cancel;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::*;

use crate::lsp::convert::{Locator, symbol_kind};
use crate::lsp::snapshot::SessionSnapshot;

/// Maximum results per root. Clients repeat the request as the query grows.
const MAX_SYMBOLS: usize = 128;

pub fn handle(
    session: &SessionSnapshot,
    params: WorkspaceSymbolParams,
    cancel: &Cancel,
) -> Result<Option<WorkspaceSymbolResponse>> {
    if !session.navigation() {
        return Ok(None);
    }
    let mut locator = Locator::new(session);
    let mut found = Vec::new();
    for (root, view) in session.roots.iter().enumerate() {
        for symbol in view.snapshot.find_symbols(&params.query, MAX_SYMBOLS) {
            cancel
                .check()
                .map_err(|_| tower_lsp::jsonrpc::Error::request_cancelled())?;
            let Some(location) = locator.location(root, &symbol.path, symbol.name_span) else {
                continue;
            };
            let container = symbol
                .container
                .and_then(|id| view.snapshot.symbol(id))
                .map(|c| c.name);
            let module = || view.snapshot.membership(&symbol.path).id;
            found.push(WorkspaceSymbol {
                name: symbol.name,
                kind: symbol_kind(symbol.kind),
                tags: None,
                container_name: Some(container.unwrap_or_else(module)),
                location: OneOf::Left(location),
                data: None,
            });
        }
    }
    Ok(Some(WorkspaceSymbolResponse::Nested(found)))
}
