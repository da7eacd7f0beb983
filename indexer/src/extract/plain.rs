//! Text without a structure we know: windows of some sixty lines that end at a blank line where there is one.

use crate::facts::{Chunk, Extraction, FileFacts, Lines, Span};

/// A window closes at the first blank line from here on,
const ENOUGH_LINES: usize = 45;
/// and here in any case,
const MOST_LINES: usize = 75;
/// or when it has grown to this many bytes.
const MOST_BYTES: usize = 8 * 1024;

pub(super) fn extract(text: &str) -> Extraction {
    let whole = Span::new(0, text.len());
    Extraction {
        facts: FileFacts::default(),
        chunks: windows(text, whole, 0).collect(),
        timed_out: false,
    }
}

/// Cuts the text under `span`, which begins on `first_line`, into chunks of prose. At least one, even for empty text.
pub(super) fn windows(text: &str, span: Span, first_line: u32) -> impl Iterator<Item = Chunk> {
    let mut cuts: Vec<(Span, Lines)> = Vec::new();
    let (mut start, mut line) = (span.start, first_line);
    let (mut at, mut lines) = (span.start, 0);
    for content in span.of(text).unwrap_or_default().split_inclusive('\n') {
        at += content.len() as u32;
        lines += 1;
        let blank = content.trim().is_empty();
        let full = lines >= MOST_LINES
            || blank && lines >= ENOUGH_LINES
            || (at - start) as usize >= MOST_BYTES;
        if full {
            cuts.push((
                Span { start, end: at },
                Lines {
                    first: line,
                    last: line + lines as u32 - 1,
                },
            ));
            (start, line, lines) = (at, line + lines as u32, 0);
        }
    }
    if at > start || cuts.is_empty() {
        cuts.push((
            Span { start, end: at },
            Lines {
                first: line,
                last: line + (lines as u32).saturating_sub(1),
            },
        ));
    }
    // A window of nothing but blanks finds nobody.
    if cuts.len() > 1 {
        cuts.retain(|(span, _)| span.of(text).is_some_and(|text| !text.trim().is_empty()));
    }
    if cuts.is_empty() {
        cuts.push((
            span,
            Lines {
                first: first_line,
                last: first_line,
            },
        ));
    }
    let prose = |span: Span| span.of(text).unwrap_or_default().trim().to_string();
    cuts.into_iter()
        .map(move |(span, lines)| Chunk {
            span,
            lines,
            body: prose(span),
            ..Chunk::default()
        })
        .collect::<Vec<_>>()
        .into_iter()
}
