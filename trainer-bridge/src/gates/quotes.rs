//! Code that an answer shows has to be in the lines that it cites.

use std::collections::HashSet;

use grounding::View;

use super::Cited;

/// Returns the text of the cited lines.
pub(super) fn cited_text(views: &[View], cited: &Cited) -> String {
    let mut out = String::new();
    let mut seen = HashSet::new();
    for (path, lines) in &cited.places {
        if !seen.insert((path.clone(), *lines)) {
            continue;
        }
        let Some(text) = views.iter().find_map(|view| view.snapshot.text(path)) else {
            continue;
        };
        let count = (lines.last - lines.first + 1) as usize;
        for line in text.lines().skip(lines.first as usize).take(count) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// Whether each line of each code block is in the cited text, whatever its indentation. A block of shell commands is an instruction and
/// not a quote. Without a citation nothing is claimed to be a quote.
pub(super) fn are_quoted(answer: &str, cited: &str) -> bool {
    if cited.is_empty() {
        return true;
    }
    let mut lines: Option<HashSet<&str>> = None;
    blocks(answer).all(|(language, code)| {
        if matches!(language, "sh" | "shell" | "bash" | "console" | "text") {
            return true;
        }
        let known = lines.get_or_insert_with(|| cited.lines().map(str::trim).collect());
        code.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .all(|line| {
                // The last line of a shown part may end within the source's line.
                known.contains(line) || cited.contains(line)
            })
    })
}

/// Returns the language and text of each fenced block.
pub(super) fn blocks(answer: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = answer;
    std::iter::from_fn(move || {
        let start = rest.find("```")?;
        let ticks = rest[start..]
            .bytes()
            .take_while(|byte| *byte == b'`')
            .count();
        let fence = &rest[start..start + ticks];
        let after = &rest[start + ticks..];
        let (language, body) = after.split_once('\n')?;
        let end = body.find(fence)?;
        rest = body[end..].trim_start_matches('`');
        Some((language.trim(), &body[..end]))
    })
}
