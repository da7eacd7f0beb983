//! Makes documentation comments safe to show as Markdown.

use super::code;

/// Returns documentation with its links, images and HTML made inert.
pub fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut open: Option<(char, usize)> = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        match open {
            Some(fence) if closes(trimmed, fence) => {
                open = None;
                out.push_str("```\n");
            }
            // Three backticks inside a tilde fence would close the rewritten fence.
            Some(_) if trimmed.starts_with("```") => {}
            Some(_) => {
                out.push_str(line);
                out.push('\n');
            }
            None => match opens(trimmed) {
                // Fences are moved to the margin: inside a list item the next unindented line would close the block.
                Some((fence, info)) => {
                    open = Some(fence);
                    out.push_str("```");
                    out.push_str(&info);
                    out.push('\n');
                }
                None => {
                    prose_line(trimmed, &mut out);
                    out.push('\n');
                }
            },
        }
    }
    if open.is_some() {
        out.push_str("```\n");
    }
    out.truncate(out.trim_end().len());
    out
}

fn opens(line: &str) -> Option<((char, usize), String)> {
    let c = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.chars().take_while(|&x| x == c).count();
    let info = &line[length..];
    if length < 3 || (c == '`' && info.contains('`')) {
        return None;
    }
    let is_word = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-' | '#');
    Some((
        (c, length),
        info.trim().chars().take_while(is_word).collect(),
    ))
}

fn closes(line: &str, (c, length): (char, usize)) -> bool {
    let run = line.chars().take_while(|&x| x == c).count();
    run >= length && line[run..].trim().is_empty()
}

fn prose_line(line: &str, out: &mut String) {
    // Headings and table rules would make a comment more prominent than the facts around it.
    // (A leading `|` is escaped below in any case.)
    let rule = line.starts_with(['-', '=', ':'])
        && line
            .chars()
            .all(|c| matches!(c, '-' | '=' | '|' | ':' | ' '));
    if line.starts_with('#') || rule {
        out.push('\\');
    }
    // A table in a comment would be more prominent than the facts around it.
    inline_onto(line, false, out);
}

/// Returns a piece of one line with its links, images and HTML made inert.
pub fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    inline_onto(text, true, &mut out);
    out
}

fn inline_onto(text: &str, tables: bool, out: &mut String) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '\\' => escaped(rest, out),
            '`' => code_span(rest, out),
            '!' if rest[1..].starts_with('[') => 1,
            '[' => bracketed(rest, tables, out),
            '|' if tables => {
                out.push(c);
                1
            }
            ']' | '<' | '|' => {
                out.push('\\');
                out.push(c);
                1
            }
            _ => match bare_link(rest, out) {
                Some(length) => {
                    out.push_str(&code(&rest[..length]));
                    length
                }
                None => {
                    out.push(c);
                    c.len_utf8()
                }
            },
        };
        rest = &rest[taken..];
    }
}

fn escaped(rest: &str, out: &mut String) -> usize {
    let length = 1 + rest[1..]
        .chars()
        .next()
        .filter(char::is_ascii_punctuation)
        .map_or(0, char::len_utf8);
    out.push_str(if length == 1 { "\\\\" } else { &rest[..length] });
    length
}

/// Recognizes a code span only if it closes on its line: renderers disagree about spans across lines.
fn code_span(rest: &str, out: &mut String) -> usize {
    let ticks = rest.chars().take_while(|&c| c == '`').count();
    match span_length(rest, ticks) {
        Some(length) => {
            out.push_str(&rest[..length]);
            length
        }
        None => {
            out.push_str(&"\\`".repeat(ticks));
            ticks
        }
    }
}

fn span_length(rest: &str, ticks: usize) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = ticks;
    while at < bytes.len() {
        if bytes[at] != b'`' {
            at += 1;
            continue;
        }
        let run = bytes[at..].iter().take_while(|&&b| b == b'`').count();
        at += run;
        if run == ticks {
            return Some(at);
        }
    }
    None
}

/// Reduces `[text](target)`, `[text][reference]` and `[text]` to the text.
fn bracketed(rest: &str, tables: bool, out: &mut String) -> usize {
    let Some(end) = matching(rest, b'[', b']') else {
        out.push_str("\\[");
        return 1;
    };
    let (inner, after) = (&rest[1..end], &rest[end + 1..]);
    let target = match after.as_bytes().first() {
        Some(b'(') => matching(after, b'(', b')'),
        Some(b'[') => matching(after, b'[', b']'),
        _ => None,
    };
    // Rustdoc's [`Name`] has no target and reads better without brackets.
    let name =
        inner.len() > 2 && inner.starts_with('`') && span_length(inner, 1) == Some(inner.len());
    if target.is_some() || name {
        inline_onto(inner, tables, out);
    } else {
        out.push_str("\\[");
        inline_onto(inner, tables, out);
        out.push_str("\\]");
    }
    end + 1 + target.map_or(0, |t| t + 1)
}

fn matching(text: &str, open: u8, close: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0usize, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'`' => {
                let ticks = bytes[at..].iter().take_while(|&&b| b == b'`').count();
                at += span_length(&text[at..], ticks).unwrap_or(ticks) - 1;
            }
            b if b == open => depth += 1,
            b if b == close => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Many renderers turn a bare URL into a link; as code it stays readable and inert.
fn bare_link(rest: &str, out: &str) -> Option<usize> {
    if out.chars().next_back().is_some_and(char::is_alphanumeric) {
        return None;
    }
    let word = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let scheme = word > 0 && rest[word..].starts_with("://");
    let start = scheme
        || ["www.", "mailto:", "command:", "javascript:"]
            .iter()
            .any(|s| rest.starts_with(s));
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '`' | '"' | '|'))
        .unwrap_or(rest.len());
    let length = rest[..end]
        .trim_end_matches(['.', ',', ')', ']', ';', ':', '\''])
        .len();
    (start && length > 0).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(doc: &str, shown: &str) {
        assert_eq!(prose(doc), shown);
    }

    #[test]
    fn code_formatting_survives() {
        check("Calls `a[0]` and ``b`c``.", "Calls `a[0]` and ``b`c``.");
        check(
            "```rust,ignore\nlet a = vec![<b>];\n```",
            "```rust\nlet a = vec![<b>];\n```",
        );
    }

    #[test]
    fn links_images_and_html_do_not() {
        check("[click](command:x?%22y%22) me", "click me");
        check("![logo](http://x/y.png)", "logo");
        check("see [`Vec`] and [the guide][g]", "see `Vec` and the guide");
        check("<img src=x onerror=y>", "\\<img src=x onerror=y>");
        check(
            "at https://example.com/a_b.",
            "at `https://example.com/a_b`.",
        );
        check("<https://example.com>", "\\<`https://example.com`>");
        check("[a]: https://example.com", "\\[a\\]: `https://example.com`");
        check("\\\\[x](y)", "\\\\x");
    }

    #[test]
    fn unclosed_markup_cannot_hide_what_follows() {
        check("a ` b\n<img> ` c", "a \\` b\n\\<img> \\` c");
        check("- ```\n<img>", "- \\`\\`\\`\n\\<img>");
        check("~~~\n```\n<i>", "```\n<i>\n```");
        check("|a|\n|-|\n|`|<i>`|", "\\|a\\|\n\\|-\\|\n\\|`|<i>`\\|");
    }
}
