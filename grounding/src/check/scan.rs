//! Cuts a stream of text into pieces that can be judged on their own, holding back no more than it must.
//!
//! A word is judged when it has ended; a code span, a link or the line that may open a block when it has closed, or the line has ended.

/// Something that has come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words of one line, with whole code spans and whole links; or the white space between them.
    Text(String),
    /// To be shown as it is: a fence, or a line of code inside one.
    Verbatim(String),
    /// All the code of a block that has just ended. It has been shown already.
    Block(String),
}

/// More than this without an end is judged as it stands, so that nothing is held back for ever.
///
/// In bytes. How much has come must not decide, so no decision looks further than this. Tests come to it sooner.
const LONGEST: usize = if cfg!(test) { 40 } else { 2000 };

/// As much of a text as is looked at, and whether there is more.
fn window(text: &str) -> (&str, bool) {
    let end = text.floor_char_boundary(LONGEST);
    (&text[..end], end < text.len())
}

#[derive(Debug, Default)]
pub struct Scanner {
    /// What has not been given out yet.
    held: String,
    /// What of its line came before `held`.
    line: Line,
    fence: Option<Fence>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Line {
    /// White space at most.
    #[default]
    Margin,
    /// Marks of a list, behind which a block may open as well.
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
    /// What comes next goes on with a line, the beginning of which was too long to wait for its end.
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

    /// The next piece or two; none if more has to come first.
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

    /// Whether the line opens a block. `None`: it does not; `Some(None)`: too early to tell.
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
            // Two backticks may become three.
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
        // Written at the margin and with our own marks, so that nobody can disagree about where the block ends.
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
        // A run of backticks would end the block that we wrote.
        let inert = begins && trimmed.starts_with("```");
        Some(vec![Piece::Verbatim(if inert {
            line.replace("```", "ˋˋˋ")
        } else {
            line
        })])
    }
}

/// How much of the beginning of `text` can be judged: white space, or a word with the spans and links it holds.
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
                    // A span that never closes on its line is no span.
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
        // The bracket stays open: the words are judged one by one after all.
        Some(end) if brackets > 0 => Some(text[..end].find([' ', '\t']).unwrap_or(end)),
        Some(end) => Some(end),
        None if ended => Some(text.len()),
        None => None,
    }
}

/// Where the code span that opens at `at` ends, if it does on this line.
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
        // At the very end of what has come, the run may still grow.
        let settled = position < bytes.len() || line.is_some();
        if found == run && (settled || run == 1) {
            return Some(position);
        }
    }
    None
}
