//! Converts between LSP positions, which count code units of the negotiated encoding within a line, and byte offsets.
//!
//! A character past the end of its line is clamped, as LSP requires. A line past the end of the document is an error.

use repo_indexer::Span;
use ropey::Rope;
use tower_lsp::ls_types::{Position, PositionEncodingKind, Range};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    Utf8,
    #[default]
    Utf16,
    Utf32,
}

impl Encoding {
    /// Chooses UTF-8 if offered, because offsets are in bytes, then UTF-32. UTF-16 is supported by every client.
    pub fn negotiate(offered: Option<&[PositionEncodingKind]>) -> Self {
        let offered = offered.unwrap_or_default();
        [Encoding::Utf8, Encoding::Utf32]
            .into_iter()
            .find(|e| offered.contains(&e.kind()))
            .unwrap_or_default()
    }

    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn units(self, c: char) -> usize {
        match self {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }
}

/// Error: the line of a position is past the end of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastEnd;

/// The byte offsets at which the lines of a text start. Lines end at `\n`, `\r\n` and `\r`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, &byte) in bytes.iter().enumerate() {
            if byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at as u32 + 1);
            }
        }
        LineIndex { starts }
    }

    pub fn offset(
        &self,
        text: &str,
        position: Position,
        encoding: Encoding,
    ) -> Result<u32, PastEnd> {
        let line = position.line as usize;
        let start = *self.starts.get(line).ok_or(PastEnd)?;
        let content = self.content(text, line);
        let wanted = position.character as usize;
        if content.is_ascii() || encoding == Encoding::Utf8 {
            let at = wanted.min(content.len());
            // An offset inside a character becomes the start of the character.
            return Ok(start
                + (0..=at)
                    .rev()
                    .find(|&i| content.is_char_boundary(i))
                    .unwrap_or(0) as u32);
        }
        let mut units = 0;
        for (at, c) in content.char_indices() {
            units += encoding.units(c);
            if units > wanted {
                return Ok(start + at as u32);
            }
        }
        Ok(start + content.len() as u32)
    }

    /// Like [`LineIndex::offset`], but a line past the end means the end of the text. For edits and the ends of ranges, where clients may
    /// use the line after the last one.
    pub fn offset_or_end(&self, text: &str, position: Position, encoding: Encoding) -> u32 {
        self.offset(text, position, encoding)
            .unwrap_or(text.len() as u32)
    }

    pub fn position(&self, text: &str, offset: u32, encoding: Encoding) -> Position {
        let offset = offset.min(text.len() as u32);
        let line = self
            .starts
            .partition_point(|&s| s <= offset)
            .saturating_sub(1);
        let content = self.content(text, line);
        let bytes = ((offset - self.starts[line]) as usize).min(content.len());
        let before = (0..=bytes)
            .rev()
            .find_map(|i| content.get(..i))
            .unwrap_or_default();
        let character = match encoding {
            Encoding::Utf8 => before.len(),
            _ => before.chars().map(|c| encoding.units(c)).sum(),
        };
        Position::new(line as u32, character as u32)
    }

    pub fn range(&self, text: &str, span: Span, encoding: Encoding) -> Range {
        Range::new(
            self.position(text, span.start, encoding),
            self.position(text, span.end, encoding),
        )
    }

    /// Returns a line without its line ending.
    fn content<'t>(&self, text: &'t str, line: usize) -> &'t str {
        let start = self.starts[line] as usize;
        let end = self
            .starts
            .get(line + 1)
            .map_or(text.len(), |&e| e as usize);
        let line = text.get(start..end).unwrap_or_default();
        line.strip_suffix("\r\n")
            .or_else(|| line.strip_suffix(['\n', '\r']))
            .unwrap_or(line)
    }
}

/// Returns the index of the character at a position in a rope. Equivalent to [`LineIndex::offset_or_end`].
pub fn offset_in(rope: &Rope, position: Position, encoding: Encoding) -> usize {
    let line = position.line as usize;
    if line >= rope.len_lines() {
        return rope.len_chars();
    }
    let start = rope.line_to_char(line);
    let end = content_end(rope, line, start);
    let wanted = position.character as usize;
    // An offset inside a character becomes the start of the character.
    let found = match encoding {
        Encoding::Utf8 => {
            let at = rope.char_to_byte(start) + wanted;
            rope.byte_to_char(at.min(rope.char_to_byte(end)))
        }
        Encoding::Utf16 => {
            let at = rope.char_to_utf16_cu(start) + wanted;
            rope.utf16_cu_to_char(at.min(rope.char_to_utf16_cu(end)))
        }
        Encoding::Utf32 => start + wanted,
    };
    found.min(end)
}

/// Returns the index of the character at which the content of a line ends, before its line ending.
fn content_end(rope: &Rope, line: usize, start: usize) -> usize {
    let mut end = rope.line_to_char(line + 1);
    for ending in ['\n', '\r'] {
        if end > start && rope.char(end - 1) == ending {
            end -= 1;
        }
    }
    end
}

/// Maps a byte offset in `new` to the same place in `old`. `None` if the place was changed.
pub fn carry(new: &str, old: &str, offset: u32) -> Option<u32> {
    let (a, b) = (new.as_bytes(), old.as_bytes());
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    if (offset as usize) < prefix {
        return Some(offset);
    }
    let room = a.len().min(b.len()) - prefix;
    let suffix = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take(room)
        .take_while(|(x, y)| x == y)
        .count();
    let from_end = a.len().checked_sub(offset as usize)?;
    (from_end <= suffix).then(|| (b.len() - from_end) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "ab\r\né𝄞x\rlast\n";
    const ALL: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

    #[test]
    fn every_boundary_survives_the_round_trip() {
        let index = LineIndex::new(TEXT);
        for encoding in ALL {
            for (offset, c) in TEXT.char_indices() {
                // The position between `\r` and `\n` does not exist; it is the end of the line.
                let expected = if c == '\n' && TEXT[..offset].ends_with('\r') {
                    offset - 1
                } else {
                    offset
                };
                let position = index.position(TEXT, offset as u32, encoding);
                assert_eq!(
                    index.offset(TEXT, position, encoding),
                    Ok(expected as u32),
                    "{encoding:?} {offset}"
                );
            }
        }
    }

    #[test]
    fn characters_are_counted_in_the_encoding() {
        let index = LineIndex::new(TEXT);
        let x = TEXT.find('x').unwrap() as u32;
        let found = ALL.map(|e| index.position(TEXT, x, e));
        assert_eq!(
            found,
            [
                Position::new(1, 6),
                Position::new(1, 3),
                Position::new(1, 2)
            ]
        );
    }

    #[test]
    fn clamps_characters_and_rejects_lines_past_the_end() {
        let index = LineIndex::new(TEXT);
        for encoding in ALL {
            assert_eq!(index.offset(TEXT, Position::new(0, 99), encoding), Ok(2));
            assert_eq!(
                index.offset(TEXT, Position::new(3, 7), encoding),
                Ok(TEXT.len() as u32)
            );
            assert_eq!(
                index.offset(TEXT, Position::new(4, 0), encoding),
                Err(PastEnd)
            );
        }
        assert_eq!(
            LineIndex::new("").offset("", Position::new(0, 5), Encoding::Utf16),
            Ok(0)
        );
    }

    #[test]
    fn an_offset_inside_a_character_is_its_start() {
        let index = LineIndex::new(TEXT);
        let clef = TEXT.find('𝄞').unwrap() as u32;
        assert_eq!(
            index.offset(TEXT, Position::new(1, 2), Encoding::Utf16),
            Ok(clef)
        );
        assert_eq!(
            index.offset(TEXT, Position::new(1, 4), Encoding::Utf8),
            Ok(clef)
        );
    }

    #[test]
    fn negotiates_the_preferred_offered_encoding() {
        use PositionEncodingKind as K;
        assert_eq!(Encoding::negotiate(None), Encoding::Utf16);
        assert_eq!(
            Encoding::negotiate(Some(&[K::UTF16, K::UTF8])),
            Encoding::Utf8
        );
        assert_eq!(
            Encoding::negotiate(Some(&[K::UTF16, K::UTF32])),
            Encoding::Utf32
        );
        assert_eq!(
            Encoding::negotiate(Some(&[K::new("ebcdic")])),
            Encoding::Utf16
        );
    }

    #[test]
    fn offsets_are_carried_around_an_edit() {
        let (old, new) = ("let a = b;", "let abc = b;");
        assert_eq!(carry(new, old, 4), Some(4));
        assert_eq!(carry(new, old, 10), Some(8));
        assert_eq!(carry(new, old, 6), None);
        assert_eq!(carry(new, old, 99), None);
        assert_eq!(carry("aa", "aaa", 2), Some(3));
    }
}
