//! Invariants of extraction for any text. Included by the fuzz target and by the unit tests, whose modules import the names.

use super::{Extraction, Language, Span, Use, clean_doc, extract, identifier_at, occurrences};

/// Extracts a text and looks up names in it. Panics if an invariant is violated.
pub fn check(language: Language, text: &str) {
    let extraction = extract(language, "some/path", text);
    check_symbols(&extraction, text);
    check_uses(&extraction);
    check_chunks(&extraction, text);

    for symbol in extraction.facts.symbols.iter().take(3) {
        for found in occurrences(language, text, &symbol.name) {
            assert_eq!(
                found.span.of(text),
                Some(&*symbol.name),
                "the span of an occurrence is the name"
            );
        }
    }
    let length = text.len() as u32;
    for offset in [0, length / 2, length, length.saturating_add(9)] {
        if let Some(name) = identifier_at(language, text, offset) {
            assert!(name.of(text).is_some_and(|name| !name.is_empty()));
        }
    }
}

fn check_symbols(extraction: &Extraction, text: &str) {
    let facts = &extraction.facts;
    let lines = text.split('\n').count() as u32;
    let on_boundaries = |span: Span| {
        assert!(
            span.start <= span.end && span.of(text).is_some(),
            "{span:?} is not a valid span of the text"
        )
    };
    for (index, symbol) in facts.symbols.iter().enumerate() {
        on_boundaries(symbol.span);
        on_boundaries(symbol.signature);
        on_boundaries(symbol.name_span);
        assert!(
            !symbol.name.is_empty() && symbol.span.covers(symbol.name_span),
            "{symbol:?}"
        );
        assert!(
            symbol.lines.first <= symbol.lines.last && symbol.lines.last < lines,
            "{symbol:?}"
        );
        assert_eq!(
            symbol.lines.first,
            line_at(text, symbol.span.start),
            "{symbol:?}"
        );
        if let Some(container) = symbol.container {
            assert!(
                (container as usize) < index,
                "a container precedes its members: {symbol:?}"
            );
            assert!(
                facts.symbols[container as usize].span.covers(symbol.span),
                "a container covers its members: {symbol:?}"
            );
        }
        if let Some(doc) = symbol.doc {
            on_boundaries(doc);
            clean_doc(doc.of(text).unwrap_or_default());
        }
    }
    assert!(
        facts.symbols.is_sorted_by_key(|symbol| symbol.span.start),
        "symbols are in source order"
    );
    if let Some(doc) = facts.doc {
        on_boundaries(doc);
    }
    assert!(facts.imports.iter().all(|import| import.line < lines));
}

fn check_uses(extraction: &Extraction) {
    let facts = &extraction.facts;
    assert!(facts.uses.is_sorted(), "uses are sorted");
    for one in &facts.uses {
        assert!(one.count > 0 && one.calls <= one.count, "{one:?}");
        assert!(
            one.by.is_none_or(|by| (by as usize) < facts.symbols.len()),
            "{one:?}"
        );
    }
    let key = |one: &Use| (one.name.clone(), one.role.clone(), one.by);
    let pairs = facts
        .uses
        .windows(2)
        .filter(|pair| key(&pair[0]) == key(&pair[1]));
    assert_eq!(
        pairs.count(),
        0,
        "one entry for each name, role and containing definition"
    );
}

fn check_chunks(extraction: &Extraction, text: &str) {
    let lines = text.split('\n').count() as u32;
    assert!(
        !extraction.chunks.is_empty(),
        "a file has at least one chunk"
    );
    for chunk in &extraction.chunks {
        assert!(
            chunk.span.start <= chunk.span.end && chunk.span.of(text).is_some(),
            "{chunk:?}"
        );
        assert!(
            chunk.lines.first <= chunk.lines.last && chunk.lines.last < lines,
            "{chunk:?} of {lines} lines"
        );
        assert_eq!(
            chunk.lines.first,
            line_at(text, chunk.span.start),
            "{chunk:?}"
        );
        assert!(
            chunk
                .symbol
                .is_none_or(|symbol| (symbol as usize) < extraction.facts.symbols.len()),
            "{chunk:?}"
        );
    }
}

fn line_at(text: &str, offset: u32) -> u32 {
    text.as_bytes()[..offset as usize]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count() as u32
}
