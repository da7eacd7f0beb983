//! Configuration files: the top-level keys of TOML, YAML and JSON.
//!
//! Only the outermost keys are needed, which can be found line by line, also in broken files. The grammars `tree-sitter-toml-ng`,
//! `tree-sitter-yaml` and `tree-sitter-json` find the same keys but are slower: on 16 files of other projects (0.5 MB), parsing and
//! listing the keys took 9 times (TOML), 16 times (YAML) and 22 times (JSON) as long as the complete extraction here.

use crate::facts::{Chunk, Extraction, FileFacts, LineRange, Span, Symbol, SymbolKind};

use super::floor_boundary;
use super::json::{self, TokenKind};
use super::plain::{self, count_lines, lines_with_offsets};

/// Short keys share a chunk of at most this many lines.
const MAX_SHARED_LINES: u32 = 15;

/// A top-level key.
struct Key {
    name: Span,
    /// Offset of the start of its section.
    start: u32,
    /// 0-based.
    line: u32,
}

/// Extracts TOML: `[table]`, `[[table]]`, and keys before the first table.
pub(super) fn toml(text: &str) -> Extraction {
    let mut keys = Vec::new();
    let mut in_table = false;
    // The quotes of the current multi-line string.
    let mut string: Option<&str> = None;
    let mut depth = 0i32;
    for (line_number, (start, line)) in (0..).zip(lines_with_offsets(text)) {
        let code = line.trim();
        if let Some(quotes) = string {
            if code.contains(quotes) {
                string = None;
            }
            continue;
        }
        let top = depth <= 0;
        if top && let Some(header) = code.strip_prefix('[') {
            let header = header.trim_start_matches('[');
            let name = header.split(']').next().unwrap_or(header).trim();
            keys.push(Key {
                name: within(text, name),
                start,
                line: line_number,
            });
            in_table = true;
            continue;
        }
        let value = match code.split_once('=') {
            Some((name, value)) if top && !code.starts_with('#') => {
                if !in_table {
                    keys.push(Key {
                        name: within(text, name.trim()),
                        start,
                        line: line_number,
                    });
                }
                value
            }
            _ => code,
        };
        string = ["\"\"\"", "'''"]
            .into_iter()
            .find(|quotes| value.matches(*quotes).count() == 1);
        let brackets = value.split('#').next().unwrap_or(value);
        depth += brackets.matches(['[', '{']).count() as i32
            - brackets.matches([']', '}']).count() as i32;
    }
    extract_keys(text, keys)
}

/// Extracts YAML: keys that are not indented.
pub(super) fn yaml(text: &str) -> Extraction {
    let mut keys = Vec::new();
    for (line_number, (start, line)) in (0..).zip(lines_with_offsets(text)) {
        let outer = line.starts_with(|c: char| {
            c.is_alphanumeric() || matches!(c, '_' | '"' | '\'' | '.' | '/' | '$' | '@')
        });
        let key = line
            .split_once(':')
            .filter(|(_, value)| value.is_empty() || value.starts_with([' ', '\t', '\r', '\n']));
        if let Some((name, _)) = key.filter(|(name, _)| outer && !name.contains(" #")) {
            keys.push(Key {
                name: within(text, name.trim()),
                start,
                line: line_number,
            });
        }
    }
    extract_keys(text, keys)
}

/// Extracts JSON: the keys of the outermost object.
pub(super) fn json(text: &str) -> Extraction {
    let mut keys: Vec<Key> = Vec::new();
    let (mut line, mut counted) = (0, 0);
    for token in json::scan(text).filter(|token| token.kind == TokenKind::Key && token.depth == 1) {
        let at = token.span.start as usize;
        line += memchr::memchr_iter(b'\n', &text.as_bytes()[counted..at]).count() as u32;
        counted = at;
        let start = text[..at].rfind('\n').map_or(0, |at| at + 1) as u32;
        // A key after another one on the same line begins at its opening quote.
        let start = if keys.last().is_some_and(|last| last.line == line) {
            token.span.start - 1
        } else {
            start
        };
        keys.push(Key {
            name: token.span,
            start,
            line,
        });
    }
    extract_keys(text, keys)
}

/// Returns the span of `part`, which is a slice of `text`, without quotes.
fn within(text: &str, part: &str) -> Span {
    let part = part.trim_matches(['"', '\'']);
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    Span::new(start, start + part.len())
}

fn extract_keys(text: &str, mut keys: Vec<Key>) -> Extraction {
    keys.retain(|key| !key.name.is_empty());
    let end = text.len() as u32;
    let last_line = count_lines(text).saturating_sub(1);
    let mut facts = FileFacts::default();
    let mut chunks = Vec::new();
    let preamble = Span {
        start: 0,
        end: keys.first().map_or(end, |key| key.start),
    };
    if preamble.of(text).is_some_and(|text| {
        text.trim_matches(|c: char| c.is_whitespace() || c == '{')
            .len()
            > 1
    }) {
        chunks.extend(plain::windows(text, preamble, 0));
    }
    let mut shared: Option<Chunk> = None;
    for (index, key) in keys.iter().enumerate() {
        let next = keys.get(index + 1);
        let span = Span {
            start: key.start,
            end: next.map_or(end, |next| next.start),
        };
        let last = next.map_or(last_line, |next| {
            next.line.saturating_sub(u32::from(next.line > key.line))
        });
        let name = key.name.of(text).unwrap_or_default();
        facts.symbols.push(symbol(
            text,
            key,
            name,
            span,
            LineRange {
                first: key.line,
                last,
            },
        ));
        let windows = plain::windows(text, span, key.line);
        let lines = last + 1 - key.line;
        match &mut shared {
            Some(chunk)
                if windows.len() == 1
                    && chunk.lines.last + 1 - chunk.lines.first + lines <= MAX_SHARED_LINES =>
            {
                chunk.symbol = None;
                chunk.span.end = span.end;
                chunk.lines.last = last;
                chunk.name = format!("{} {name}", chunk.name);
                chunk.body = format!("{}\n{}", chunk.body, windows[0].body);
            }
            _ => {
                chunks.extend(shared.take());
                let mut windows = windows.into_iter().map(|window| Chunk {
                    symbol: Some(index as u32),
                    name: name.to_string(),
                    ..window
                });
                shared = windows.next();
                for window in windows {
                    chunks.extend(shared.replace(window));
                }
            }
        }
    }
    chunks.extend(shared);
    if chunks.is_empty() {
        chunks = plain::windows(text, Span { start: 0, end }, 0);
    }
    Extraction {
        facts,
        chunks,
        timed_out: false,
    }
}

fn symbol(text: &str, key: &Key, name: &str, span: Span, lines: LineRange) -> Symbol {
    const MAX_SIGNATURE_LEN: usize = 120;
    let start = key.start as usize;
    let line = text[start..].lines().next().unwrap_or_default();
    let line = &line[..floor_boundary(line, MAX_SIGNATURE_LEN)];
    let lead = line.len() - line.trim_start().len();
    let signature = line.trim().trim_end_matches([',', '{', '[']).trim_end();
    Symbol {
        name: name.into(),
        kind: SymbolKind::Key,
        receiver: None,
        container: None,
        public: true,
        test: false,
        span,
        lines,
        name_span: key.name,
        signature: Span::new(start + lead, start + lead + signature.len()),
        doc: None,
    }
}
