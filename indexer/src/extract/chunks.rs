//! Collects the text of chunks and the uses of names during a walk from the start to the end of a file.
//!
//! Independent of syntax trees: the walk passes each piece of text with its kind and its chunk.

use rustc_hash::FxHashMap;

use crate::facts::{Chunk, LineRange, Span, Use, UseRole};

use super::{NameRole, floor_boundary};

/// Longer string literals are data, such as embedded images, and are truncated. In bytes.
const MAX_STRING_LEN: usize = 16 * 1024;

/// The field of a chunk that a piece of text is added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextKind {
    Signature,
    Doc,
    Body,
    Comment,
    String,
}

#[derive(Default)]
struct UseCount {
    line: u32,
    count: u32,
    calls: u32,
}

type UseTable<'t> = FxHashMap<(&'t str, NameRole<'t>), UseCount>;

/// Builds the chunks of a file. The first one, [`REMAINDER`], is the text outside of all other chunks.
pub(super) struct Chunks<'t> {
    text: &'t str,
    chunks: Vec<Chunk>,
    /// The uses in the chunks that are still open, innermost last.
    open: Vec<UseTable<'t>>,
    /// Empty tables, reused to avoid allocations.
    spare: Vec<UseTable<'t>>,
    uses: Vec<((&'t str, NameRole<'t>), Option<u32>, UseCount)>,
}

pub(super) const REMAINDER: usize = 0;

impl<'t> Chunks<'t> {
    pub fn new(text: &'t str) -> Self {
        let remainder = Chunk {
            span: Span {
                start: u32::MAX,
                end: 0,
            },
            ..Chunk::default()
        };
        Chunks {
            text,
            chunks: vec![remainder],
            open: vec![UseTable::default()],
            spare: Vec::new(),
            uses: Vec::new(),
        }
    }

    /// Opens the chunk of a definition inside the innermost open chunk. Returns its index.
    pub fn begin(&mut self, symbol: u32, span: Span, lines: LineRange, name: String) -> usize {
        self.open.push(self.spare.pop().unwrap_or_default());
        self.chunks.push(Chunk {
            symbol: Some(symbol),
            span,
            lines,
            name,
            ..Chunk::default()
        });
        self.chunks.len() - 1
    }

    /// Closes the innermost open chunk.
    pub fn end(&mut self, symbol: Option<u32>) {
        if let Some(mut table) = self.open.pop() {
            self.uses
                .extend(table.drain().map(|(name, count)| (name, symbol, count)));
            self.spare.push(table);
        }
    }

    /// Appends the text from `start` to `end` to a chunk.
    pub fn push(&mut self, chunk: usize, start: u32, end: u32, sort: TextKind) {
        let mut end = end as usize;
        if end - start as usize > MAX_STRING_LEN && sort == TextKind::String {
            end = floor_boundary(self.text, start as usize + MAX_STRING_LEN);
        }
        let Some(token) = self.text.get(start as usize..end) else {
            return;
        };
        let chunk = &mut self.chunks[chunk];
        if chunk.symbol.is_none() {
            chunk.span.start = chunk.span.start.min(start);
            chunk.span.end = chunk.span.end.max(end as u32);
        }
        let buffer = match sort {
            TextKind::Signature => &mut chunk.signature,
            TextKind::Doc => &mut chunk.doc,
            TextKind::Body => &mut chunk.body,
            TextKind::Comment => &mut chunk.comments,
            TextKind::String => &mut chunk.strings,
        };
        if !buffer.is_empty() {
            buffer.push(' ');
        }
        buffer.push_str(token);
    }

    /// Counts a use in the innermost open chunk.
    pub fn count(
        &mut self,
        name: &'t str,
        role: NameRole<'t>,
        call: bool,
        line: impl FnOnce() -> u32,
    ) {
        if let Some(table) = self.open.last_mut() {
            let entry = table.entry((name, role)).or_insert_with(|| UseCount {
                line: line(),
                count: 0,
                calls: 0,
            });
            entry.count += 1;
            entry.calls += u32::from(call);
        }
    }

    /// Returns the chunks without empty ones, and the sorted uses.
    pub fn finish(mut self) -> (Vec<Chunk>, Vec<Use>) {
        self.end(None);
        let remainder = &mut self.chunks[REMAINDER];
        if remainder.span.is_empty() {
            remainder.span = Span::new(0, self.text.len());
        }
        remainder.lines = lines_of(self.text, remainder.span);
        let whole = self.chunks[REMAINDER].without_text();
        self.chunks.retain(|chunk| !is_empty(chunk));
        if self.chunks.is_empty() {
            self.chunks.push(whole);
        }
        self.uses
            .sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
        let uses =
            self.uses
                .into_iter()
                .map(|((name, role), by, UseCount { line, count, calls })| Use {
                    name: name.into(),
                    role: UseRole::from(role),
                    by,
                    line,
                    count,
                    calls,
                });
        (self.chunks, uses.collect())
    }
}

impl Chunk {
    fn without_text(&self) -> Chunk {
        Chunk {
            symbol: self.symbol,
            span: self.span,
            lines: self.lines,
            ..Chunk::default()
        }
    }
}

fn is_empty(chunk: &Chunk) -> bool {
    let texts = [
        &chunk.signature,
        &chunk.doc,
        &chunk.body,
        &chunk.comments,
        &chunk.strings,
    ];
    texts.iter().all(|text| text.is_empty())
}

/// Returns the lines of a span. A line break at its end does not count as the start of another line.
pub(super) fn lines_of(text: &str, span: Span) -> LineRange {
    let bytes = text.as_bytes();
    let start = (span.start as usize).min(bytes.len());
    let end = (span.end as usize).clamp(start, bytes.len());
    let first = memchr::memchr_iter(b'\n', &bytes[..start]).count() as u32;
    let inside = bytes[start..end]
        .strip_suffix(b"\n")
        .unwrap_or(&bytes[start..end]);
    LineRange {
        first,
        last: first + memchr::memchr_iter(b'\n', inside).count() as u32,
    }
}
