//! Checks a model's answer while it streams: every cited place and every code name is looked up.
//!
//! Text goes in as the model writes it and comes out as Markdown that is safe to show: existing places become links, unresolved ones
//! are marked, and the model's own links, images and HTML are made inert. Output that was returned never changes afterwards, so the
//! pieces add up to the whole answer. This module does not know where the text comes from.

mod claims;
mod code;
mod scan;

use std::collections::HashSet;

use crate::{Citation, Links, View};

use claims::ClaimChecker;
pub use claims::Claims;
use scan::{Piece, Scanner};

/// Follows each claim that was not found.
const MARK: &str = " ⚠";

pub struct Checker<'a> {
    links: &'a (dyn Links + Sync),
    claims: ClaimChecker<'a>,
    scanner: Scanner,
    /// The unchanged text of the model, with which a conversation continues.
    model_text: String,
    markdown: String,
    model_len: usize,
}

/// A checked answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    pub markdown: String,
    /// The length in bytes of the model's part of `markdown`; the list of unverified claims follows it.
    pub model_len: usize,
    /// The unchanged text of the model.
    pub model_text: String,
    pub claims: Claims,
}

impl<'a> Checker<'a> {
    /// `given` is the text of the prompt's sources: names in it count as known.
    pub fn new(views: &'a [View], links: &'a (dyn Links + Sync), sources: &str) -> Self {
        Checker {
            links,
            claims: ClaimChecker::new(views, sources),
            scanner: Scanner::default(),
            model_text: String::new(),
            markdown: String::new(),
            model_len: 0,
        }
    }

    /// Takes the next text of the model. Returns what can be shown of it so far, and the places that it cites for the first time.
    pub fn push(&mut self, text: &str) -> (String, Vec<Citation>) {
        self.model_text.push_str(text);
        // Control characters other than line ends and tabs could control a terminal.
        let laid_out = |c: &char| matches!(c, '\n' | '\t') || !(c.is_control() || is_invisible(*c));
        let shown: String = text.chars().filter(laid_out).collect();
        let pieces = self.scanner.push(&shown);
        self.show(pieces)
    }

    /// The model's text so far.
    pub fn model_text(&self) -> &str {
        &self.model_text
    }

    /// Returns the rest of the answer once the model has ended, with the list of unverified claims.
    pub fn finish(&mut self) -> (String, Vec<Citation>) {
        let pieces = self.scanner.finish();
        let (mut rest, citations) = self.show(pieces);
        self.model_len = self.markdown.len();
        let tail = self.claims.tail();
        self.markdown.push_str(&tail);
        rest.push_str(&tail);
        (rest, citations)
    }

    /// Returns the answer checked so far.
    pub fn checked(self) -> Checked {
        Checked {
            markdown: self.markdown,
            model_len: self.model_len,
            model_text: self.model_text,
            claims: self.claims.claims(),
        }
    }

    fn show(&mut self, pieces: Vec<Piece>) -> (String, Vec<Citation>) {
        let known = self.claims.citations();
        let mut out = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.claims.prose(&text, self.links, &mut out),
                Piece::Verbatim(text) => out.push_str(&text),
                Piece::Block(code) => self.claims.block(&code),
            }
        }
        self.markdown.push_str(&out);
        (out, self.claims.citations_from(known))
    }
}

/// Invisible characters, among them those that change the reading direction of text.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Returns the words of a text that may be names.
fn words(text: &str) -> HashSet<&str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
