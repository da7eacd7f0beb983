//! Heuristics on paths and text that need no parsing: tests, generated code, binary files.

use std::sync::OnceLock;

use regex::Regex;

use super::floor_boundary;

/// Whether the path is a test by the conventions of any supported language.
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

/// Returns why a text seems to be generated, or `None`. The reason is displayed for skipped files.
pub fn looks_generated(path: &str, text: &str) -> Option<&'static str> {
    const HEAD_LEN: usize = 2_000;
    const COMMENTS: [&str; 9] = ["//", "#", "/*", "*", "--", "<!--", "\"\"\"", ";", "%"];
    let head = &text[..floor_boundary(text, HEAD_LEN)];
    let comment_lines = head.lines().take(20).filter_map(|line| {
        let line = line.trim();
        COMMENTS
            .iter()
            .any(|mark| line.starts_with(mark))
            .then(|| line.to_ascii_lowercase())
    });
    let comments: Vec<String> = comment_lines.collect();
    // The word alone also occurs in comments about generators, so it has to be at the start of a comment or in one of these phrases.
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
    // Only these formats are minified. Long lines in other files are usually data in handwritten code.
    let extension = path.rsplit('.').next().unwrap_or_default();
    let can_be = [
        "cjs", "css", "htm", "html", "js", "json", "map", "mjs", "svg", "xml",
    ];
    (can_be.contains(&extension) && is_minified(text)).then_some("minified")
}

/// Whether most of the text consists of very long lines.
fn is_minified(text: &str) -> bool {
    const MIN_LONG_LINE_LEN: usize = 1_000;
    if text.len() < 5 * MIN_LONG_LINE_LEN {
        return false;
    }
    let (mut long, mut last) = (0, 0);
    for at in memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]) {
        if at - last > MIN_LONG_LINE_LEN {
            long += at - last;
        }
        last = at;
    }
    long * 2 > text.len()
}

/// Whether the bytes are binary: they contain a NUL or more than 2 % invalid UTF-8 near the beginning.
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
