//! "Explain this diagnostic here": quotes its place and the definitions that its message names.

use grounding::{Citation, View};
use std::sync::Arc;

use repo_indexer::{Cancel, IndexError, LineRange, Snapshot, SymbolInfo};

use super::source::{Detail, lines_of, of_hit, of_symbol};
use super::{Answer, AnswerKind, Source, Target, text};
use grounding::markdown::{code, prose};

/// Lines shown before and after the place of the diagnostic.
const CONTEXT_LINES: u32 = 3;

pub fn diagnostic(
    views: &[View],
    target: &Target,
    message: &str,
    limit: usize,
    cancel: &Cancel,
) -> Result<Answer, IndexError> {
    let Some(view) = views.get(target.root) else {
        return Ok(super::target::no_definition_here(AnswerKind::Diagnostic));
    };
    let snapshot = &view.snapshot;
    let summary = text::first_line(message, 200);
    let mut answer = Answer::new(AnswerKind::Diagnostic, prose(&summary));
    answer.sources.push(here(views, target));
    let mut near = Vec::new();
    for name in names(message) {
        cancel.check()?;
        match definition(snapshot, &name) {
            Some(symbol) => quote(&mut answer, views, target.root, &symbol, limit),
            None => near.extend(nearest(snapshot, &name).map(|found| (name, found))),
        }
    }
    let nothing_known = answer.sources.len() == 1;
    for (name, nearest) in near {
        answer.notes.push(format!(
            "Nothing is called {}; nearest is {}.",
            code(&name),
            code(nearest)
        ));
        // Beside known names it may be a keyword, so it is only a note.
        if nothing_known && let Some(symbol) = definition(snapshot, nearest) {
            quote(&mut answer, views, target.root, &symbol, limit);
        }
    }
    if answer.sources.len() == 1 {
        // The message names no definition: search for its words.
        let query = repo_indexer::Query {
            text: message.to_owned(),
            limit: 4,
            scope: repo_indexer::QueryScope::All,
        };
        let words = text::words(message);
        for hit in snapshot
            .search(&query, cancel)?
            .hits
            .iter()
            .take(limit.saturating_sub(1).min(3))
        {
            answer.sources.push(of_hit(views, target.root, hit, &words));
        }
        answer.notes.push(
            "The message names no definition of this repository; the places below match its words."
                .to_owned(),
        );
    }
    Ok(answer)
}

/// Returns the most likely definition of an exact name.
fn definition(snapshot: &Snapshot, name: &str) -> Option<SymbolInfo> {
    let ids = snapshot.definitions(name).into_iter();
    ids.filter_map(|id| snapshot.symbol(id))
        .min_by_key(|s| (s.test, !s.public))
}

fn quote(answer: &mut Answer, views: &[View], root: usize, symbol: &SymbolInfo, limit: usize) {
    let known = answer.sources.iter().any(|s| s.title == symbol.qualified);
    if answer.sources.len() < limit && !known {
        let detail = Detail {
            relations: true,
            body: 0,
        };
        answer.sources.push(of_symbol(views, root, symbol, detail));
    }
}

/// Returns a defined name that `name` may be a misspelling of.
fn nearest<'s>(snapshot: &'s Snapshot, name: &str) -> Option<&'s str> {
    let slips = match name.chars().count() {
        0..4 => return None,
        4..8 => 1,
        8..13 => 2,
        _ => 3,
    };
    let similar = snapshot
        .names()
        .filter(|known| known.len().abs_diff(name.len()) <= slips);
    let near = similar.filter_map(|known| {
        let distance = strsim::osa_distance(known, name);
        (distance <= slips).then_some((distance, known))
    });
    near.min().map(|(_, known)| known)
}

fn here(views: &[View], target: &Target) -> Source {
    let snapshot = &views[target.root].snapshot;
    let path: Arc<str> = Arc::from(target.path.as_str());
    let text = &target.text;
    let enclosing = target.enclosing(views);
    let at = lines_of(text, target.span);
    let bounds = enclosing.as_ref().map_or(
        LineRange {
            first: 0,
            last: u32::MAX,
        },
        |s| s.lines,
    );
    let last_line = (text.lines().count() as u32).saturating_sub(1);
    let first = at
        .first
        .saturating_sub(CONTEXT_LINES)
        .max(bounds.first)
        .min(last_line);
    let last = (at.last + CONTEXT_LINES)
        .min(bounds.last)
        .min(last_line)
        .max(first);
    Source {
        citation: Citation::new(views, target.root, &path, LineRange { first, last }, None),
        kind: enclosing.as_ref().map_or("file", |s| s.kind.noun()),
        title: enclosing.map_or_else(|| target.path.clone(), |s| s.qualified),
        module: Some(snapshot.membership(&path).id),
        signature: None,
        doc: None,
        snippet: Some(text::excerpt(text, first, last, 12)).filter(|s| !s.is_empty()),
        relations: Vec::new(),
        score: None,
    }
}

/// Returns the identifiers that a message quotes, in order; compilers put names in backticks or quotes.
fn names(message: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for quoted in message
        .split(['`', '\'', '"', '‘', '’', '“', '”'])
        .skip(1)
        .step_by(2)
    {
        for word in quoted.split(|c: char| !c.is_alphanumeric() && c != '_') {
            if word.len() > 1
                && !word.starts_with(char::is_numeric)
                && !names.iter().any(|n| n == word)
            {
                names.push(word.to_owned());
            }
        }
    }
    names.truncate(12);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_quotes_the_names_it_is_about() {
        assert_eq!(
            names("expected `Option<Segment>`, found 'u32'"),
            ["Option", "Segment", "u32"]
        );
        assert_eq!(names("unused variable"), Vec::<String>::new());
    }
}
