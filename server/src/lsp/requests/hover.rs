//! `textDocument/hover`

use repo_indexer::{Cancel, SymbolInfo};
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind};

use crate::lsp::snapshot::SessionSnapshot;
use assistant::chat::Summary;
use assistant::hover;
use assistant::recording::{InteractionBuilder, InteractionKind};

pub fn handle(session: &SessionSnapshot, params: HoverParams, _: &Cancel) -> Result<Option<Hover>> {
    let Some(found) = super::resolve_identifier(session, &params.text_document_position_params)?
    else {
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
        if let Some(summary) = &card.summary {
            record(session, found.root, &symbol, summary);
        }
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

/// Records a summary that is shown, once per session.
fn record(session: &SessionSnapshot, root: usize, symbol: &SymbolInfo, summary: &Summary) {
    let Some(policy) = &session.recording else {
        return;
    };
    let Summary { text, generation } = summary.clone();
    let question = format!("What is `{}`?", symbol.qualified);
    let what = format!("{question}\n{generation}\n{text}");
    let workspace = &session.roots[root].root.path;
    let builder = InteractionBuilder::new(
        InteractionKind::Hover,
        &question,
        workspace,
        session.views(),
    );
    let (path, lines) = (symbol.path.clone(), symbol.lines);
    let make =
        move |builder: InteractionBuilder| builder.summary(text, generation, (root, &path, lines));
    session.samples.record_once(policy, &what, builder, make);
}
