//! The text of a file gathered into chunks, and the names each chunk uses, while a walk goes through it from start to end.
//!
//! Knows nothing of syntax trees: it is told which text comes next, of what sort it is, and which definition it lies in.

use rustc_hash::FxHashMap;

use crate::facts::{Chunk, LineRange, Span, Use, UseRole};

use super::{NameRole, floor_boundary};

/// Longer tokens are data (an embedded image, a key), whose first part says enough.
const LONGEST_TOKEN: usize = 16 * 1024;

/// Where a piece of text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextKind {
    Signature,
    Doc,
    Body,
    Comment,
    Text,
}

#[derive(Default)]
struct UseCount {
    line: u32,
    count: u32,
    calls: u32,
}

type UseTable<'t> = FxHashMap<(&'t str, NameRole<'t>), UseCount>;

/// Chunks under construction. The first is the remainder of the file.
pub(super) struct Chunks<'t> {
    text: &'t str,
    chunks: Vec<Chunk>,
    /// The tables of the chunks that are still open, innermost last.
    open: Vec<UseTable<'t>>,
    /// Emptied tables, kept for their memory.
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

    /// Begins the chunk of a definition, inside the one begun last.
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

    /// Ends the chunk begun last.
    pub fn end(&mut self, symbol: Option<u32>) {
        if let Some(mut table) = self.open.pop() {
            self.uses
                .extend(table.drain().map(|(name, count)| (name, symbol, count)));
            self.spare.push(table);
        }
    }

    pub fn push(&mut self, chunk: usize, start: u32, end: u32, sort: TextKind) {
        let mut end = end as usize;
        if end - start as usize > LONGEST_TOKEN && sort == TextKind::Text {
            end = floor_boundary(self.text, start as usize + LONGEST_TOKEN);
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
            TextKind::Text => &mut chunk.strings,
        };
        if !buffer.is_empty() {
            buffer.push(' ');
        }
        buffer.push_str(token);
    }

    /// Counts a use by the chunk begun last.
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

    /// The finished chunks, empty ones dropped, and the uses in their order.
    pub fn finish(mut self) -> (Vec<Chunk>, Vec<Use>) {
        self.end(None);
        let remainder = &mut self.chunks[REMAINDER];
        if remainder.span.is_empty() {
            remainder.span = Span::new(0, self.text.len());
        }
        remainder.lines = lines_of(self.text, remainder.span);
        let whole = self.chunks[REMAINDER].clone_frame();
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
    fn clone_frame(&self) -> Chunk {
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

/// The lines a span touches; its own final line break adds none.
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
