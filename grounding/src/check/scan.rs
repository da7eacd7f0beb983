//! Splits streamed Markdown into pieces that can be checked on their own, and holds back as little as possible.
//!
//! A word is complete when the next one starts; a code span, a link, or a line that may open a fence when it is closed or its line ends.
//! This is written by hand because a Markdown parser needs the whole text: here the output must not change when more text arrives.

/// A complete piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words of one line with complete code spans and links, or the white space between them.
    Text(String),
    /// A fence or a line of code inside one; shown unchanged.
    Verbatim(String),
    /// The code of a block that has ended. It has been shown already.
    Block(String),
}

/// Maximum length of a piece in bytes. A longer one counts as complete, so that it is not held back forever.
///
/// No decision looks further ahead, because the output must not depend on how much text has arrived. Smaller in tests, to reach it.
const MAX_PIECE_LEN: usize = if cfg!(test) { 40 } else { 2000 };

/// Returns the part of a text that is examined, and whether there is more.
fn window(text: &str) -> (&str, bool) {
    let end = text.floor_char_boundary(MAX_PIECE_LEN);
    (&text[..end], end < text.len())
}

#[derive(Debug, Default)]
pub struct Scanner {
    /// Text that has not been returned yet.
    held: String,
    /// What precedes `held` on its line.
    line: Line,
    fence: Option<Fence>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Line {
    /// White space only.
    #[default]
    Margin,
    /// List markers, after which a fence may open too.
    Listed,
    Inside,
}

impl Line {
    fn after(self, piece: &str) -> Self {
        let word = piece.trim();
        let number = word.trim_end_matches(['.', ')']);
        let numbered = (1..10).contains(&number.len())
            && number.len() + 1 == word.len()
            && number.bytes().all(|b| b.is_ascii_digit());
        match word {
            _ if piece.ends_with('\n') => Line::Margin,
            "" => self,
            "-" | "*" | "+" if self != Line::Inside => Line::Listed,
            _ if numbered && self != Line::Inside => Line::Listed,
            _ => Line::Inside,
        }
    }
}

#[derive(Debug)]
struct Fence {
    mark: char,
    length: usize,
    code: String,
    /// Whether the next text continues a line whose beginning was already returned because it was too long.
    inside_line: bool,
}

impl Scanner {
    pub fn push(&mut self, text: &str) -> Vec<Piece> {
        self.held.push_str(text);
        let mut pieces = Vec::new();
        while let Some(piece) = self.next(false) {
            pieces.extend(piece);
        }
        pieces
    }

    pub fn finish(&mut self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while let Some(piece) = self.next(true) {
            pieces.extend(piece);
        }
        if let Some(fence) = self.fence.take() {
            pieces.push(Piece::Verbatim("\n```\n".to_owned()));
            pieces.push(Piece::Block(fence.code));
        }
        pieces
    }

    /// Returns the next pieces; `None` if more text is needed.
    fn next(&mut self, ended: bool) -> Option<Vec<Piece>> {
        if self.held.is_empty() {
            return None;
        }
        if self.fence.is_some() {
            return self.code_line(ended);
        }
        if self.line != Line::Inside
            && let Some(waits) = self.at_line_start(ended)
        {
            return waits;
        }
        let length = unit(&self.held, ended)?;
        let piece: String = self.held.drain(..length).collect();
        self.line = self.line.after(&piece);
        Some(vec![Piece::Text(piece)])
    }

    /// Checks whether the line opens a fence. `None`: it does not; `Some(None)`: more text is needed.
    fn at_line_start(&mut self, ended: bool) -> Option<Option<Vec<Piece>>> {
        let (held, more) = window(&self.held);
        let ended = ended || more;
        let line_end = held.find('\n');
        let line = &held[..line_end.unwrap_or(held.len())];
        let trimmed = line.trim_start_matches([' ', '\t']);
        let mark = match trimmed.chars().next() {
            Some(mark @ ('`' | '~')) => mark,
            Some(_) => return None,
            None if line_end.is_some() || ended => return None,
            None => return Some(None),
        };
        let length = trimmed.chars().take_while(|&c| c == mark).count();
        if length < 3 {
            // Two backticks may become a fence.
            let may_grow = length == trimmed.len() && line_end.is_none() && !ended;
            return may_grow.then_some(None);
        }
        let info = &trimmed[length..];
        if mark == '`' && info.contains('`') {
            return None;
        }
        if line_end.is_none() && !ended {
            return Some(None);
        }
        // The fence is rewritten at the margin, so that all renderers agree on where the block ends.
        let is_word = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-' | '#');
        let language: String = info.trim().chars().take_while(is_word).collect();
        let taken = line_end.map_or(held.len(), |end| end + 1);
        self.held.drain(..taken);
        self.fence = Some(Fence {
            mark,
            length,
            code: String::new(),
            inside_line: false,
        });
        let margin = match self.line {
            Line::Listed => "\n",
            _ => "",
        };
        Some(Some(vec![Piece::Verbatim(format!(
            "{margin}```{language}\n"
        ))]))
    }

    fn code_line(&mut self, ended: bool) -> Option<Vec<Piece>> {
        let (held, more) = window(&self.held);
        let end = match held.find('\n') {
            Some(end) => end + 1,
            None if ended || more => held.len(),
            None => return None,
        };
        let line: String = self.held.drain(..end).collect();
        let fence = self.fence.as_mut()?;
        let trimmed = line.trim();
        let run = trimmed.chars().take_while(|&c| c == fence.mark).count();
        let begins = !std::mem::replace(&mut fence.inside_line, !line.ends_with('\n'));
        if begins && run >= fence.length && run == trimmed.chars().count() {
            let code = std::mem::take(&mut fence.code);
            self.fence = None;
            self.line = Line::Margin;
            return Some(vec![
                Piece::Verbatim("```\n".to_owned()),
                Piece::Block(code),
            ]);
        }
        fence.code.push_str(&line);
        // A run of backticks would close the rewritten fence.
        let inert = begins && trimmed.starts_with("```");
        Some(vec![Piece::Verbatim(if inert {
            line.replace("```", "ˋˋˋ")
        } else {
            line
        })])
    }
}

/// Returns the length of the first complete piece of `text`: white space, or a word with its code spans and links.
fn unit(text: &str, ended: bool) -> Option<usize> {
    let (text, more) = window(text);
    let ended = ended || more;
    let space = text
        .find(|c: char| !matches!(c, ' ' | '\t'))
        .unwrap_or(text.len());
    if space > 0 {
        return Some(space);
    }
    if text.starts_with('\n') {
        return Some(1);
    }
    let line = text.find('\n');
    let (mut brackets, mut at) = (0usize, 0);
    let bytes = text.as_bytes();
    while at < line.unwrap_or(text.len()) {
        match bytes[at] {
            b'`' => {
                let run = bytes[at..].iter().take_while(|&&b| b == b'`').count();
                match closing(text, at, run, line) {
                    Some(end) => {
                        at = end;
                        continue;
                    }
                    // A span that is not closed on its line is not a span.
                    None if line.is_some() || ended => at += run,
                    None => return None,
                }
                continue;
            }
            b'[' | b'(' if bytes[at] == b'[' || (at > 0 && bytes[at - 1] == b']') => brackets += 1,
            b']' | b')' => brackets = brackets.saturating_sub(1),
            b' ' | b'\t' if brackets == 0 => return Some(at),
            _ => {}
        }
        at += 1;
    }
    match line {
        // The bracket is not closed, so that each word is a piece.
        Some(end) if brackets > 0 => Some(text[..end].find([' ', '\t']).unwrap_or(end)),
        Some(end) => Some(end),
        None if ended => Some(text.len()),
        None => None,
    }
}

/// Returns the end of the code span that opens at `at`, if it closes on this line.
fn closing(text: &str, at: usize, run: usize, line: Option<usize>) -> Option<usize> {
    let bytes = &text.as_bytes()[..line.unwrap_or(text.len())];
    let mut position = at + run;
    while position < bytes.len() {
        if bytes[position] != b'`' {
            position += 1;
            continue;
        }
        let found = bytes[position..].iter().take_while(|&&b| b == b'`').count();
        position += found;
        // At the end of the text so far, the run of backticks may still grow.
        let settled = position < bytes.len() || line.is_some();
        if found == run && (settled || run == 1) {
            return Some(position);
        }
    }
    None
}
