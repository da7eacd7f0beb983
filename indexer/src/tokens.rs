//! The tokenizer for code and prose, used both for indexing and for queries.
//!
//! An identifier produces itself in lower case and its camelCase or snake_case parts. Parts and plain words are stemmed (Snowball
//! English): `parseHttpRequest` gives `parsehttprequest pars http request`. An exact name therefore ranks by its rarity, and a
//! paraphrase still matches its parts.

use std::cell::RefCell;

use rust_stemmers::{Algorithm, Stemmer};
use rustc_hash::FxHashMap;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// Words longer than this are data (hashes, base64) and are not indexed. In bytes.
const MAX_WORD_LEN: usize = 64;
/// Limits the stem cache of each thread.
const MAX_CACHED_STEMS: usize = 100_000;

/// Whether the word is excluded from the index. The list is short because longer lists did not improve ranking.
///
/// This runs for every word of a workspace. Matching by length first lets the compiler compare integers instead of strings.
fn is_stop_word(word: &str) -> bool {
    match word.len() {
        1 => matches!(word, "a"),
        2 => matches!(
            word,
            "an" | "as"
                | "at"
                | "be"
                | "by"
                | "do"
                | "if"
                | "in"
                | "is"
                | "it"
                | "of"
                | "on"
                | "or"
                | "to"
        ),
        3 => matches!(
            word,
            "and" | "are" | "can" | "for" | "how" | "its" | "the" | "was" | "why"
        ),
        4 => matches!(
            word,
            "does" | "from" | "that" | "this" | "what" | "when" | "with"
        ),
        5 => matches!(word, "where" | "which"),
        _ => false,
    }
}

struct StemCache {
    stemmer: Stemmer,
    cache: FxHashMap<Box<str>, Box<str>>,
}

thread_local! {
    static STEMS: RefCell<StemCache> = RefCell::new(StemCache { stemmer: Stemmer::create(Algorithm::English), cache: FxHashMap::default() });
}

/// Appends the stem of a lower-case word to `out`. Stems are cached because stemming is slower than a lookup.
fn push_stem(word: &str, out: &mut String) {
    if word.len() <= 3 || !word.is_ascii() {
        return out.push_str(word);
    }
    STEMS.with_borrow_mut(|stems| {
        if let Some(stem) = stems.cache.get(word) {
            return out.push_str(stem);
        }
        let stem: Box<str> = stems.stemmer.stem(word).into();
        out.push_str(&stem);
        if stems.cache.len() < MAX_CACHED_STEMS {
            stems.cache.insert(word.into(), stem);
        }
    });
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Calls `emit` with each part of an identifier: split at `_`, between lower and upper case, before the last capital of a run
/// (`HTTPServer`), and around digits.
fn split(identifier: &str, mut emit: impl FnMut(&str)) {
    #[derive(Clone, Copy, PartialEq)]
    enum Class {
        Separator,
        Digit,
        Upper,
        Lower,
    }
    let class = |c: char| match c {
        '_' => Class::Separator,
        c if c.is_numeric() => Class::Digit,
        c if c.is_uppercase() => Class::Upper,
        _ => Class::Lower,
    };
    let mut emit = |part: &str| {
        if !part.is_empty() && !part.starts_with('_') {
            emit(part);
        }
    };
    let mut start = 0;
    let mut previous = None;
    for (at, c) in identifier.char_indices() {
        let now = class(c);
        if let Some((before_at, before)) = previous.replace((at, now))
            && before != now
        {
            // `HTTPServer`: the capital `S` belongs to the part that follows it.
            let boundary = if (before, now) == (Class::Upper, Class::Lower) {
                before_at
            } else {
                at
            };
            emit(&identifier[start..boundary]);
            start = boundary;
        }
    }
    emit(&identifier[start..]);
}

/// Whether an identifier has more than one part.
pub(crate) fn is_compound(identifier: &str) -> bool {
    let mut parts = 0;
    split(identifier, |_| parts += 1);
    parts > 1
}

/// Calls `emit` with each token of `text`, in order.
pub(crate) fn tokenize(text: &str, mut emit: impl FnMut(&str)) {
    let (mut token, mut lower) = (String::new(), String::new());
    for word in (WordIter { rest: text }) {
        each_token(word, &mut token, &mut lower, &mut emit);
    }
}

/// Calls `emit` with the tokens of one word. `token` and `lower` are reused buffers, because this runs for every word of a workspace.
fn each_token(word: &str, token: &mut String, lower: &mut String, emit: &mut impl FnMut(&str)) {
    if word.len() > MAX_WORD_LEN {
        return;
    }
    let simple =
        word.bytes().all(|b| b.is_ascii_lowercase()) || word.bytes().all(|b| b.is_ascii_digit());
    if simple {
        return each_part(word, token, emit);
    }
    if is_compound(word) {
        token.clear();
        push_lower(word.trim_matches('_'), token);
        emit(token);
    }
    split(word, |part| {
        lower.clear();
        push_lower(part, lower);
        each_part(lower, token, emit);
    });
}

fn each_part(lower: &str, buffer: &mut String, emit: &mut impl FnMut(&str)) {
    let single_ascii = lower.len() == 1;
    if single_ascii || is_stop_word(lower) {
        return;
    }
    buffer.clear();
    push_stem(lower, buffer);
    emit(buffer);
}

fn push_lower(text: &str, out: &mut String) {
    if text.is_ascii() {
        out.extend(text.bytes().map(|b| b.to_ascii_lowercase() as char));
    } else {
        out.extend(text.chars().flat_map(char::to_lowercase));
    }
}

/// Iterates over the runs of letters, digits and underscores in a text.
struct WordIter<'a> {
    rest: &'a str,
}

impl<'a> Iterator for WordIter<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let start = self.rest.find(is_word_char)?;
        let rest = &self.rest[start..];
        let end = rest.find(|c| !is_word_char(c)).unwrap_or(rest.len());
        self.rest = &rest[end..];
        Some(&rest[..end])
    }
}

/// Adapts [`tokenize`] to tantivy.
#[derive(Clone, Default)]
pub(crate) struct CodeTokenizer {
    token: Token,
    text: String,
    ends: Vec<usize>,
}

pub(crate) struct CodeTokens<'a> {
    tokenizer: &'a mut CodeTokenizer,
    next: usize,
}

impl Tokenizer for CodeTokenizer {
    type TokenStream<'a> = CodeTokens<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> CodeTokens<'a> {
        self.text.clear();
        self.ends.clear();
        let (all, ends) = (&mut self.text, &mut self.ends);
        tokenize(text, |token| {
            all.push_str(token);
            ends.push(all.len());
        });
        self.token.reset();
        CodeTokens {
            tokenizer: self,
            next: 0,
        }
    }
}

impl TokenStream for CodeTokens<'_> {
    fn advance(&mut self) -> bool {
        let CodeTokenizer { token, text, ends } = self.tokenizer;
        let Some(&end) = ends.get(self.next) else {
            return false;
        };
        let start = if self.next == 0 {
            0
        } else {
            ends[self.next - 1]
        };
        token.text.clear();
        token.text.push_str(&text[start..end]);
        token.position = self.next;
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.tokenizer.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.tokenizer.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let mut tokens = Vec::new();
        tokenize(text, |token| tokens.push(token.to_owned()));
        assert_eq!(tokens.join(" "), expected, "tokens of {text:?}");
    }

    #[test]
    fn identifiers_produce_themselves_and_their_parts() {
        check("parseHttpRequest", "parsehttprequest pars http request");
        check("HTTPServer", "httpserver http server");
        check("_private_name", "private_name privat name");
        check("utf8_to_16", "utf8_to_16 utf 16");
        check(
            "DefaultJSONProvider.ensure_ascii",
            "defaultjsonprovider default json provid ensure_ascii ensur ascii",
        );
    }

    #[test]
    fn prose_is_stemmed_and_stop_words_are_removed() {
        check("How are the segments merged?", "segment merg");
        check("Größe ändern", "größe ändern");
        check("", "");
        check("__", "");
    }
}
