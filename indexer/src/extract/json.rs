//! A JSON scanner that returns tokens with their position and depth. It accepts comments, trailing commas and truncated input.
//!
//! A parser that builds values would lose the positions. The scanner does not recurse.

use crate::facts::Span;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A string before a colon.
    Key,
    /// Any other string.
    String,
    /// A number, `true`, `null`.
    Word,
    Open,
    Close,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub kind: TokenKind,
    /// For strings, without quotes.
    pub span: Span,
    /// Number of enclosing objects and arrays, excluding one that it opens or closes.
    pub depth: u32,
}

/// Iterates over the tokens of a JSON text.
pub(super) fn scan(text: &str) -> impl Iterator<Item = Token> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0u32);
    std::iter::from_fn(move || {
        loop {
            let start = at;
            let byte = *bytes.get(at)?;
            at += 1;
            let kind = match byte {
                b'{' | b'[' => {
                    depth += 1;
                    return Some(Token {
                        kind: TokenKind::Open,
                        span: Span::new(start, at),
                        depth: depth - 1,
                    });
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    TokenKind::Close
                }
                b'"' | b'\'' => {
                    at = string_end(bytes, at, byte);
                    let span = Span::new(start + 1, at);
                    at = (at + 1).min(bytes.len());
                    let next = bytes[at..].iter().find(|byte| !byte.is_ascii_whitespace());
                    let kind = if next == Some(&b':') {
                        TokenKind::Key
                    } else {
                        TokenKind::String
                    };
                    return Some(Token { kind, span, depth });
                }
                b'/' if bytes.get(at) == Some(&b'/') => {
                    at = memchr::memchr(b'\n', &bytes[at..])
                        .map_or(bytes.len(), |length| at + length);
                    continue;
                }
                b'/' if bytes.get(at) == Some(&b'*') => {
                    at = memchr::memmem::find(&bytes[at..], b"*/")
                        .map_or(bytes.len(), |length| at + length + 2);
                    continue;
                }
                byte if byte.is_ascii_whitespace()
                    || byte.is_ascii_punctuation() && byte != b'-' && byte != b'_' =>
                {
                    continue;
                }
                _ => {
                    let ends = |byte: &u8| byte.is_ascii_whitespace() || b",:]}[{\"".contains(byte);
                    at = bytes[at..]
                        .iter()
                        .position(ends)
                        .map_or(bytes.len(), |length| at + length);
                    TokenKind::Word
                }
            };
            return Some(Token {
                kind,
                span: Span::new(start, at),
                depth,
            });
        }
    })
}

/// Returns the offset of the closing quote, or the end of the text.
fn string_end(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    while let Some(length) = bytes
        .get(at..)
        .and_then(|rest| memchr::memchr2(quote, b'\\', rest))
    {
        at += length;
        if bytes[at] == quote {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

/// Returns the value of a string literal given without quotes.
pub(super) fn unescape(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_string();
    }
    serde_json::from_str(&format!("\"{raw}\""))
        .unwrap_or_else(|_| raw.replace("\\n", "\n").replace("\\\"", "\""))
}
