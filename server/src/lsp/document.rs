//! Open documents: their newest text, as the client has it. Independent of the index.

use std::sync::{Arc, OnceLock};

use ropey::Rope;
use tower_lsp::ls_types::{TextDocumentContentChangeEvent, Uri};

use super::position::{Encoding, LineIndex, offset_in};

/// One version of an open document. Immutable: a change creates a new version, and readers of the old one are unaffected.
///
/// Changes are applied to a rope, which shares its data between versions. The contiguous text is built when it is first read.
#[derive(Debug)]
pub struct Document {
    pub uri: Uri,
    rope: Rope,
    text: OnceLock<Arc<str>>,
    lines: OnceLock<LineIndex>,
}

impl Document {
    pub fn new(uri: Uri, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let mut document = Document::of_rope(uri, Rope::from_str(&text));
        document.text = OnceLock::from(text);
        document
    }

    fn of_rope(uri: Uri, rope: Rope) -> Self {
        Document {
            uri,
            rope,
            text: OnceLock::new(),
            lines: OnceLock::new(),
        }
    }

    pub fn text(&self) -> &Arc<str> {
        self.text.get_or_init(|| String::from(&self.rope).into())
    }

    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(self.text()))
    }

    /// Returns the document after the changes. Each change refers to the text that results from the one before it.
    pub fn changed(
        &self,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> Self {
        let mut rope = self.rope.clone();
        for change in changes {
            let Some(range) = change.range else {
                rope = Rope::from_str(&change.text);
                continue;
            };
            let start = offset_in(&rope, range.start, encoding);
            let end = offset_in(&rope, range.end, encoding).max(start);
            rope.remove(start..end);
            rope.insert(start, &change.text);
        }
        Document::of_rope(self.uri.clone(), rope)
    }
}

/// Returns the key of a document: its path, because clients spell the URI of the same file differently (`%3A`), or else the URI.
pub fn key(uri: &Uri) -> String {
    match super::uri::to_path(uri) {
        Some(path) => path.to_string_lossy().into_owned(),
        None => uri.as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tower_lsp::ls_types::{Position, Range};

    use super::*;

    fn change(range: Option<(u32, u32, u32, u32)>, text: &str) -> TextDocumentContentChangeEvent {
        let range = range.map(|(a, b, c, d)| Range::new(Position::new(a, b), Position::new(c, d)));
        TextDocumentContentChangeEvent {
            range,
            range_length: None,
            text: text.to_owned(),
        }
    }

    #[track_caller]
    fn check(before: &str, changes: Vec<TextDocumentContentChangeEvent>, after: &str) {
        let document = Document::new("file:///a".parse().unwrap(), before);
        let changed = document.changed(changes, Encoding::Utf16);
        assert_eq!(&**changed.text(), after);
    }

    #[test]
    fn changes_are_applied_in_order() {
        check(
            "ab\ncd\n",
            vec![change(Some((0, 1, 1, 1)), "X\nY")],
            "aX\nYd\n",
        );
        check(
            "ab\n",
            vec![
                change(Some((0, 0, 0, 0)), "\n"),
                change(Some((1, 0, 1, 1)), "z"),
            ],
            "\nzb\n",
        );
        check(
            "ab",
            vec![change(None, "new\n"), change(Some((0, 3, 0, 3)), "er")],
            "newer\n",
        );
        check("𝄞b", vec![change(Some((0, 2, 0, 3)), "c")], "𝄞c");
    }

    #[test]
    fn a_range_past_the_end_means_the_end() {
        check("ab", vec![change(Some((0, 0, 9, 0)), "c")], "c");
        check("ab", vec![change(Some((5, 0, 6, 0)), "c")], "abc");
        check("ab", vec![change(Some((0, 2, 0, 1)), "c")], "abc");
    }

    /// Reference implementation of the changes, on a string.
    fn apply_to_string(
        before: &str,
        changes: &[TextDocumentContentChangeEvent],
        e: Encoding,
    ) -> String {
        let mut text = before.to_owned();
        for change in changes {
            let Some(range) = change.range else {
                text.clone_from(&change.text);
                continue;
            };
            let lines = LineIndex::new(&text);
            let start = lines.offset_or_end(&text, range.start, e) as usize;
            let end = lines.offset_or_end(&text, range.end, e) as usize;
            text.replace_range(start..end.max(start), &change.text);
        }
        text
    }

    fn some_text() -> impl Strategy<Value = String> {
        const PIECES: [&str; 8] = ["a", "é", "𝄞", "\r", "\n", "\r\n", "\u{2028}", "b c"];
        proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..40)
            .prop_map(|pieces| pieces.concat())
    }

    fn some_change() -> impl Strategy<Value = TextDocumentContentChangeEvent> {
        let place = (0..12u32, 0..9u32, 0..4u32, 0..9u32);
        let range = place.prop_map(|(line, from, more, to)| (line, from, line + more, to));
        (proptest::option::weighted(0.95, range), some_text())
            .prop_map(|(range, text)| change(range, &text))
    }

    proptest! {
        #[test]
        fn changes_mean_the_same_in_every_encoding(
            before in some_text(),
            changes in proptest::collection::vec(some_change(), 0..12),
        ) {
            for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
                let document = Document::new("file:///a".parse().unwrap(), before.as_str());
                let changed = document.changed(changes.clone(), encoding);
                prop_assert_eq!(&**changed.text(), apply_to_string(&before, &changes, encoding));
            }
        }
    }

    /// The task that reads messages applies the changes, so all later messages wait for them.
    #[test]
    fn applying_changes_does_not_copy_the_text() {
        let line = "    let name = some_function(with, arguments); // é\n";
        let edits = || (0..5_000).map(|n| change(Some((n * 4, 8, n * 4, 12)), "renamed"));
        let document = Document::new("file:///a".parse().unwrap(), line.repeat(20_000));
        let at_once = document.changed(edits().collect(), Encoding::Utf16);
        assert!(at_once.text.get().is_none() && at_once.lines.get().is_none());
        let one_by_one = edits().fold(document, |document, edit| {
            let changed = document.changed(vec![edit], Encoding::Utf16);
            assert!(changed.text.get().is_none() && changed.lines.get().is_none());
            changed
        });
        assert_eq!(at_once.text(), one_by_one.text());
        assert_eq!(at_once.text().matches("renamed").count(), 5_000);
    }
}
