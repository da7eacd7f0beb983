//! Single names in a text, found on demand: where one occurs, and which one lies under an offset.

use crate::facts::{Occurrence, Span};
use crate::language::{Compiled, Language, Syntax, flag};

use super::code;
use super::floor_boundary;
use super::parse::parse;

/// Where exactly `name` is defined, used and called. Names in comments and strings are none of these.
pub fn occurrences(language: Language, text: &str, name: &str) -> Vec<Occurrence> {
    if name.is_empty() || memchr::memmem::find(text.as_bytes(), name.as_bytes()).is_none() {
        return Vec::new();
    }
    match compiled(language) {
        Some(compiled) => code::occurrences(compiled, text, name).unwrap_or_default(),
        None => words(text, name),
    }
}

/// The identifier under the offset or just before it. None in comments, strings and between names.
pub fn identifier_at(language: Language, text: &str, offset: u32) -> Option<Span> {
    let lexical = || word_at(text, offset);
    match compiled(language) {
        // Nothing to parse for if there is not even a word.
        Some(compiled) => lexical().and_then(|word| in_tree(compiled, text, offset, word)),
        None => lexical(),
    }
}

fn compiled(language: Language) -> Option<&'static Compiled> {
    match language.syntax() {
        Syntax::Tree(parsed) => parsed.compiled(),
        _ => None,
    }
}

fn in_tree(compiled: &Compiled, text: &str, offset: u32, word: Span) -> Option<Span> {
    let tree = parse(compiled, text)?;
    let at = floor_boundary(text, offset.min(word.end.saturating_sub(1)) as usize);
    let leaf = tree.root_node().descendant_for_byte_range(at, at)?;
    let flags = compiled.flags(leaf.kind_id());
    if flags & flag::RAW != 0 {
        return Some(word);
    }
    let span = Span::new(leaf.start_byte(), leaf.end_byte());
    let name = span.of(text)?;
    let sigils = name.len() - name.trim_start_matches(['@', '$', '#']).len();
    let name = Span {
        start: span.start + sigils as u32,
        ..span
    };
    (flags & (flag::IDENTIFIER | flag::CALLEE) != 0 && !name.is_empty()).then_some(name)
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word_at(text: &str, offset: u32) -> Option<Span> {
    let at = floor_boundary(text, offset as usize);
    let before = text[..at].len() - text[..at].trim_end_matches(is_word).len();
    let after = text[at..].len() - text[at..].trim_start_matches(is_word).len();
    let span = Span::new(at - before, at + after);
    (!span.is_empty() && !text[span.start as usize..].starts_with(|c: char| c.is_ascii_digit()))
        .then_some(span)
}

/// All places where the name stands as a whole word.
fn words(text: &str, name: &str) -> Vec<Occurrence> {
    let mut found = Vec::new();
    let (mut line, mut counted) = (0, 0);
    for at in memchr::memmem::find_iter(text.as_bytes(), name.as_bytes()) {
        let end = at + name.len();
        if text[..at].ends_with(is_word) || text[end..].starts_with(is_word) {
            continue;
        }
        line += memchr::memchr_iter(b'\n', &text.as_bytes()[counted..at]).count() as u32;
        counted = at;
        found.push(Occurrence {
            span: Span::new(at, end),
            line,
            call: false,
            definition: false,
        });
    }
    found
}
