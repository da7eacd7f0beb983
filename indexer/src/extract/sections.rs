//! Documents as nested sections: each heading becomes a symbol and the text below it a chunk.
//!
//! Headings are found by [`super::markdown`] and [`super::structured`].

use crate::facts::{Chunk, Extraction, FileFacts, LineRange, Span, Symbol, SymbolKind};

use super::plain::{self, count_lines, lines_with_offsets};

/// A heading of a document.
pub(super) struct Heading {
    /// 1 is the outermost.
    pub level: usize,
    pub title: Span,
    /// The lines of the heading including its markup.
    pub whole: Span,
    /// The 0-based line of the title.
    pub line: u32,
}

/// Returns the symbols and chunks of a document. `headings` are in source order.
pub(super) fn extract(text: &str, headings: &[Heading]) -> Extraction {
    let end = text.len() as u32;
    let last_line = count_lines(text).saturating_sub(1);
    let mut facts = FileFacts::default();
    let mut chunks = Vec::new();
    let preamble = Span {
        start: 0,
        end: headings.first().map_or(end, |first| first.whole.start),
    };
    push_chunks(text, preamble, 0, None, "", "", &mut chunks);

    // The enclosing sections with their level, symbol and qualified name.
    let mut open: Vec<(usize, u32, String)> = Vec::new();
    for (index, heading) in headings.iter().enumerate() {
        open.retain(|(level, _, _)| *level < heading.level);
        let name = heading.title.of(text).unwrap_or_default();
        let until = headings[index + 1..]
            .iter()
            .find(|next| next.level <= heading.level);
        let span = Span {
            start: heading.whole.start,
            end: until.map_or(end, |next| next.whole.start),
        };
        let last = until.map_or(last_line, |next| next.first_line(text).saturating_sub(1));
        let symbol = facts.symbols.len() as u32;
        let qualified = match open.last() {
            Some((_, _, outer)) => format!("{outer} {name}"),
            None => name.to_string(),
        };
        facts.symbols.push(Symbol {
            name: name.into(),
            kind: SymbolKind::Section,
            receiver: None,
            container: open.last().map(|(_, symbol, _)| *symbol),
            public: true,
            test: false,
            span,
            lines: LineRange {
                first: heading.first_line(text),
                last: last.max(heading.line),
            },
            name_span: heading.title,
            signature: heading.title,
            doc: None,
        });
        let own = Span {
            start: heading.whole.start,
            end: headings.get(index + 1).map_or(end, |next| next.whole.start),
        };
        push_chunks(
            text,
            own,
            heading.first_line(text),
            Some(symbol),
            &qualified,
            name,
            &mut chunks,
        );
        open.push((heading.level, symbol, qualified));
    }
    if chunks.is_empty() {
        chunks.extend(plain::windows(text, Span::new(0, text.len()), 0));
    }
    facts.doc = first_paragraph(text, headings);
    Extraction {
        facts,
        chunks,
        timed_out: false,
    }
}

impl Heading {
    /// Returns the line of the overline if there is one, else of the title.
    fn first_line(&self, text: &str) -> u32 {
        let above = text
            .get(self.whole.start as usize..self.title.start as usize)
            .unwrap_or_default();
        self.line - memchr::memchr_iter(b'\n', above.as_bytes()).count() as u32
    }
}

fn push_chunks(
    text: &str,
    span: Span,
    line: u32,
    symbol: Option<u32>,
    name: &str,
    heading: &str,
    out: &mut Vec<Chunk>,
) {
    let blank = span.of(text).is_none_or(|text| text.trim().is_empty());
    if blank {
        return;
    }
    for window in plain::windows(text, span, line) {
        out.push(Chunk {
            symbol,
            name: name.to_string(),
            signature: heading.to_string(),
            ..window
        });
    }
}

/// Returns the first paragraph of prose, which usually describes the document and often its folder.
fn first_paragraph(text: &str, headings: &[Heading]) -> Option<Span> {
    const MAX_PARAGRAPH_LEN: usize = 1_000;
    let mut found: Option<Span> = None;
    let mut front_matter = text.starts_with("---");
    for (start, line) in lines_with_offsets(text).take(200) {
        if front_matter {
            front_matter = start == 0 || !line.starts_with("---");
            continue;
        }
        let heading = headings.iter().any(|heading| heading.whole.contains(start));
        let prose = line
            .trim_start()
            .starts_with(|c: char| c.is_alphanumeric() || matches!(c, '*' | '_' | '"' | '`' | '“'));
        let rule = line.starts_with("**") && line.trim_end().len() < 4 || line.starts_with("```");
        let end = start + line.trim_end().len() as u32;
        match &mut found {
            None if prose && !heading && !rule => found = Some(Span { start, end }),
            None => {}
            Some(paragraph)
                if line.trim().is_empty()
                    || heading
                    || end - paragraph.start > MAX_PARAGRAPH_LEN as u32 =>
            {
                return found;
            }
            Some(paragraph) => paragraph.end = end,
        }
    }
    found
}
