//! Facts along the call graph: callers with their arguments, callees, tests, and an example taken from a test.

use repo_indexer::{LineRange, UsageSite};

use super::{Context, Fact, FactKind, Subject, is_callable, one_line};
use crate::documentation::purpose;
use crate::repository::{SourceFile, citation};
use crate::source_text::{code_block, dedent, first_call};

/// Entries in a list of an answer.
const MAX_LISTED: usize = 6;

pub(super) fn facts(context: &Context, subject: &Subject, facts: &mut Vec<Fact>) {
    facts.extend(callers(context, subject));
    facts.extend(callees(context, subject));
    facts.extend(tests(context, subject));
    facts.extend(example(context, subject));
}

/// A certain call of a definition, with the file and the definition that it is in.
pub(crate) struct Call<'r> {
    pub file: &'r SourceFile,
    pub site: &'r UsageSite,
    /// The qualified name of the definition that the call is in.
    pub by: Option<&'r str>,
    /// The lines of the call.
    pub lines: LineRange,
}

/// Certain calls of a definition that a fact about it may cite.
pub(crate) struct Calls<'r> {
    pub calls: Vec<Call<'r>>,
    /// Whether there is no other use: none in a file that may not be cited, and none that only may be one.
    pub are_all: bool,
}

/// Returns the first call of a definition in each definition that calls it.
pub(crate) fn calls<'c>(context: &'c Context, subject: &Subject, in_tests: bool) -> Calls<'c> {
    let usages = context.relations.usages(subject.symbol.id);
    let mut are_all = usages.possible == 0;
    let mut calls = Vec::new();
    for site in usages.sites.iter().filter(|site| site.test == in_tests) {
        match call(context, subject, site) {
            Some(call) => calls.push(call),
            None => are_all = false,
        }
    }
    Calls { calls, are_all }
}

fn call<'c>(context: &'c Context, subject: &Subject, site: &'c UsageSite) -> Option<Call<'c>> {
    let (file, by, last) = match site.by {
        Some(by) => {
            let (file, symbol) = context.repository.definition(by)?;
            (file, Some(symbol.qualified.as_str()), symbol.lines.last)
        }
        None => (context.repository.file(&site.path)?, None, site.line),
    };
    if site.calls == 0 || !context.may_cite(subject.file, file) {
        return None;
    }
    let within = LineRange {
        first: site.line,
        last,
    };
    let (_, lines) = first_call(file, within, &subject.symbol.name)?;
    Some(Call {
        file,
        site,
        by,
        lines,
    })
}

fn callers(context: &Context, subject: &Subject) -> Option<Fact> {
    let Calls { calls, are_all } = calls(context, subject, false);
    let mut lines = Vec::new();
    for first in &calls {
        let last = match first.site.by {
            Some(by) => context.repository.definition(by)?.1.lines.last,
            None => first.lines.last,
        };
        let mut within = LineRange {
            first: first.lines.first,
            last,
        };
        // A definition may call it several times.
        while let Some((code, at)) = first_call(first.file, within, &subject.symbol.name) {
            let place = citation(&first.file.path, at);
            let code = grounding::markdown::code(&code);
            lines.push(match first.by {
                Some(by) => format!("- `{by}` in {place}: {code}"),
                None => format!("- {place}: {code}"),
            });
            within.first = at.last + 1;
        }
    }
    let are_all = are_all && lines.len() <= MAX_LISTED;
    lines.truncate(MAX_LISTED);
    let others = if are_all { "" } else { ", among other places" };
    if lines.is_empty() {
        return None;
    }
    let answer = format!(
        "{} is called here{others}:\n\n{}",
        subject.name,
        lines.join("\n")
    );
    Some(subject.fact(FactKind::Callers, answer))
}

fn callees(context: &Context, subject: &Subject) -> Option<Fact> {
    let mut lines = Vec::new();
    for callee in context.relations.callees(subject.symbol.id) {
        let Some((file, symbol)) = context.repository.definition(callee.symbol) else {
            continue;
        };
        let within = LineRange {
            first: callee.line,
            last: subject.symbol.lines.last,
        };
        let call = first_call(subject.file, within, &symbol.name);
        let is_code = is_callable(symbol.kind) || symbol.kind.is_type();
        let Some((_, call)) = call.filter(|_| is_code && context.may_cite(subject.file, file))
        else {
            continue;
        };
        let purpose = purpose(symbol)
            .map(|purpose| format!(": {purpose}"))
            .unwrap_or_default();
        let line = format!(
            "- `{}` ({}), called in line {}{purpose}",
            symbol.qualified,
            citation(&file.path, symbol.lines),
            call.first + 1,
        );
        lines.push((call.first, line));
    }
    if lines.len() < 2 {
        return None;
    }
    lines.sort();
    lines.truncate(MAX_LISTED);
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    let place = citation(&subject.symbol.path, subject.symbol.lines);
    let answer = format!(
        "Among what {} ({place}) calls are:\n\n{}",
        subject.name,
        lines.join("\n")
    );
    Some(subject.fact(FactKind::Callees, answer))
}

/// Returns the tests that call a definition, each once.
pub(crate) fn tests_of(context: &Context, subject: &Subject) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for call in calls(context, subject, true).calls {
        let line = match (call.by, call.site.by) {
            (Some(by), Some(id)) => {
                let Some((file, test)) = context.repository.definition(id) else {
                    continue;
                };
                // A benchmark of Go checks nothing.
                if by.starts_with("Benchmark") && file.language.id() == "go" {
                    continue;
                }
                format!("- `{by}` in {}", citation(&file.path, test.lines))
            }
            // Tests of JavaScript are functions without a name, given to a call.
            _ if is_ecmascript(call.file) => format!("- {}", citation(&call.file.path, call.lines)),
            _ => continue,
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn tests(context: &Context, subject: &Subject) -> Option<Fact> {
    let tests = tests_of(context, subject);
    let listed = tests
        .iter()
        .take(MAX_LISTED)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    let answer = match tests.len() {
        0 => return None,
        1 => format!("This test calls {}:\n\n{listed}", subject.name),
        many if many > MAX_LISTED => {
            format!(
                "Tests that call {}, among others:\n\n{listed}",
                subject.name
            )
        }
        _ => format!("These tests call {}:\n\n{listed}", subject.name),
    };
    Some(subject.fact(FactKind::Tests, answer))
}

/// The whole test is shown up to this many lines, else the statement with the call.
const MAX_EXAMPLE_LINES: u32 = 12;

fn example(context: &Context, subject: &Subject) -> Option<Fact> {
    let calls = calls(context, subject, true).calls;
    // The shortest test shows the call with the least around it.
    let shown = |call: &Call| -> Option<(LineRange, usize)> {
        let test = match call.site.by {
            Some(by) => Some(context.repository.definition(by)?.1),
            None if is_ecmascript(call.file) => None,
            None => return None,
        };
        let test = test.filter(|test| test.lines.last - test.lines.first < MAX_EXAMPLE_LINES);
        let whole = test.is_some();
        let lines = test.map_or(call.lines, |test| test.lines);
        let code = call.file.lines(lines);
        // The line of a call may be the head of a statement that goes on.
        let is_cut = !whole && code.trim_end().ends_with(['{', ':', '(', ',', '[']);
        (!is_cut).then_some((lines, code.len()))
    };
    let best = calls
        .iter()
        .filter_map(|call| Some((shown(call)?, call)))
        .min_by(|((_, a), one), ((_, b), other)| {
            (a, &one.file.path, one.site.line).cmp(&(b, &other.file.path, other.site.line))
        });
    let ((lines, _), call) = best?;
    let code = dedent(call.file.lines(lines));
    let by = call
        .by
        .map_or_else(|| "A test".to_owned(), |by| format!("`{by}`"));
    let answer = format!(
        "{by} uses it in {}:\n\n{}\n{} is defined in {}.",
        citation(&call.file.path, lines),
        code_block(call.file.language.id(), code.trim()),
        subject.name,
        citation(&subject.symbol.path, one_line(subject.symbol.lines.first)),
    );
    Some(subject.fact(FactKind::Example, answer))
}

fn is_ecmascript(file: &SourceFile) -> bool {
    let id = file.language.id();
    id.starts_with("javascript") || id.starts_with("typescript")
}
