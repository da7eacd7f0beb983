//! A model's answer, checked while it is being made: every place it cites and every name it uses is looked up.
//!
//! Text goes in as the model makes it and comes out as Markdown that is safe to show: places that exist have become links, what does
//! not resolve is marked, and links, images and HTML of the model's own are inert. What has come out never changes afterwards, so the
//! pieces add up to the whole. Nothing here knows where the text comes from, or LSP.

mod claims;
mod code;
mod scan;

use std::collections::HashSet;

use crate::{Citation, Links, View};

pub use claims::Claims;
use claims::Ledger;
use scan::{Piece, Scanner};

/// Put after what could not be found.
const MARK: &str = " ⚠";

pub struct Checker<'a> {
    links: &'a (dyn Links + Sync),
    ledger: Ledger<'a>,
    scanner: Scanner,
    /// What the model said, unchanged: what a conversation goes on with.
    said: String,
    markdown: String,
    own: usize,
}

/// What came of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    pub markdown: String,
    /// How much of it is the model's own text: what could not be verified is listed behind that.
    pub own: usize,
    /// As the model said it.
    pub said: String,
    pub claims: Claims,
}

impl<'a> Checker<'a> {
    /// `given` is what the model was shown: names in it need not be known to the index.
    pub fn new(views: &'a [View], links: &'a (dyn Links + Sync), given: &str) -> Self {
        Checker {
            links,
            ledger: Ledger::new(views, given),
            scanner: Scanner::default(),
            said: String::new(),
            markdown: String::new(),
            own: 0,
        }
    }

    /// Takes what the model said next; gives what may be shown of it by now, and the places that names for the first time.
    pub fn push(&mut self, text: &str) -> (String, Vec<Citation>) {
        self.said.push_str(text);
        // Of control characters only those that lay text out: others would be orders to a terminal.
        let laid_out = |c: &char| matches!(c, '\n' | '\t') || !(c.is_control() || is_invisible(*c));
        let shown: String = text.chars().filter(laid_out).collect();
        let pieces = self.scanner.push(&shown);
        self.show(pieces)
    }

    /// What the model has said so far.
    pub fn said(&self) -> &str {
        &self.said
    }

    /// The rest, once the model has ended: with what could not be verified.
    pub fn finish(&mut self) -> (String, Vec<Citation>) {
        let pieces = self.scanner.finish();
        let (mut rest, citations) = self.show(pieces);
        self.own = self.markdown.len();
        let tail = self.ledger.tail();
        self.markdown.push_str(&tail);
        rest.push_str(&tail);
        (rest, citations)
    }

    /// What was said and found, up to here.
    pub fn checked(self) -> Checked {
        Checked {
            markdown: self.markdown,
            own: self.own,
            said: self.said,
            claims: self.ledger.claims(),
        }
    }

    fn show(&mut self, pieces: Vec<Piece>) -> (String, Vec<Citation>) {
        let known = self.ledger.citations();
        let mut out = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.ledger.prose(&text, self.links, &mut out),
                Piece::Verbatim(text) => out.push_str(&text),
                Piece::Block(code) => self.ledger.block(&code),
            }
        }
        self.markdown.push_str(&out);
        (out, self.ledger.citations_from(known))
    }
}

/// Marks that are not seen, and may have a text read in another order than it is written in.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The words of a text that may be names.
fn words(text: &str) -> HashSet<&str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
