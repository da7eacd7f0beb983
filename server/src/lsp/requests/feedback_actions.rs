//! The feedback actions on an answer that is open as a document: right, wrong, or corrected.

use tower_lsp::ls_types::{CodeAction, CodeActionKind, Command, Uri};

use crate::lsp::commands::{self, FEEDBACK, FEEDBACK_KIND};
use crate::lsp::ext::{FeedbackParams, Verdict};
use crate::lsp::snapshot::SessionSnapshot;
use crate::lsp::uri::to_path;
use assistant::recording::MARK;

/// Returns the feedback actions for a document, or `None` if it is not the document of a recorded answer.
pub fn actions(
    session: &SessionSnapshot,
    uri: &Uri,
    only: Option<&[CodeActionKind]>,
) -> Option<Vec<CodeAction>> {
    let directory = &session.settings.as_ref()?.answers_directory;
    if to_path(uri)?.parent()? != directory {
        return None;
    }
    let document = session.documents.get(&crate::lsp::document::key(uri))?;
    let (answer, rest) = document.text().rsplit_once(MARK)?;
    let interaction_id = rest.split_once(" -->")?.0.to_owned();
    if interaction_id.len() != 32 || !interaction_id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    if !commands::wanted(only, FEEDBACK_KIND) {
        return Some(Vec::new());
    }
    let verdict = |verdict| FeedbackParams {
        interaction_id: interaction_id.clone(),
        verdict: Some(verdict),
        ..FeedbackParams::default()
    };
    let correction = FeedbackParams {
        interaction_id: interaction_id.clone(),
        correction: Some(plain(answer)),
        ..FeedbackParams::default()
    };
    let choices = [
        ("This answer is right", verdict(Verdict::Good)),
        ("This answer is wrong", verdict(Verdict::Bad)),
        (
            "This text, as I have edited it, is the right answer",
            correction,
        ),
    ];
    Some(
        choices
            .into_iter()
            .map(|(title, params)| action(title, &params))
            .collect(),
    )
}

/// Removes what was added to an answer for display: the line about its origin, links to sources, warning marks and escapes. Code blocks
/// and spans are left unchanged.
fn plain(shown: &str) -> String {
    let shown = shown.trim();
    let shown = match shown.split_once('\n') {
        Some((first, rest)) if first.starts_with("*from the index (") => rest.trim(),
        _ => shown,
    };
    let mut text = String::with_capacity(shown.len());
    let mut block: Option<&str> = None;
    for line in shown.split_inclusive('\n') {
        let mark = line.trim();
        let ticks = &mark[..mark.len() - mark.trim_start_matches('`').len()];
        match block {
            Some(opened) => {
                text.push_str(line);
                if ticks == mark && ticks.len() >= opened.len() {
                    block = None;
                }
            }
            None if ticks.len() >= 3 && !mark[ticks.len()..].contains('`') => {
                text.push_str(line);
                block = Some(ticks);
            }
            None => plain_line(line, &mut text),
        }
    }
    text
}

fn plain_line(line: &str, text: &mut String) {
    let mut rest = line;
    while let Some(next) = rest.chars().next() {
        if let Some((code, behind)) = code_span(rest) {
            text.push_str(code);
            rest = behind;
        } else if let Some((label, behind)) = linked(rest) {
            text.push_str(label);
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix(" ⚠") {
            rest = behind;
        } else if let Some(escaped) = escaped(rest) {
            text.push(escaped);
            rest = &rest[2..];
        } else {
            text.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
}

/// Splits a leading code span off a line. A run of backticks without a closing run counts as a span.
fn code_span(text: &str) -> Option<(&str, &str)> {
    let run = text.len() - text.trim_start_matches('`').len();
    let mut at = run;
    while let Some(start) = text[at..].find('`').filter(|_| run > 0) {
        let start = at + start;
        let tail = &text[start..];
        let found = tail.len() - tail.trim_start_matches('`').len();
        at = start + found;
        if found == run {
            return Some(text.split_at(at));
        }
    }
    (run > 0).then(|| text.split_at(run))
}

/// Parses a leading link such as `[src/a.rs#L1](file:///…)` into its label and the text after it.
fn linked(text: &str) -> Option<(&str, &str)> {
    let (label, rest) = text.strip_prefix('[')?.split_once("](file://")?;
    let (target, behind) = rest.split_once(')')?;
    let one_link = !label.contains(['[', ']', '\n']) && !target.contains(char::is_whitespace);
    one_link.then_some((label, behind))
}

fn escaped(text: &str) -> Option<char> {
    let next = text.strip_prefix('\\')?.chars().next()?;
    "_*[]<>#~|".contains(next).then_some(next)
}

fn action(title: &str, params: &FeedbackParams) -> CodeAction {
    let command = Command {
        title: title.to_owned(),
        command: FEEDBACK.to_owned(),
        arguments: serde_json::to_value(params)
            .ok()
            .map(|argument| vec![argument]),
    };
    CodeAction {
        title: title.to_owned(),
        kind: Some(CodeActionKind::new(FEEDBACK_KIND)),
        data: serde_json::to_value(&command).ok(),
        command: Some(command),
        ..CodeAction::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_contains_no_display_markup() {
        for (shown, expected) in [
            (
                "In `a` ([src/a.rs#L1](file:///w/src/a.rs#L1)), not in `b` ⚠, nor \\<x>.",
                "In `a` (src/a.rs#L1), not in `b`, nor <x>.",
            ),
            (
                "*from the index (no model is set up)*\n\nOne place.",
                "One place.",
            ),
            ("A [list] and a[0] (x)", "A [list] and a[0] (x)"),
            ("ends with [", "ends with ["),
            (
                "Use `r\"\\[a-z\\]\"` ⚠ or ``a ` \\*``, not \\*this\\*.",
                "Use `r\"\\[a-z\\]\"` or ``a ` \\*``, not *this*.",
            ),
            (
                "\\_so\\_:\n```rust\nlet a = r\"\\[a\\]\"; // ⚠ [x](file:///y)\n``\n```\n\\_so\\_ ` \\_",
                "_so_:\n```rust\nlet a = r\"\\[a\\]\"; // ⚠ [x](file:///y)\n``\n```\n_so_ ` _",
            ),
        ] {
            assert_eq!(plain(shown), expected);
        }
    }
}
