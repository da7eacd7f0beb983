//! Tests of occurrences and of the identifier at an offset.

use crate::extract::{identifier_at, occurrences};
use crate::language::Language;

/// Returns the 1-based line of each occurrence, with `d` for a definition and `c` for a call.
fn occurrence_lines(path: &str, text: &str, name: &str) -> String {
    let found = occurrences(Language::detect(path, text), text, name);
    let show = |one: crate::facts::Occurrence| {
        assert_eq!(one.span.of(text), Some(name));
        format!(
            "{}{}{}",
            one.line + 1,
            if one.definition { "d" } else { "" },
            if one.call { "c" } else { "" }
        )
    };
    found.into_iter().map(show).collect::<Vec<_>>().join(" ")
}

#[test]
fn occurrences_exclude_comments_and_strings() {
    let python = "from m import area  # area\ndef area(x):\n    'area'\n    return area(x) + x.area\nareas = f'{area}'\n";
    assert_eq!(occurrence_lines("a.py", python, "area"), "1 2d 4c 4 5");
    let rust =
        "struct Area;\nimpl Area { fn new() -> Area { dbg!(Area::new(1)); Area {} } }\n// Area\n";
    assert_eq!(occurrence_lines("a.rs", rust, "Area"), "1d 2d 2 2 2c");
    assert_eq!(occurrence_lines("a.rs", rust, "new"), "2d 2c");
    assert_eq!(
        occurrence_lines(
            "a.c",
            "#define TWICE(x) twice(x) + \\\n  twice(2)\nint twice(int x);\n",
            "twice"
        ),
        "1c 2c 3d"
    );
    assert_eq!(
        occurrence_lines("a.ts", "interface A { 'b-c': number }\n", "b-c"),
        "1d"
    );
    assert_eq!(
        occurrence_lines("a.rb", "def f; @total = total; end\n", "total"),
        "1 1"
    );
    assert_eq!(
        occurrence_lines("a.sh", "run() { echo run; }\nrun\n", "run"),
        "1d 2c"
    );
    assert_eq!(
        occurrence_lines("a.txt", "area, areas\nan area", "area"),
        "1 2"
    );
    assert_eq!(occurrence_lines("a.py", python, "missing"), "");
}

#[test]
fn locals_are_not_definitions() {
    assert_eq!(
        occurrence_lines(
            "a.js",
            "const size = 1;\nfunction f() { const size = 2; return size; }\n",
            "size"
        ),
        "1d 2 2"
    );
    assert_eq!(
        occurrence_lines("a.py", "size = 1\ndef f():\n    size = 2\n", "size"),
        "1d 3"
    );
}

#[test]
fn identifiers_under_the_cursor() {
    let at = |path: &str, text: &str, needle: &str, shift: u32| {
        let offset = text.find(needle).unwrap() as u32 + shift;
        identifier_at(Language::detect(path, text), text, offset)
            .and_then(|span| span.of(text))
            .map(str::to_string)
    };
    let python = "x = café(1)  # note\ny = 'text'\n";
    assert_eq!(at("a.py", python, "café", 0).as_deref(), Some("café"));
    assert_eq!(
        at("a.py", python, "(1)", 0).as_deref(),
        Some("café"),
        "immediately after it"
    );
    assert_eq!(
        at("a.py", python, "é", 1).as_deref(),
        Some("café"),
        "inside a character"
    );
    assert_eq!(at("a.py", python, "note", 1), None);
    assert_eq!(at("a.py", python, "text", 1), None);
    assert_eq!(at("a.py", python, "1)", 0), None);
    assert_eq!(at("a.py", python, "= c", 0).as_deref(), None);
    assert_eq!(
        at("a.php", "<?php $user->name();", "user", 2).as_deref(),
        Some("user")
    );
    assert_eq!(at("a.md", "see `word`", "word", 2).as_deref(), Some("word"));
    assert_eq!(identifier_at(Language::plain(), "", 7), None);
}
