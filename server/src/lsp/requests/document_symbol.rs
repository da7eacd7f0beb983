//! `textDocument/documentSymbol`

use std::collections::HashMap;
use std::sync::Arc;

use repo_indexer::{Cancel, SymbolId, SymbolInfo};
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::*;

use crate::lsp::convert::{Locator, symbol_kind};
use crate::lsp::snapshot::SessionSnapshot;

pub fn handle(
    session: &SessionSnapshot,
    params: DocumentSymbolParams,
    _: &Cancel,
) -> Result<Option<DocumentSymbolResponse>> {
    let Some(file) = session.visible(&params.text_document.uri)? else {
        return Ok(None);
    };
    let Some((root, path)) = file.place.filter(|_| session.navigation()) else {
        return Ok(None);
    };
    let snapshot = &session.roots[root].snapshot;
    let outline = snapshot.outline(&path);
    let mut locator = Locator::new(session);
    if !session.support.hierarchical_symbols {
        let flat = outline.iter().filter_map(|symbol| {
            let container = symbol
                .container
                .and_then(|id| snapshot.symbol(id))
                .map(|c| c.name);
            #[expect(deprecated, reason = "the type has no other constructor")]
            Some(SymbolInformation {
                name: symbol.name.clone(),
                kind: symbol_kind(symbol.kind),
                tags: None,
                deprecated: None,
                location: locator.location(root, &Arc::from(path.as_str()), symbol.span)?,
                container_name: container,
            })
        });
        return Ok(Some(DocumentSymbolResponse::Flat(flat.collect())));
    }
    Ok(Some(DocumentSymbolResponse::Nested(tree(
        outline,
        |symbol| {
            let range = locator.range(root, &symbol.path, symbol.span)?;
            Some((range, locator.range(root, &symbol.path, symbol.name_span)?))
        },
    ))))
}

/// Builds the tree of symbols. Containers precede their contents, so the reverse order completes each node before its parent.
fn tree(
    outline: Vec<SymbolInfo>,
    mut ranges: impl FnMut(&SymbolInfo) -> Option<(Range, Range)>,
) -> Vec<DocumentSymbol> {
    let mut children: HashMap<Option<SymbolId>, Vec<DocumentSymbol>> = HashMap::new();
    for symbol in outline.into_iter().rev() {
        let Some((range, selection_range)) = ranges(&symbol) else {
            continue;
        };
        let mut inner = children.remove(&Some(symbol.id)).unwrap_or_default();
        inner.reverse();
        let signature = symbol.signature.lines().next().unwrap_or_default().trim();
        #[expect(deprecated, reason = "the type has no other constructor")]
        let node = DocumentSymbol {
            // LSP forbids empty names.
            name: if symbol.name.is_empty() {
                "…".to_owned()
            } else {
                symbol.name
            },
            detail: (!signature.is_empty()).then(|| signature.to_owned()),
            kind: symbol_kind(symbol.kind),
            tags: None,
            deprecated: None,
            range,
            selection_range: within(selection_range, range),
            children: (!inner.is_empty()).then_some(inner),
        };
        children.entry(symbol.container).or_default().push(node);
    }
    let mut top = children.remove(&None).unwrap_or_default();
    top.reverse();
    top
}

/// Returns the selection, or the start of the range if the selection is outside: editors reject the whole outline for that.
fn within(selection: Range, range: Range) -> Range {
    if range.start <= selection.start && selection.end <= range.end {
        selection
    } else {
        Range::new(range.start, range.start)
    }
}
