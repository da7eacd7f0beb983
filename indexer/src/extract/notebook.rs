//! Jupyter notebooks: converts them to Markdown with fenced code cells and without outputs, and extracts sections.
//!
//! Spans and lines refer to the `.ipynb` file, because citations refer to its lines.

use crate::facts::{Chunk, Extraction, FileFacts, LineRange, Span, Symbol, SymbolKind};

use super::json::{self, Token, TokenKind};
use super::{markdown, plain};

/// A chunk is closed when its text is longer than this.
const MAX_CHUNK_BYTES: usize = 6 * 1024;

/// One string of the source of a cell: a line, or the whole source.
struct SourceString {
    span: Span,
    line: u32,
    text: String,
}

#[derive(Default)]
struct Cell {
    code: bool,
    /// Whether the cell is neither Markdown nor code.
    other: bool,
    source: Vec<SourceString>,
}

/// Converts a notebook to Markdown.
pub fn notebook_markdown(text: &str) -> String {
    let cells = cells(text);
    let language = kernel_language(text);
    let shown = cells.iter().map(|cell| {
        let source: String = cell
            .source
            .iter()
            .map(|piece| piece.text.as_str())
            .collect();
        if cell.code {
            format!("```{language}\n{}\n```\n", source.trim_end())
        } else {
            format!("{}\n", source.trim_end())
        }
    });
    shown.collect::<Vec<_>>().join("\n")
}

pub(super) fn extract(text: &str) -> Extraction {
    let cells = cells(text);
    if cells.is_empty() {
        return plain::extract(text);
    }
    let mut build = NotebookBuilder {
        text,
        symbols: Vec::new(),
        open: Vec::new(),
        chunks: Vec::new(),
    };
    for cell in &cells {
        let headings = if cell.code {
            Vec::new()
        } else {
            headings(cell)
        };
        build.cell(cell, headings);
    }
    build.finish()
}

/// Returns the headings of a cell: index of the source string, level and title.
fn headings(cell: &Cell) -> Vec<(usize, usize, String)> {
    let source: String = cell
        .source
        .iter()
        .map(|piece| piece.text.as_str())
        .collect();
    let mut starts = Vec::with_capacity(cell.source.len());
    let mut at = 0;
    for piece in &cell.source {
        starts.push(at as u32);
        at += piece.text.len();
    }
    let found = markdown::headings(&source)
        .into_iter()
        .filter_map(|heading| {
            let piece = starts
                .partition_point(|start| *start <= heading.title.start)
                .checked_sub(1)?;
            Some((piece, heading.level, heading.title.of(&source)?.to_string()))
        });
    found.collect()
}

struct NotebookBuilder<'t> {
    text: &'t str,
    symbols: Vec<Symbol>,
    /// The enclosing sections: level and symbol.
    open: Vec<(usize, u32)>,
    chunks: Vec<Chunk>,
}

impl NotebookBuilder<'_> {
    fn cell(&mut self, cell: &Cell, headings: Vec<(usize, usize, String)>) {
        let mut headings = headings.into_iter().peekable();
        for (index, piece) in cell.source.iter().enumerate() {
            let mut begins = false;
            while let Some((_, level, title)) = headings.next_if(|(piece, _, _)| *piece == index) {
                self.section(level, title, piece);
                begins = true;
            }
            self.add(piece, begins || index == 0 && self.is_full());
        }
    }

    fn is_full(&self) -> bool {
        self.chunks
            .last()
            .is_some_and(|chunk| chunk.body.len() > MAX_CHUNK_BYTES)
    }

    fn section(&mut self, level: usize, title: String, piece: &SourceString) {
        while let Some((_, closed)) = self.open.pop_if(|(open, _)| *open >= level) {
            self.end(closed, piece);
        }
        // A title with JSON escapes does not occur literally in the file. Then its span is the line without heading markers.
        let raw = piece.span.of(self.text).unwrap_or_default();
        let written = raw.trim_start_matches(['#', ' ']).trim_end_matches("\\n");
        let written = if raw.contains(&title) {
            &title
        } else {
            written
        };
        let start = piece.span.start as usize + raw.find(written).unwrap_or_default();
        let name_span = Span::new(start, start + written.len());
        self.symbols.push(Symbol {
            name: title.into(),
            kind: SymbolKind::Section,
            receiver: None,
            container: self.open.last().map(|(_, symbol)| *symbol),
            public: true,
            test: false,
            span: Span {
                start: piece.span.start,
                end: self.text.len() as u32,
            },
            lines: LineRange {
                first: piece.line,
                last: u32::MAX,
            },
            name_span,
            signature: name_span,
            doc: None,
        });
        self.open.push((level, self.symbols.len() as u32 - 1));
    }

    /// Ends a section before the opening quote of the first string of the next section.
    fn end(&mut self, symbol: u32, next: &SourceString) {
        let symbol = &mut self.symbols[symbol as usize];
        symbol.span.end = next.span.start.saturating_sub(1);
        symbol.lines.last = next.line.saturating_sub(1).max(symbol.lines.first);
    }

    fn add(&mut self, piece: &SourceString, begins: bool) {
        let symbol = self.open.last().map(|(_, symbol)| *symbol);
        if begins || self.chunks.is_empty() || self.is_full() && piece.text.trim().is_empty() {
            let names: Vec<&str> = self
                .open
                .iter()
                .map(|(_, symbol)| &*self.symbols[*symbol as usize].name)
                .collect();
            self.chunks.push(Chunk {
                symbol,
                span: piece.span,
                lines: LineRange {
                    first: piece.line,
                    last: piece.line,
                },
                name: names.join(" "),
                signature: names
                    .last()
                    .map(|name| name.to_string())
                    .unwrap_or_default(),
                ..Chunk::default()
            });
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.span.end = piece.span.end;
            chunk.lines.last = piece.line;
            if !chunk.body.is_empty() && !chunk.body.ends_with('\n') {
                chunk.body.push('\n');
            }
            chunk.body.push_str(&piece.text);
        }
    }

    fn finish(mut self) -> Extraction {
        let last = plain::count_lines(self.text).saturating_sub(1);
        for symbol in self
            .symbols
            .iter_mut()
            .filter(|symbol| symbol.lines.last == u32::MAX)
        {
            symbol.lines.last = last;
        }
        self.chunks.retain(|chunk| !chunk.body.trim().is_empty());
        if self.chunks.is_empty() {
            return plain::extract(self.text);
        }
        let facts = FileFacts {
            symbols: self.symbols,
            ..FileFacts::default()
        };
        Extraction {
            facts,
            chunks: self.chunks,
            timed_out: false,
        }
    }
}

/// Returns the Markdown and code cells that have a source, in order.
fn cells(text: &str) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    let (mut line, mut counted) = (0, 0);
    let mut line_of = |span: Span| {
        let at = span.start as usize;
        line += memchr::memchr_iter(b'\n', &text.as_bytes()[counted..at]).count() as u32;
        counted = at;
        line
    };
    let value = |token: &Token| token.span.of(text).unwrap_or_default();
    // The current key of the top-level object and the current key of the cell.
    let (mut top, mut key) = ("", "");
    for token in json::scan(text) {
        match (token.kind, token.depth) {
            (TokenKind::Key, 1) => top = value(&token),
            (TokenKind::Open, 2) if top == "cells" => {
                cells.push(Cell::default());
                key = "";
            }
            (TokenKind::Key, 3) if top == "cells" => key = value(&token),
            (TokenKind::String, 3 | 4) if top == "cells" => {
                let Some(cell) = cells.last_mut() else {
                    continue;
                };
                match key {
                    "cell_type" => {
                        cell.code = value(&token) == "code";
                        cell.other = !cell.code && value(&token) != "markdown";
                    }
                    "source" => {
                        let text = json::unescape(value(&token));
                        cell.source.push(SourceString {
                            span: token.span,
                            line: line_of(token.span),
                            text,
                        });
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    cells.retain(|cell| {
        !cell.other
            && cell
                .source
                .iter()
                .any(|piece| !piece.text.trim().is_empty())
    });
    cells
}

/// Returns the language of the code cells from the metadata; `python` by default.
fn kernel_language(text: &str) -> &str {
    let mut key = "";
    let mut language = "python";
    for token in json::scan(text) {
        match (token.kind, token.depth) {
            (TokenKind::Key, 2 | 3) => key = token.span.of(text).unwrap_or_default(),
            (TokenKind::String, 3) if key == "language" => {
                language = token.span.of(text).unwrap_or(language)
            }
            _ => {}
        }
    }
    language
}
