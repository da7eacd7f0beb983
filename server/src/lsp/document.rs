//! Open documents: their newest text, as the client has it. Knows nothing of the index.

use std::sync::{Arc, OnceLock};

use tower_lsp::ls_types::{TextDocumentContentChangeEvent, Uri};

use super::position::{Encoding, LineIndex};

/// One version of an open document. Immutable: a change makes a new one, and who still reads the old one is not disturbed.
#[derive(Debug)]
pub struct Document {
    pub uri: Uri,
    pub text: Arc<str>,
    lines: OnceLock<LineIndex>,
}

impl Document {
    pub fn new(uri: Uri, text: impl Into<Arc<str>>) -> Self {
        Document {
            uri,
            text: text.into(),
            lines: OnceLock::new(),
        }
    }

    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// The document after the changes, each of which refers to the text the one before it made.
    pub fn changed(
        &self,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> Self {
        let mut text = String::from(&*self.text);
        let mut lines = None;
        for change in changes {
            let Some(range) = change.range else {
                text = change.text;
                lines = None;
                continue;
            };
            let index = lines.get_or_insert_with(|| LineIndex::new(&text));
            let start = index.offset_or_end(&text, range.start, encoding) as usize;
            let end = index.offset_or_end(&text, range.end, encoding) as usize;
            text.replace_range(start..end.max(start), &change.text);
            lines = None;
        }
        Document::new(self.uri.clone(), text)
    }
}

/// What a URI is known by: clients spell the same file differently (`%3A`), its path is one.
pub fn key(uri: &Uri) -> String {
    match super::convert::to_path(uri) {
        Some(path) => path.to_string_lossy().into_owned(),
        None => uri.as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(&*changed.text, after);
    }

    #[test]
    fn changes_apply_one_after_the_other() {
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
}
