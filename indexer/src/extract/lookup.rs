//! Finds names in a text on demand: the occurrences of a name, and the identifier at an offset.

use crate::facts::{Occurrence, Span};
use crate::language::{CompiledGrammar, Language, Syntax, flag};

use super::code;
use super::floor_boundary;
use super::parse::parse;

/// Returns the definitions and uses of `name` in order. Names in comments and strings are ignored.
pub fn occurrences(language: Language, text: &str, name: &str) -> Vec<Occurrence> {
    if name.is_empty() || memchr::memmem::find(text.as_bytes(), name.as_bytes()).is_none() {
        return Vec::new();
    }
    match compiled(language) {
        Some(compiled) => code::occurrences(compiled, text, name).unwrap_or_default(),
        None => words(text, name),
    }
}

/// Returns the identifier at the byte offset or ending there. `None` in comments and strings and between names.
pub fn identifier_at(language: Language, text: &str, offset: u32) -> Option<Span> {
    let lexical = || word_at(text, offset);
    match compiled(language) {
        // Parse only if there is a word at the offset.
        Some(compiled) => lexical().and_then(|word| in_tree(compiled, text, offset, word)),
        None => lexical(),
    }
}

fn compiled(language: Language) -> Option<&'static CompiledGrammar> {
    match language.syntax() {
        Syntax::Tree(parsed) => parsed.compiled(),
        _ => None,
    }
}

fn in_tree(compiled: &CompiledGrammar, text: &str, offset: u32, word: Span) -> Option<Span> {
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

/// Returns all occurrences of the name as a whole word.
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
