//! `textDocument/prepareCallHierarchy`, `callHierarchy/incomingCalls` and `callHierarchy/outgoingCalls`

use std::collections::BTreeMap;
use std::sync::Arc;

use repo_indexer::{Cancel, Snapshot, Span, SymbolId, SymbolInfo};
use serde::{Deserialize, Serialize};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::*;

use crate::lsp::convert::{Locator, index_error, symbol_kind};
use crate::lsp::snapshot::SessionSnapshot;

/// The data of an item. An item outlives its snapshot, so it stores the place of its definition instead of the id.
#[derive(Serialize, Deserialize)]
struct ItemData {
    root: usize,
    path: String,
    qualified: String,
    line: u32,
}

pub fn prepare(
    session: &SessionSnapshot,
    params: CallHierarchyPrepareParams,
    _: &Cancel,
) -> Result<Option<Vec<CallHierarchyItem>>> {
    if !session.navigation() {
        return Ok(None);
    }
    let Some(found) = super::resolve_identifier(session, &params.text_document_position_params)?
    else {
        return Ok(None);
    };
    let symbol = found
        .candidates
        .first()
        .and_then(|c| session.roots[found.root].snapshot.symbol(c.symbol));
    let mut locator = Locator::new(session);
    Ok(symbol
        .and_then(|s| item(&mut locator, found.root, &s))
        .map(|item| vec![item]))
}

pub fn incoming(
    session: &SessionSnapshot,
    params: CallHierarchyIncomingCallsParams,
    cancel: &Cancel,
) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
    let Some((root, symbol)) = find_definition(session, &params.item)? else {
        return Ok(None);
    };
    let snapshot = &session.roots[root].snapshot;
    let references = snapshot
        .references(symbol.id, cancel)
        .map_err(index_error)?;
    let mut callers: BTreeMap<(Arc<str>, u32), (SymbolInfo, Vec<Span>)> = BTreeMap::new();
    for call in references.iter().filter(|r| r.call) {
        let Some(caller) = enclosing(snapshot, &call.path, call.span.start) else {
            continue;
        };
        let entry = callers.entry((call.path.clone(), caller.span.start));
        entry
            .or_insert_with(|| (caller, Vec::new()))
            .1
            .push(call.span);
    }
    let mut locator = Locator::new(session);
    let calls = callers.into_values().filter_map(|(caller, spans)| {
        let from_ranges = spans
            .iter()
            .filter_map(|s| locator.range(root, &caller.path, *s))
            .collect();
        Some(CallHierarchyIncomingCall {
            from: item(&mut locator, root, &caller)?,
            from_ranges,
        })
    });
    Ok(Some(calls.collect()))
}

pub fn outgoing(
    session: &SessionSnapshot,
    params: CallHierarchyOutgoingCallsParams,
    cancel: &Cancel,
) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
    let Some((root, symbol)) = find_definition(session, &params.item)? else {
        return Ok(None);
    };
    let snapshot = &session.roots[root].snapshot;
    let mut locator = Locator::new(session);
    let mut calls = Vec::new();
    for callee in snapshot.callees(symbol.id).iter().filter(|c| c.calls > 0) {
        cancel.check().map_err(|_| Error::request_cancelled())?;
        let Some(to) = snapshot.symbol(callee.symbol) else {
            continue;
        };
        // The index stores only the line of a call, so the ranges are searched by name.
        let from_ranges = name_on_line(snapshot, &symbol, &to.name, callee.line)
            .into_iter()
            .filter_map(|span| locator.range(root, &symbol.path, span))
            .collect();
        let Some(to) = item(&mut locator, root, &to) else {
            continue;
        };
        calls.push(CallHierarchyOutgoingCall { to, from_ranges });
    }
    Ok(Some(calls))
}

fn item(locator: &mut Locator<'_>, root: usize, symbol: &SymbolInfo) -> Option<CallHierarchyItem> {
    let Location { uri, range } = locator.location(root, &symbol.path, symbol.span)?;
    let selection_range = locator.range(root, &symbol.path, symbol.name_span)?;
    let data = ItemData {
        root,
        path: symbol.path.to_string(),
        qualified: symbol.qualified.clone(),
        line: symbol.lines.first,
    };
    Some(CallHierarchyItem {
        name: symbol.name.clone(),
        kind: symbol_kind(symbol.kind),
        tags: None,
        detail: Some(symbol.qualified.clone()),
        uri,
        range,
        selection_range,
        data: serde_json::to_value(data).ok(),
    })
}

/// Finds the definition of an item: the one with its qualified name that is nearest to its stored line.
fn find_definition(
    session: &SessionSnapshot,
    item: &CallHierarchyItem,
) -> Result<Option<(usize, SymbolInfo)>> {
    if !session.navigation() {
        return Ok(None);
    }
    let data = item
        .data
        .clone()
        .ok_or_else(|| Error::invalid_params("not a call hierarchy item of this server"))?;
    let ItemData {
        root,
        path,
        qualified,
        line,
    } = serde_json::from_value(data)
        .map_err(|_| Error::invalid_params("not a call hierarchy item of this server"))?;
    let Some(view) = session.roots.get(root) else {
        return Ok(None);
    };
    let same = view
        .snapshot
        .outline(&path)
        .into_iter()
        .filter(|s| s.qualified == qualified);
    Ok(same
        .min_by_key(|s| s.lines.first.abs_diff(line))
        .map(|symbol| (root, symbol)))
}

fn enclosing(snapshot: &Snapshot, path: &str, offset: u32) -> Option<SymbolInfo> {
    let id: SymbolId = snapshot.enclosing(path, offset)?;
    snapshot.symbol(id)
}

fn name_on_line(snapshot: &Snapshot, within: &SymbolInfo, name: &str, line: u32) -> Vec<Span> {
    let Some(text) = snapshot.text(&within.path) else {
        return Vec::new();
    };
    let start: usize = text
        .split_inclusive('\n')
        .take(line as usize)
        .map(str::len)
        .sum();
    let Some(content) = text.get(start..).and_then(|t| t.lines().next()) else {
        return Vec::new();
    };
    content
        .match_indices(name)
        .map(|(at, _)| Span::new(start + at, start + at + name.len()))
        .collect()
}
