//! Comments and attributes that may belong to the following definition.
//!
//! The walk stores them here until the following node is known.

use tree_sitter::Node;

use crate::facts::Span;

use super::definition::is_doc_comment;

#[derive(Clone, Copy)]
pub(super) struct Comment {
    pub span: Span,
    first_line: u32,
    last_line: u32,
    /// Whether only whitespace precedes it on its line. A comment after code describes that code.
    own_line: bool,
}

impl Comment {
    pub fn new(node: Node, text: &str) -> Comment {
        let (start, mut end) = (node.start_byte(), node.end_byte());
        // Some grammars include the line break in the comment.
        let trimmed = text
            .get(start..end)
            .unwrap_or_default()
            .trim_end_matches(['\r', '\n']);
        end = start + trimmed.len();
        let first_line = node.start_position().row as u32;
        let last_line = first_line + memchr::memchr_iter(b'\n', trimmed.as_bytes()).count() as u32;
        let before = text.as_bytes()[..start]
            .iter()
            .rfind(|byte| !matches!(byte, b' ' | b'\t'));
        let own_line = matches!(before, None | Some(b'\n' | b'\r' | 0xbf));
        Comment {
            span: Span::new(start, end),
            first_line,
            last_line,
            own_line,
        }
    }

    fn is_shebang(&self, text: &str) -> bool {
        self.first_line == 0
            && self
                .span
                .of(text)
                .is_some_and(|text| text.starts_with("#!"))
    }
}

/// Comments and attributes that are held back.
#[derive(Default)]
pub(super) struct LeadingTrivia<'t> {
    pub comments: Vec<Comment>,
    pub attributes: Vec<Node<'t>>,
}

/// The leading trivia that belongs to a definition.
pub(super) struct AttachedTrivia {
    /// Index of the first comment that belongs to it.
    pub first: usize,
    /// Start offset of the definition including its attributes.
    pub start: u32,
    pub line: u32,
    pub doc: Option<Span>,
    pub doc_line: Option<u32>,
}

impl<'t> LeadingTrivia<'t> {
    pub fn is_empty(&self) -> bool {
        self.comments.is_empty() && self.attributes.is_empty()
    }

    pub fn comment(&mut self, comment: Comment) {
        self.comments.push(comment);
    }

    pub fn attribute(&mut self, node: Node<'t>) {
        self.attributes.push(node);
    }

    /// Clears the lists and keeps their memory.
    pub fn cleared(mut self) -> Self {
        self.comments.clear();
        self.attributes.clear();
        self
    }

    /// Returns what belongs to a definition that begins at `node`.
    pub fn claim(&self, node: Node, text: &str, marks: &[&str]) -> AttachedTrivia {
        let (mut start, mut line) = (node.start_byte() as u32, node.start_position().row as u32);
        if let Some(attribute) = self.attributes.first()
            && (attribute.start_byte() as u32) < start
        {
            start = attribute.start_byte() as u32;
            line = attribute.start_position().row as u32;
        }
        let is_doc = |comment: &Comment| {
            comment.own_line && is_doc_comment(marks, comment.span.of(text).unwrap_or_default())
        };
        // A documentation comment may be separated by a blank line; other comments have to be on the previous line.
        let marked = !marks.contains(&"");
        let mut first = self.comments.len();
        let mut below = line;
        while let Some(comment) = first.checked_sub(1).map(|index| &self.comments[index]) {
            // Comments between the attributes and the definition belong to it.
            let close = comment.last_line + 1 >= below || comment.span.start > start;
            if !(comment.own_line && (close || marked && is_doc(comment))) {
                break;
            }
            below = comment.first_line.min(below);
            first -= 1;
        }
        let own = &self.comments[first..];
        let docs = own.iter().position(is_doc).map(|from| {
            let run = own[from..]
                .windows(2)
                .take_while(|pair| is_doc(&pair[1]) && are_adjacent(&pair[0], &pair[1], text))
                .count();
            &own[from..=from + run]
        });
        let doc = docs.and_then(|run| {
            Some(Span {
                start: run.first()?.span.start,
                end: run.last()?.span.end,
            })
        });
        let doc_line = docs.and_then(|run| Some(run.first()?.first_line));
        AttachedTrivia {
            first,
            start,
            line,
            doc,
            doc_line,
        }
    }
}

/// Whether only whitespace is between two comments.
fn are_adjacent(above: &Comment, below: &Comment, text: &str) -> bool {
    let between = text.get(above.span.end as usize..below.span.start as usize);
    between.is_some_and(|between| between.trim().is_empty())
}

/// Returns the group of comments at the start of a file that documents the file.
pub(super) fn file_doc(comments: &[Comment], text: &str) -> Option<Span> {
    let runs = comments.chunk_by(|above, below| {
        above.last_line + 1 >= below.first_line && !above.is_shebang(text)
    });
    let mut spans = runs
        .filter(|run| run[0].own_line && !run[0].is_shebang(text))
        .map(|run| Span {
            start: run[0].span.start,
            end: run[run.len() - 1].span.end,
        });
    spans.find(|span| !is_boilerplate(span.of(text).unwrap_or_default()))
}

/// Whether a comment is a licence or a directive for a tool.
fn is_boilerplate(comment: &str) -> bool {
    const MARKS: &[&str] = &[
        "copyright",
        "licence",
        "license",
        "spdx-",
        "-*-",
        "vim:",
        "eslint",
        "tslint",
        "prettier",
        "@ts-",
        "go:build",
        "+build",
        "<reference",
        "istanbul",
        "shellcheck",
        "rubocop",
        "frozen_string_literal",
        "@generated",
        "do not edit",
        "jshint",
        "@flow",
        "clang-format",
        "nolint",
        "phpcs:",
    ];
    let lower = comment.to_lowercase();
    comment.starts_with("#!") && !comment.contains('\n')
        || MARKS.iter().any(|mark| lower.contains(mark))
}
