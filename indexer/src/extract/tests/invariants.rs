//! Invariants of extraction, tested on arbitrary, deeply nested and damaged texts.

use proptest::prelude::*;

use super::super::floor_boundary;
use crate::{Extraction, Language, Span, Use, clean_doc, extract, identifier_at, occurrences};

#[path = "../../../fuzz/invariants.rs"]
mod shared;

/// Checks the invariants on the source and on randomly damaged variants. The damage is deterministic, so that failures can be reproduced.
pub(super) fn check_damaged(language: Language, source: &str) {
    shared::check(language, source);
    shared::check(language, &source.replace('\n', "\r\n"));
    shared::check(language, &format!("\u{feff}{source}"));
    let mut random = Random(source.len() as u64 | 1);
    for _ in 0..40 {
        let mut text = source.to_string();
        for _ in 0..=random.below(3) {
            damage(&mut text, &mut random);
        }
        shared::check(language, &text);
    }
}

fn damage(text: &mut String, random: &mut Random) {
    const PIECES: [&str; 16] = [
        "{", "}", "(", ")", "\"", "'", "`", "/*", "\n", "é", "\u{feff}", "=", "class ", "@", "#",
        "\0",
    ];
    let from = floor_boundary(text, random.below(text.len() + 1));
    let to = floor_boundary(text, (from + random.below(60)).min(text.len())).max(from);
    match random.below(4) {
        0 => text.replace_range(from..to, ""),
        1 => {
            let copy = text[from..to].to_owned();
            text.insert_str(from, &copy);
        }
        2 => text.insert_str(from, PIECES[random.below(PIECES.len())]),
        _ => text.truncate(from),
    }
}

/// A deterministic pseudo-random number generator (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

fn any_language() -> impl Strategy<Value = Language> {
    prop::sample::select(Language::all().collect::<Vec<_>>())
}

/// Random sequences of tokens that are meaningful in most languages.
fn token_soup() -> impl Strategy<Value = String> {
    const TOKENS: &[&str] = &[
        "fn ",
        "def ",
        "class ",
        "struct ",
        "enum ",
        "impl ",
        "use ",
        "import ",
        "from ",
        "function ",
        "const ",
        "let ",
        "var ",
        "type ",
        "module ",
        "namespace ",
        "public ",
        "export ",
        "return ",
        "end ",
        "name",
        "Other",
        "x",
        "é",
        "self",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "<",
        ">",
        ";",
        ":",
        "::",
        ",",
        ".",
        "=",
        "=>",
        "->",
        "*",
        "&",
        "\"",
        "'",
        "`",
        "#",
        "//",
        "/*",
        "*/",
        "\"\"\"",
        "@",
        "!",
        "?",
        "|",
        "\n",
        "\n    ",
        "\r\n",
        "\t",
        "1",
        "<?php ",
        "CREATE TABLE ",
        "---\n",
        "===\n",
        "# ",
        "$",
    ];
    prop::collection::vec(prop::sample::select(TOKENS), 0..80).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(language in any_language(), text in any::<String>()) {
        shared::check(language, &text);
    }

    #[test]
    fn any_tokens(language in any_language(), text in token_soup()) {
        shared::check(language, &text);
    }
}

#[test]
fn deep_nesting_does_not_overflow() {
    for language in Language::all() {
        for (open, close) in [
            ("(", ")"),
            ("{", "}"),
            ("[", "]"),
            ("a(", ")"),
            ("if x {", "}"),
            ("<", ">"),
            ("f(function(){", "})"),
        ] {
            let depth = 5_000;
            let text = format!("x = {}1{}\n", open.repeat(depth), close.repeat(depth));
            assert!(!extract(language, "a", &text).chunks.is_empty());
        }
    }
    let indented: String = (0..2_000)
        .map(|depth| format!("{}if x:\n", " ".repeat(depth)))
        .collect();
    assert!(
        !extract(Language::detect("a.py", ""), "a.py", &indented)
            .chunks
            .is_empty()
    );
}

#[test]
fn empty_and_tiny_texts() {
    for language in Language::all() {
        for text in ["", "\n", " ", "\u{feff}", "\0", "\r\n\r\n", "é"] {
            shared::check(language, text);
        }
    }
}
