//! Plain text: divided into windows of 45 to 75 lines that preferably end at a blank line.

use crate::facts::{Chunk, Extraction, FileFacts, LineRange, Span};

use super::floor_boundary;

/// A window ends at the first blank line after this many lines.
const MIN_WINDOW_LINES: u32 = 45;
/// A window ends after this many lines even without a blank line.
const MAX_WINDOW_LINES: u32 = 75;
/// A window ends when it has reached this many bytes.
const MAX_WINDOW_BYTES: u32 = 8 * 1024;

pub(super) fn extract(text: &str) -> Extraction {
    let whole = Span::new(0, text.len());
    Extraction {
        facts: FileFacts::default(),
        chunks: windows(text, whole, 0),
        timed_out: false,
    }
}

/// Divides the text in `span`, which begins on the 0-based `line`, into chunks. Returns at least one chunk, even for empty text.
pub(super) fn windows(text: &str, span: Span, mut line: u32) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let (mut start, mut first) = (span.start, line);
    let mut push = |start: u32, end: u32, first: u32, last: u32| {
        let span = Span { start, end };
        let body = span.of(text).unwrap_or_default().trim();
        if !body.is_empty() {
            chunks.push(Chunk {
                span,
                lines: LineRange { first, last },
                body: body.to_string(),
                ..Chunk::default()
            });
        }
    };
    let inside = span.of(text).unwrap_or_default();
    for (at, content) in lines_with_offsets(inside) {
        let mut end = span.start + at + content.len() as u32;
        // A line longer than a window is divided at a character boundary.
        while end - start > 2 * MAX_WINDOW_BYTES {
            let cut = floor_boundary(text, (start + MAX_WINDOW_BYTES) as usize) as u32;
            push(start, cut, first, line);
            (start, first) = (cut, line);
        }
        end = end.max(start);
        let lines = line + 1 - first;
        let blank = content.trim().is_empty();
        if lines >= MAX_WINDOW_LINES
            || blank && lines >= MIN_WINDOW_LINES
            || end - start >= MAX_WINDOW_BYTES
        {
            push(start, end, first, line);
            (start, first) = (end, line + 1);
        }
        line += 1;
    }
    push(
        start,
        span.end.max(start),
        first,
        line.saturating_sub(1).max(first),
    );
    if chunks.is_empty() {
        chunks.push(Chunk {
            span,
            lines: LineRange { first, last: first },
            ..Chunk::default()
        });
    }
    chunks
}

/// Iterates over the lines of a text, each with its byte offset. Lines include their line break.
pub(super) fn lines_with_offsets(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len() as u32;
        (start, line)
    })
}

pub(super) fn count_lines(text: &str) -> u32 {
    text.split_inclusive('\n').count() as u32
}
