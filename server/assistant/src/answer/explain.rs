//! "Explain this": quotes the definition, its container, and the documented definitions that it calls.

use grounding::View;
use repo_indexer::{Cancel, IndexError, SymbolKind};

use super::source::{Detail, of_symbol};
use super::{Answer, AnswerKind, Target, words};
use grounding::markdown::code;

/// Lines of the definition that are quoted.
const MAX_BODY_LINES: usize = 30;

pub fn explain(
    views: &[View],
    target: &Target,
    limit: usize,
    cancel: &Cancel,
) -> Result<Answer, IndexError> {
    let Some((symbol, certainty)) = target.symbol(views) else {
        return super::module(views, target, cancel);
    };
    let snapshot = &views[target.root].snapshot;
    let whereabouts = words::whereabouts(snapshot, &symbol);
    let article = if whereabouts.starts_with(['e', 'i']) {
        "an"
    } else {
        "a"
    };
    let mut answer = Answer::new(
        AnswerKind::Explain,
        format!(
            "{}{} is {article} {}.",
            certainty.prefix(),
            code(&symbol.name),
            whereabouts.replace(" · ", " in ")
        ),
    );
    answer.sources.push(of_symbol(
        views,
        target.root,
        &symbol,
        Detail {
            relations: true,
            body: MAX_BODY_LINES,
        },
    ));
    let container = symbol
        .container
        .and_then(|id| snapshot.symbol(id))
        .filter(|c| c.kind != SymbolKind::Section);
    let callees = snapshot
        .callees(symbol.id)
        .into_iter()
        .filter_map(|c| snapshot.symbol(c.symbol));
    // Definitions without documentation would only repeat a name from the list of callees.
    for related in container
        .into_iter()
        .chain(callees)
        .filter(|s| s.doc.is_some() && s.id != symbol.id)
    {
        cancel.check()?;
        if answer.sources.len() == limit {
            break;
        }
        answer
            .sources
            .push(of_symbol(views, target.root, &related, Detail::default()));
    }
    if symbol.doc.is_none() {
        answer
            .notes
            .push("It has no documentation of its own.".to_owned());
    }
    Ok(answer)
}
