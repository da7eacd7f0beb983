//! What a path or a look at the text tells before anything is parsed: tests, generated code, binary files.

use std::sync::OnceLock;

use regex::Regex;

use super::floor_boundary;

/// Whether files under this path are tests by the conventions of all languages.
pub fn is_test_path(path: &str) -> bool {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| {
        Regex::new(
            r"(?x)
            (^|/)(tests?|testing|__tests__|specs?|testdata|test[-_]data|unit_?tests?|integration_?tests?)/
            | (^|/)test_[^/]*$
            | [_.-](tests?|spec)\.[^/.]+$
            | (^|/)(tests?|conftest)\.[^/.]+$
            | (^|/)[A-Za-z0-9_]+(Tests?|TestCase|Spec|IT)\.(java|kt|cs|scala|php|swift)$",
        )
        .ok()
    });
    pattern
        .as_ref()
        .is_some_and(|pattern| pattern.is_match(path))
}

/// Why a text was written by a program rather than a person, if it looks so. A skipped file shows this reason.
pub fn looks_generated(path: &str, text: &str) -> Option<&'static str> {
    const HEAD: usize = 2_000;
    const COMMENTS: [&str; 9] = ["//", "#", "/*", "*", "--", "<!--", "\"\"\"", ";", "%"];
    let head = &text[..floor_boundary(text, HEAD)];
    let comment_lines = head.lines().take(20).filter_map(|line| {
        let line = line.trim();
        COMMENTS
            .iter()
            .any(|mark| line.starts_with(mark))
            .then(|| line.to_ascii_lowercase())
    });
    let comments: Vec<String> = comment_lines.collect();
    // A word alone would also be found in prose about generators; the mark stands at the end of its phrase.
    let marked = |line: &String| {
        let said = line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '@');
        said.starts_with("@generated")
            || said.contains("is @generated")
            || said.contains("file @generated")
    };
    let says = |words: &[&str]| {
        comments
            .iter()
            .any(|line| words.iter().any(|word| line.contains(word)))
    };
    let forbidden = says(&[
        "do not edit",
        "do not modify",
        "don't edit",
        "do not hand-edit",
        "edits will be lost",
    ]);
    if comments.iter().any(marked) || forbidden && says(&["generated", "autogen"]) {
        return Some("generated");
    }
    // A test of a program may hold long lines of data, and is written by hand all the same.
    let extension = path.rsplit('.').next().unwrap_or_default();
    let can_be = [
        "cjs", "css", "htm", "html", "js", "json", "map", "mjs", "svg", "xml",
    ];
    (can_be.contains(&extension) && is_minified(text)).then_some("minified")
}

/// Lines far longer than anyone writes, over most of the text.
fn is_minified(text: &str) -> bool {
    const LONG: usize = 1_000;
    if text.len() < 5 * LONG {
        return false;
    }
    let (mut long, mut last) = (0, 0);
    for at in memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]) {
        if at - last > LONG {
            long += at - last;
        }
        last = at;
    }
    long * 2 > text.len()
}

/// Whether the bytes are no text: a NUL or much that is not UTF-8 near the beginning.
pub fn looks_binary(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(8_000)];
    if memchr::memchr(0, head).is_some() {
        return true;
    }
    let lossy = String::from_utf8_lossy(head);
    let broken = lossy
        .chars()
        .filter(|c| *c == char::REPLACEMENT_CHARACTER)
        .count();
    broken * 50 > head.len()
}
