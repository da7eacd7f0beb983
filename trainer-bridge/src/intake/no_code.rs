//! Takes code out of a text: blocks, inline code, and what reads as code without being marked as such. Prose and citations stay.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

/// Stands where code stood.
pub(crate) const PLACEHOLDER: &str = "[code]";

pub(crate) fn remove(text: &mut String) {
    let marked = without(text, marked_code(text));
    let mut out = String::with_capacity(marked.len());
    for (at, line) in marked.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        if is_code(line) {
            out.push_str(PLACEHOLDER);
        } else {
            push_prose(&mut out, line);
        }
    }
    *text = out;
}

/// Where Markdown says that code is.
fn marked_code(text: &str) -> Vec<Range<usize>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_MATH;
    let mut spans: Vec<Range<usize>> = Vec::new();
    let mut html_code: Option<usize> = None;
    for (event, span) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
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

/// Whether a line that is not marked as code reads as such.
fn is_code(line: &str) -> bool {
    let trimmed = line.trim();
    let starts = [
        "fn ", "pub ", "def ", "class ", "import ", "from ", "#include", "let ", "const ", "var ",
        "func ", "package ", "use ", "impl ", "struct ", "enum ", "return ", "@", "//", "/*",
        "* @", "#[", "<?", "</", "SELECT ", "INSERT ", "UPDATE ",
    ];
    let marks = [
        "::", "->", "=>", "==", "!=", "&&", "||", "+=", "()", "</", "/>", ":=", "();", " = ",
    ];
    let ends =
        trimmed.ends_with([';', '{', '}']) || trimmed.ends_with("):") || trimmed.ends_with(") {");
    let marks = marks.iter().filter(|mark| trimmed.contains(**mark)).count();
    let begins = starts.iter().any(|start| trimmed.starts_with(start));
    let deep = line.starts_with("    ") || line.starts_with('\t');
    ends || marks > 1
        || (begins && (marks > 0 || trimmed.contains(['(', ';', '{', '"', '<'])))
        || (deep && marks > 0)
}

/// A line of prose, without the words of it that are code: calls and paths of names.
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
