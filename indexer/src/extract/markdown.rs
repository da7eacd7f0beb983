//! Markdown headings. Code blocks and front matter contain no headings.

use crate::facts::{Extraction, Span};

use super::plain::lines_with_offsets;
use super::sections::{self, Heading};

pub(super) fn extract(text: &str) -> Extraction {
    sections::extract(text, &headings(text))
}

pub(super) fn headings(text: &str) -> Vec<Heading> {
    let mut headings = Vec::new();
    let mut fence: Option<&str> = None;
    let mut front_matter =
        text.trim_start_matches('\u{feff}').starts_with("---\n") || text.starts_with("---\r\n");
    // The previous line if it may be the title of an underlined heading.
    let mut above: Option<(u32, &str)> = None;
    for (number, (start, line)) in (0..).zip(lines_with_offsets(text)) {
        let content = line.trim_end();
        let bare = content.trim_start();
        let indent = content.len() - bare.len();
        if front_matter {
            front_matter = number == 0 || bare != "---" && bare != "...";
            continue;
        }
        if let Some(mark) = fence {
            if bare.starts_with(mark) && bare.trim_start_matches(['`', '~']).is_empty() {
                fence = None;
            }
            continue;
        }
        if indent < 4 && (bare.starts_with("```") || bare.starts_with("~~~")) {
            let marks = bare.len() - bare.trim_start_matches(&bare[..1]).len();
            fence = Some(&bare[..marks]);
            above = None;
            continue;
        }
        let whole = |from: u32| Span {
            start: from,
            end: start + line.len() as u32,
        };
        if let Some(level) = atx_level(bare).filter(|_| indent < 4) {
            let title = trimmed_title(start + indent as u32 + level as u32, &bare[level..]);
            if !title.is_empty() {
                headings.push(Heading {
                    level,
                    title,
                    whole: whole(start),
                    line: number,
                });
            }
            above = None;
            continue;
        }
        if let (Some(level), Some((from, title))) = (underline_level(bare), above) {
            let lead = title.len() - title.trim_start().len();
            let title = trimmed_title(from + lead as u32, title.trim_start());
            headings.push(Heading {
                level,
                title,
                whole: whole(from),
                line: number - 1,
            });
            above = None;
            continue;
        }
        let may_be_title = indent < 4
            && !bare.is_empty()
            && !bare.starts_with(['>', '|', '-', '*', '+', '<', '=', ':']);
        above = may_be_title.then_some((start, content));
    }
    headings
}

fn atx_level(line: &str) -> Option<usize> {
    let level = line.len() - line.trim_start_matches('#').len();
    ((1..=6).contains(&level) && line[level..].starts_with([' ', '\t'])).then_some(level)
}

fn underline_level(line: &str) -> Option<usize> {
    let all = |mark: char| line.len() >= 2 && line.chars().all(|c| c == mark);
    if all('=') {
        Some(1)
    } else if all('-') && line.len() >= 3 {
        Some(2)
    } else {
        None
    }
}

/// Returns the span of a title without closing `#`, anchor (`{#id}`) and whitespace.
fn trimmed_title(start: u32, rest: &str) -> Span {
    let lead = rest.len() - rest.trim_start().len();
    let mut title = rest.trim();
    if title.ends_with('}')
        && let Some(at) = title.rfind("{#")
    {
        title = title[..at].trim_end();
    }
    let closed = title.trim_end_matches('#');
    if closed.ends_with([' ', '\t']) {
        title = closed.trim_end();
    }
    Span::new(start as usize + lead, start as usize + lead + title.len())
}
