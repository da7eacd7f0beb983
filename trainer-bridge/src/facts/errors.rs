//! The errors that a function raises, read from its code without comments and strings.

use std::sync::LazyLock;

use regex::Regex;
use repo_indexer::{SymbolId, SymbolKind};

use super::{Context, Fact, FactKind, Subject};
use crate::repository::{SourceFile, citation};
use crate::source_text::without_comments_and_strings;

/// How errors are raised: languages, and a pattern whose first group is the error. One row serves languages with the same syntax.
static PATTERNS: LazyLock<Vec<(&[&str], Option<Regex>)>> = LazyLock::new(|| {
    let rows: [(&[&str], &str); 4] = [
        (
            &["python", "ruby"],
            r"\braise\s+((?:\w+(?:\.|::))*[A-Z]\w*)",
        ),
        (
            &[
                "javascript",
                "typescript",
                "javascriptreact",
                "typescriptreact",
                "java",
                "csharp",
                "php",
                "cpp",
            ],
            r"\bthrow\s+(?:new\s+)?((?:\w+(?:\.|::|\\))*\w*(?:Error|Exception|error|exception|[A-Z]\w*))\s*[({]",
        ),
        // Not the pattern of a match arm or of `if let`, which handles an error.
        (
            &["rust"],
            r"(?m)(?:\breturn\s+|^\s*|[{;(|]\s*|=>\s*)Err\(\s*((?:[A-Z]\w*::)+[A-Z]\w*)[^=\n]*$",
        ),
        // The last value that is returned, not an argument of `errors.Is`.
        (
            &["go"],
            r"(?m)\breturn\s+(?:[^\n(]*,\s*)?((?:\w+\.)?Err[A-Z]\w*)\s*$",
        ),
    ];
    rows.map(|(languages, pattern)| (languages, Regex::new(pattern).ok()))
        .into()
});

/// Errors in an answer.
const MAX_ERRORS: usize = 8;

/// Returns the names of the errors that a definition raises itself, in order of appearance; at most [`MAX_ERRORS`].
pub(crate) fn errors_of<'c>(context: &'c Context, file: &SourceFile, id: SymbolId) -> &'c [String] {
    let Some(index) = context.repository.index_in_file(id) else {
        return &[];
    };
    let position = context.repository.position(&file.path);
    let Some(cell) = position.and_then(|at| context.relations.errors.get(at)) else {
        return &[];
    };
    let all = cell.get_or_init(|| extract(file));
    all.get(index).map_or(&[], Vec::as_slice)
}

fn extract(file: &SourceFile) -> Vec<Vec<String>> {
    let mut errors = vec![Vec::new(); file.symbols.len()];
    let row = PATTERNS
        .iter()
        .find(|(languages, _)| languages.contains(&file.language.id()));
    let Some((_, Some(pattern))) = row else {
        return errors;
    };
    // A function inside another one raises only when it is called, so the outer one is left out.
    let has_inner = |index: usize| {
        let id = file.symbols[index].id;
        let is_code = |kind| {
            matches!(
                kind,
                SymbolKind::Function | SymbolKind::Method | SymbolKind::Class
            )
        };
        file.symbols
            .iter()
            .any(|inner| inner.container == Some(id) && is_code(inner.kind))
    };
    for (index, symbol) in file.symbols.iter().enumerate() {
        let text = file
            .text
            .get(symbol.span.start as usize..symbol.span.end as usize);
        let Some(text) = text.filter(|_| super::is_callable(symbol.kind) && !has_inner(index))
        else {
            continue;
        };
        // A Go function without an error in its results returns something else of such a name.
        let has_error = file.language.id() != "go" || symbol.signature.contains("error");
        if !has_error || !pattern.is_match(text) {
            continue;
        }
        let Some(code) = without_comments_and_strings(text, file.language.id()) else {
            continue;
        };
        for found in pattern
            .captures_iter(&code)
            .filter_map(|found| found.get(1))
        {
            let name = found.as_str().to_owned();
            if errors[index].len() < MAX_ERRORS && !errors[index].contains(&name) {
                errors[index].push(name);
            }
        }
    }
    errors
}

pub(super) fn facts(context: &Context, subject: &Subject, facts: &mut Vec<Fact>) {
    let errors = errors_of(context, subject.file, subject.symbol.id);
    if errors.is_empty() {
        return;
    }
    let named: Vec<String> = errors.iter().map(|error| format!("`{error}`")).collect();
    let verb = verb(subject.file);
    let place = citation(&subject.symbol.path, subject.symbol.lines);
    let answer = match verb {
        // Errors without a name of their own, as of `fmt.Errorf`, are not read.
        "returns" => format!(
            "{} returns {} ({place}). It may return other errors, too.",
            subject.name,
            listed(&named),
        ),
        _ => format!(
            "{} {verb} {} itself ({place}). What it calls may fail in other ways.",
            subject.name,
            listed(&named),
        ),
    };
    facts.push(subject.fact(FactKind::Errors, answer));
}

/// How an error leaves a function: as a value in Go and Rust.
pub(crate) fn verb(file: &SourceFile) -> &'static str {
    if matches!(file.language.id(), "go" | "rust") {
        "returns"
    } else {
        "raises"
    }
}

/// Joins items as in "a, b and c".
pub(crate) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
