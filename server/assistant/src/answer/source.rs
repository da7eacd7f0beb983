//! Makes quotable sources of symbols and search hits.

use grounding::{Citation, View};
use std::sync::Arc;

use repo_indexer::{Hit, LineRange, Snapshot, Span, SymbolId, SymbolInfo, SymbolKind, UsageSite};

use super::{Mention, Relation, Source, text, words};

/// Places listed in a relation; further ones are only counted.
const MAX_LISTED: usize = 3;
/// Maximum length of quoted documentation, in characters.
const MAX_DOC_LEN: usize = 600;
/// Maximum length of a quoted signature, in characters: type parameters may fill a page.
const MAX_SIGNATURE_LEN: usize = 500;
/// Maximum number of quoted lines.
const MAX_SNIPPET_LINES: usize = 8;

/// What to quote of a definition besides its signature and documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct Detail {
    pub relations: bool,
    /// Lines of the body to quote even if there is documentation.
    pub body: usize,
}

/// Makes a source of a definition.
pub fn of_symbol(views: &[View], root: usize, symbol: &SymbolInfo, detail: Detail) -> Source {
    let snapshot = &views[root].snapshot;
    let doc = symbol
        .doc
        .as_deref()
        .and_then(|d| text::first_paragraph(d, MAX_DOC_LEN));
    let lines = if detail.body > 0 {
        detail.body
    } else if doc.is_none() {
        MAX_SNIPPET_LINES
    } else {
        0
    };
    let body = (lines > 0).then(|| snapshot.text(&symbol.path)).flatten();
    let snippet = body.and_then(|t| body_excerpt(&t, symbol, lines));
    let signature = bounded_signature(&symbol.signature);
    Source {
        citation: Citation::new(views, root, &symbol.path, symbol.lines, Some(symbol.span)),
        title: symbol.qualified.clone(),
        kind: symbol.kind.noun(),
        module: Some(snapshot.membership(&symbol.path).id),
        // The snippet may already begin with the signature; sections have none.
        signature: signature.filter(|s| {
            !matches!(symbol.kind, SymbolKind::Section) && !repeats(snippet.as_deref(), s)
        }),
        doc,
        snippet,
        relations: if detail.relations {
            relations(views, root, symbol.id)
        } else {
            Vec::new()
        },
        score: None,
    }
}

/// Makes a source of a search hit: its definition, otherwise the lines in which the question's words occur.
pub fn of_hit(views: &[View], root: usize, hit: &Hit, question: &[String]) -> Source {
    let snapshot = &views[root].snapshot;
    let symbol = hit
        .symbol
        .and_then(|id| snapshot.symbol(id))
        .filter(|s| s.kind != SymbolKind::Section);
    let mut source = match symbol {
        Some(symbol) => of_symbol(
            views,
            root,
            &symbol,
            Detail {
                relations: true,
                body: 0,
            },
        ),
        None => of_lines(views, root, hit, question),
    };
    source.score = Some(hit.scores.clone());
    source
}

fn of_lines(views: &[View], root: usize, hit: &Hit, question: &[String]) -> Source {
    let snapshot = &views[root].snapshot;
    let text = snapshot.text(&hit.path).unwrap_or_else(|| Arc::from(""));
    let (first, last) = text::best_window(
        &text,
        hit.lines.first,
        hit.lines.last,
        question,
        MAX_SNIPPET_LINES,
    );
    let section = hit.symbol.and_then(|id| snapshot.symbol(id));
    let name = hit.path.rsplit('/').next().unwrap_or(&hit.path).to_owned();
    Source {
        citation: Citation::new(views, root, &hit.path, hit.lines, None),
        title: section.map_or(name, |s| s.qualified),
        kind: if hit.symbol.is_some() {
            "section"
        } else {
            "file"
        },
        module: Some(snapshot.membership(&hit.path).id),
        signature: None,
        doc: None,
        snippet: Some(text::excerpt(&text, first, last, MAX_SNIPPET_LINES))
            .filter(|s| !s.is_empty()),
        relations: Vec::new(),
        score: None,
    }
}

/// Makes a source of a use: the definition around it, and the line.
pub fn of_place(views: &[View], root: usize, place: &UsageSite) -> Source {
    let snapshot = &views[root].snapshot;
    let by = place.by.and_then(|id| snapshot.symbol(id));
    let (first, last) = (place.line.saturating_sub(1), place.line + 1);
    let text = snapshot.text(&place.path);
    let snippet = text.map(|t| match &by {
        // Neighbouring lines are useful only inside the same definition.
        Some(s) => text::excerpt(&t, first.max(s.lines.first), last.min(s.lines.last), 3),
        None => text::excerpt(&t, place.line, place.line, 1),
    });
    Source {
        citation: cite_line(views, root, &place.path, place.line),
        kind: by.as_ref().map_or("file", |s| s.kind.noun()),
        module: Some(snapshot.membership(&place.path).id),
        title: by.map_or_else(|| place.path.to_string(), |s| s.qualified),
        signature: None,
        doc: None,
        snippet: snippet.filter(|s| !s.is_empty()),
        relations: Vec::new(),
        score: None,
    }
}

/// Returns the uses of a definition, the tests among them, and what it calls.
pub fn relations(views: &[View], root: usize, id: SymbolId) -> Vec<Relation> {
    let snapshot = &views[root].snapshot;
    let users = snapshot.usages(id);
    let mut out = Vec::new();
    let others: Vec<&UsageSite> = users.sites.iter().filter(|p| !p.test).collect();
    let tests: Vec<&UsageSite> = users
        .sites
        .iter()
        .filter(|p| is_test(snapshot, p))
        .collect();
    if users.total > 0 {
        let label = format!("Used in {}", words::count(users.total as usize, "place"));
        let all: Vec<&UsageSite> = users.sites.iter().collect();
        let shown = if others.is_empty() { &all } else { &others };
        let listed: u32 = shown.iter().take(MAX_LISTED).map(|p| p.count).sum();
        out.push(relation(
            label,
            shown,
            users.total.saturating_sub(listed) as usize,
            |p| mention(views, root, p),
        ));
    }
    if !tests.is_empty() && !others.is_empty() {
        out.push(relation(
            "Tests".to_owned(),
            &tests,
            tests.len().saturating_sub(MAX_LISTED),
            |p| mention(views, root, p),
        ));
    }
    let mut callees = snapshot.callees(id);
    // A type that is only mentioned is not called.
    callees.retain(|c| c.calls > 0);
    if !callees.is_empty() {
        let more = callees.len().saturating_sub(MAX_LISTED);
        let mentions = callees.iter().filter_map(|c| {
            let symbol = snapshot.symbol(c.symbol)?;
            let citation =
                Citation::new(views, root, &symbol.path, symbol.lines, Some(symbol.span));
            Some(Mention {
                name: Some(symbol.qualified),
                citation,
                count: c.calls,
            })
        });
        out.push(Relation {
            label: "Calls".to_owned(),
            mentions: mentions.take(MAX_LISTED).collect(),
            more,
        });
    }
    out
}

/// Returns whether a use is in a test function, rather than in a type or constant of test code.
pub fn is_test(snapshot: &Snapshot, place: &UsageSite) -> bool {
    let Some(by) = place.by.filter(|_| place.test) else {
        return false;
    };
    let kind = snapshot.kind_of(by);
    matches!(kind, Some(SymbolKind::Function | SymbolKind::Method))
        && snapshot
            .name_of(by)
            .is_some_and(|name| !name.starts_with("__"))
}

pub fn mention(views: &[View], root: usize, place: &UsageSite) -> Mention {
    let name = place
        .by
        .and_then(|id| views[root].snapshot.symbol(id))
        .map(|s| s.qualified);
    Mention {
        name,
        citation: cite_line(views, root, &place.path, place.line),
        count: place.count,
    }
}

pub fn cite_line(views: &[View], root: usize, path: &Arc<str>, line: u32) -> Citation {
    Citation::new(
        views,
        root,
        path,
        LineRange {
            first: line,
            last: line,
        },
        None,
    )
}

/// Returns the lines that a span covers.
pub fn lines_of(text: &str, span: Span) -> LineRange {
    let at = |offset: u32| {
        text.as_bytes()
            .iter()
            .take(offset as usize)
            .filter(|&&b| b == b'\n')
            .count() as u32
    };
    LineRange {
        first: at(span.start),
        last: at(span.end.saturating_sub(1).max(span.start)),
    }
}

/// Returns the signature of a definition, cut to the maximum length.
pub fn bounded_signature(signature: &str) -> Option<String> {
    text::signature(signature, MAX_SIGNATURE_LEN)
}

fn relation(
    label: String,
    places: &[&UsageSite],
    more: usize,
    mention: impl Fn(&UsageSite) -> Mention,
) -> Relation {
    Relation {
        label,
        mentions: places.iter().take(MAX_LISTED).map(|p| mention(p)).collect(),
        more,
    }
}

fn body_excerpt(text: &str, symbol: &SymbolInfo, lines: usize) -> Option<String> {
    let excerpt = text::excerpt(text, symbol.lines.first, symbol.lines.last, lines);
    let rest = (symbol.lines.last - symbol.lines.first) as usize + 1;
    let shown = if rest > lines {
        format!("{excerpt}\n…")
    } else {
        excerpt
    };
    (!shown.is_empty()).then_some(shown)
}

fn repeats(snippet: Option<&str>, signature: &str) -> bool {
    let squeeze = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    snippet.is_some_and(|s| squeeze(s).contains(squeeze(signature).trim_end_matches('…')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_span() {
        let text = "a\nbc\nd\n";
        assert_eq!(
            lines_of(text, Span::new(2, 5)),
            LineRange { first: 1, last: 1 }
        );
        assert_eq!(
            lines_of(text, Span::new(0, 7)),
            LineRange { first: 0, last: 2 }
        );
        assert_eq!(
            lines_of(text, Span::new(3, 3)),
            LineRange { first: 1, last: 1 }
        );
    }
}
