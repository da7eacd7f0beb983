//! Removes code from a text: code blocks, inline code, and unmarked lines and words that look like code. Prose and citations stay.

mod lines;

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

use lines::{code_lines, is_item};

/// Replaces removed code.
pub(crate) const PLACEHOLDER: &str = "[code]";

/// Replacing code can change how the surrounding Markdown is parsed, so removal is repeated until nothing changes.
const MAX_PASSES: usize = 4;

pub(crate) fn remove(text: &mut String) {
    for _ in 0..MAX_PASSES {
        let prose = prose_of(text);
        if prose == *text {
            break;
        }
        *text = prose;
    }
}

fn prose_of(text: &str) -> String {
    let marked = without(text, marked_code(text));
    let lines: Vec<&str> = marked.split('\n').collect();
    let code = code_lines(&lines);
    let mut out = String::with_capacity(marked.len());
    for (at, line) in lines.into_iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        if code[at] {
            out.push_str(PLACEHOLDER);
        } else {
            push_prose(&mut out, line);
        }
    }
    out
}

/// Returns the ranges that Markdown marks as code, sorted by start.
fn marked_code(text: &str) -> Vec<Range<usize>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_MATH;
    let mut spans: Vec<Range<usize>> = Vec::new();
    let mut html_code: Option<usize> = None;
    for (event, span) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            // Markdown parses an indented list as code, although it is meant as a list.
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented))
                if text[span.clone()].lines().all(is_item) => {}
            Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_) => spans.push(span),
            Event::InlineHtml(tag) if tag.starts_with("</code") || tag.starts_with("</pre") => {
                spans.push(html_code.take().unwrap_or(span.start)..span.end);
            }
            Event::InlineHtml(tag) if tag.starts_with("<code") || tag.starts_with("<pre") => {
                html_code.get_or_insert(span.start);
            }
            _ => {}
        }
    }
    if let Some(start) = html_code {
        spans.push(start..text.len());
    }
    spans.sort_by_key(|span| span.start);
    spans
}

fn without(text: &str, spans: Vec<Range<usize>>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for span in spans {
        if span.end <= done {
            continue;
        }
        out.push_str(text.get(done..span.start).unwrap_or_default());
        out.push_str(PLACEHOLDER);
        if text[..span.end].ends_with('\n') {
            out.push('\n');
        }
        done = span.end;
    }
    out.push_str(&text[done..]);
    out
}

/// Appends a line of prose, with calls and qualified names replaced.
fn push_prose(out: &mut String, line: &str) {
    for piece in line.split_inclusive(' ') {
        let word = piece.trim_end_matches([' ', '\r', ',', '.', '?', '!', ':']);
        let call = word.find('(').is_some_and(|at| {
            at > 0
                && !word.contains("](")
                && word[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
        });
        if !word.is_empty()
            && (call || word.contains("::") || word.contains("->") || word.contains("=>"))
        {
            out.push_str(PLACEHOLDER);
            out.push_str(&piece[word.len()..]);
        } else {
            out.push_str(piece);
        }
    }
}
