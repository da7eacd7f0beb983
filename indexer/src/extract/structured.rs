//! Headings of reStructuredText, of AsciiDoc, and of plain text with underlined headings.

use crate::facts::{Extraction, Span};

use super::plain::{self, lines_with_offsets};
use super::sections::{self, Heading};

/// Extracts a reStructuredText or AsciiDoc document.
pub(super) fn extract(path: &str, text: &str) -> Extraction {
    let lower = path.to_ascii_lowercase();
    let ascii_doc = [".adoc", ".asciidoc", ".asc"]
        .iter()
        .any(|extension| lower.ends_with(extension));
    let headings = if ascii_doc {
        marked_headings(text)
    } else {
        underlined_headings(text)
    };
    sections::extract(text, &headings)
}

/// Extracts plain text. It is treated as a document if it has at least two underlined headings.
pub(super) fn extract_plain(text: &str) -> Extraction {
    let headings = underlined_headings(text);
    if headings.len() > 1 {
        sections::extract(text, &headings)
    } else {
        plain::extract(text)
    }
}

/// Returns AsciiDoc headings (`== Title`) outside of delimited blocks.
fn marked_headings(text: &str) -> Vec<Heading> {
    let mut headings = Vec::new();
    let mut block: Option<&str> = None;
    for (number, (start, line)) in (0..).zip(lines_with_offsets(text)) {
        let content = line.trim_end();
        let delimiter = content.len() >= 4
            && ["----", "....", "====", "////", "****", "++++"]
                .iter()
                .any(|mark| {
                    content.starts_with(mark) && content.chars().all(|c| mark.starts_with(c))
                });
        if delimiter {
            block = match block {
                Some(open) if open == content => None,
                Some(open) => Some(open),
                None => Some(content),
            };
            continue;
        }
        let level = content.len() - content.trim_start_matches('=').len();
        let title = content[level..].trim();
        if block.is_none()
            && (1..=6).contains(&level)
            && content[level..].starts_with(' ')
            && !title.is_empty()
        {
            let from = start + (content.len() - title.len()) as u32;
            headings.push(Heading {
                level,
                title: Span {
                    start: from,
                    end: from + title.len() as u32,
                },
                whole: Span {
                    start,
                    end: start + line.len() as u32,
                },
                line: number,
            });
        }
    }
    headings
}

/// Returns underlined headings: a line of text above a line that repeats one character and is at least as long, optionally with an equal
/// line above. The level of each character is determined by the order in which they first occur.
fn underlined_headings(text: &str) -> Vec<Heading> {
    let mut headings = Vec::new();
    let mut styles: Vec<(u8, bool)> = Vec::new();
    let lines: Vec<(u32, &str)> = lines_with_offsets(text).collect();
    for (index, pair) in lines.windows(2).enumerate() {
        let (title_at, title_line) = pair[0];
        let (_, under_line) = pair[1];
        let (title, under) = (title_line.trim(), under_line.trim_end());
        let Some(mark) =
            ruler(under).filter(|_| under.chars().count() >= title.chars().count().min(60))
        else {
            continue;
        };
        if title.is_empty() || ruler(title).is_some() {
            continue;
        }
        let over = index
            .checked_sub(1)
            .map(|above| lines[above])
            .filter(|(_, line)| ruler(line.trim_end()) == Some(mark));
        // A heading without an overline is not indented and follows a blank line. Otherwise it is part of a table or paragraph.
        let alone = index == 0 || lines[index - 1].1.trim().is_empty();
        if over.is_none() && (!alone || title_line.starts_with([' ', '\t'])) {
            continue;
        }
        let style = (mark, over.is_some());
        let level = styles
            .iter()
            .position(|known| *known == style)
            .unwrap_or_else(|| {
                styles.push(style);
                styles.len() - 1
            });
        let from = title_at + (title_line.len() - title_line.trim_start().len()) as u32;
        let start = over.map_or(title_at, |(at, _)| at);
        let end = pair[1].0 + under_line.len() as u32;
        let title = Span {
            start: from,
            end: from + title.len() as u32,
        };
        headings.push(Heading {
            level: level + 1,
            title,
            whole: Span { start, end },
            line: index as u32,
        });
    }
    headings
}

/// Returns the punctuation character of a line that repeats it at least three times and contains nothing else.
fn ruler(line: &str) -> Option<u8> {
    let mark = *line.as_bytes().first()?;
    (line.len() >= 3 && mark.is_ascii_punctuation() && line.bytes().all(|byte| byte == mark))
        .then_some(mark)
}
