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
    /// The text of the call, and its lines.
    pub code: String,
    pub lines: LineRange,
}

/// Returns the calls of a definition that a fact about it may cite.
pub(crate) fn calls<'c>(context: &'c Context, subject: &Subject, in_tests: bool) -> Vec<Call<'c>> {
    let sites = &context.relations.usages(subject.symbol.id).sites;
    let calls = sites
        .iter()
        .filter(|site| site.calls > 0 && site.test == in_tests);
    calls
        .filter_map(|site| {
            let (file, by, last) = match site.by {
                Some(by) => {
                    let (file, symbol) = context.repository.definition(by)?;
                    (file, Some(symbol.qualified.as_str()), symbol.lines.last)
                }
                None => (context.repository.file(&site.path)?, None, site.line),
            };
            if !context.may_cite(subject.file, file) {
                return None;
            }
            let within = LineRange {
                first: site.line,
                last,
            };
            let (code, lines) = first_call(file, within, &subject.symbol.name)?;
            Some(Call {
                file,
                site,
                by,
                code,
                lines,
            })
        })
        .collect()
}

fn callers(context: &Context, subject: &Subject) -> Option<Fact> {
    let mut lines = Vec::new();
    for call in calls(context, subject, false) {
        let place = citation(&call.file.path, call.lines);
        let code = grounding::markdown::code(&call.code);
        lines.push(match call.by {
            Some(by) => format!("- `{by}` in {place}: {code}"),
            None => format!("- {place}: {code}"),
        });
        if lines.len() == MAX_LISTED {
            break;
        }
    }
    let answer = match lines.as_slice() {
        [] => return None,
        [only] => format!("{} is called here:\n\n{only}", subject.name),
        many => format!(
            "{} is called in these places, among others:\n\n{}",
            subject.name,
            many.join("\n")
        ),
    };
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
        lines.push(format!(
            "- `{}` ({}), called in line {}{purpose}",
            symbol.qualified,
            citation(&file.path, symbol.lines),
            call.first + 1,
        ));
        if lines.len() == MAX_LISTED {
            break;
        }
    }
    if lines.len() < 2 {
        return None;
    }
    let place = citation(&subject.symbol.path, subject.symbol.lines);
    let answer = format!(
        "{} ({place}) calls, in this order:\n\n{}",
        subject.name,
        lines.join("\n")
    );
    Some(subject.fact(FactKind::Callees, answer))
}

/// Returns the tests that call a definition, each once.
pub(crate) fn tests_of(context: &Context, subject: &Subject) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for call in calls(context, subject, true) {
        let (Some(by), Some(id)) = (call.by, call.site.by) else {
            continue;
        };
        let Some((file, test)) = context.repository.definition(id) else {
            continue;
        };
        let line = format!("- `{by}` in {}", citation(&file.path, test.lines));
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
    let calls = calls(context, subject, true);
    // The shortest test shows the call with the least around it.
    let shown = |call: &Call| -> Option<(LineRange, usize)> {
        let (_, test) = context.repository.definition(call.site.by?)?;
        let whole = test.lines.last - test.lines.first < MAX_EXAMPLE_LINES;
        let lines = if whole { test.lines } else { call.lines };
        Some((lines, call.file.lines(lines).len()))
    };
    let best = calls
        .iter()
        .filter_map(|call| Some((shown(call)?, call)))
        .min_by(|((_, a), one), ((_, b), other)| {
            (a, &one.file.path, one.site.line).cmp(&(b, &other.file.path, other.site.line))
        });
    let ((lines, _), call) = best?;
    let code = dedent(call.file.lines(lines));
    let by = call.by?;
    let answer = format!(
        "`{by}` uses it in {}:\n\n{}\n{} is defined in {}.",
        citation(&call.file.path, lines),
        code_block(call.file.language.id(), code.trim()),
        subject.name,
        citation(&subject.symbol.path, one_line(subject.symbol.lines.first)),
    );
    Some(subject.fact(FactKind::Example, answer))
}
