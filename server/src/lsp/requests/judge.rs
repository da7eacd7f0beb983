//! What may be said of an answer that is open as a document: that it is right, that it is wrong, or how it should have been.

use tower_lsp::ls_types::{CodeAction, CodeActionKind, Command, Uri};

use crate::lsp::commands::{self, FEEDBACK};
use crate::lsp::convert::to_path;
use crate::lsp::ext::{FeedbackParams, Verdict};
use crate::lsp::snapshot::SessionSnapshot;
use assistant::recording::MARK;

/// The kind of these actions.
pub const KIND: &str = "repoLsp.feedback";

/// Nothing if this is no document with an answer that is kept.
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
    if !commands::wanted(only, KIND) {
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
    let said = [
        ("This answer is right", verdict(Verdict::Good)),
        ("This answer is wrong", verdict(Verdict::Bad)),
        (
            "This text, as I have edited it, is the right answer",
            correction,
        ),
    ];
    Some(
        said.into_iter()
            .map(|(title, params)| action(title, &params))
            .collect(),
    )
}

/// The text of an answer without what was put into it to be shown: who made it, links to places, marks, and escapes. Code has none of
/// these, and stays as it is.
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

/// A code span that ends on its line, and what comes behind it; a run of backticks without an end is a span of its own.
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

/// `[src/a.rs#L1](file:///…)` and what comes behind it.
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
        kind: Some(CodeActionKind::new(KIND)),
        data: serde_json::to_value(&command).ok(),
        command: Some(command),
        ..CodeAction::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_is_text_as_a_model_would_say_it() {
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
