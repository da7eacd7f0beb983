//! `textDocument/hover`

use repo_indexer::Cancel;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind};

use crate::hover;
use crate::lsp::snapshot::SessionSnapshot;

pub fn handle(session: &SessionSnapshot, params: HoverParams, _: &Cancel) -> Result<Option<Hover>> {
    let Some(found) = super::denoted(session, &params.text_document_position_params)? else {
        return Ok(None);
    };
    let snapshot = &session.roots[found.root].snapshot;
    let Some(mut card) = hover::card(snapshot, &found.candidates) else {
        return Ok(None);
    };
    let symbol = found.candidates.first();
    if let Some(symbol) = symbol.and_then(|best| snapshot.symbol(best.symbol))
        && let Some(settings) = &session.settings
    {
        card.summary = session.summaries.of(
            &settings.model,
            &settings.summaries_directory,
            &session.views(),
            &session.repository(),
            (found.root, &symbol),
            card.certainty,
        );
    }
    let contents = match session.support.plain_hover {
        true => MarkupContent {
            kind: MarkupKind::PlainText,
            value: card.to_plain(),
        },
        false => MarkupContent {
            kind: MarkupKind::Markdown,
            value: card.to_markdown(),
        },
    };
    Ok(Some(Hover {
        contents: HoverContents::Markup(contents),
        range: Some(found.range),
    }))
}
