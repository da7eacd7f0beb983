//! Facts that join two or three others along calls and module boundaries.
//!
//! A model that has learned facts one by one answers such questions badly; published ablations lose half of the gain without them.

use super::calls::{calls, tests_of};
use super::errors::{errors_of, listed};
use super::{Context, Fact, FactKind, Subject, is_callable, one_line};
use crate::repository::{SourceFile, citation};
use crate::source_text::first_call;
use repo_indexer::{LineRange, SymbolInfo};

/// Neighbours that are looked at: the first ones, in the order of the calls.
const MAX_NEIGHBOURS: usize = 6;

pub(super) fn facts(context: &Context, subject: &Subject, facts: &mut Vec<Fact>) {
    let callees = callees(context, subject);
    facts.extend(callee_by_purpose(context, subject, &callees));
    facts.extend(call_chain(context, subject, &callees));
    facts.extend(errors_of_callee(context, subject, &callees));
    facts.extend(module_of_callees(subject, &callees));
    facts.extend(tests_of_caller(context, subject));
}

/// A function that the subject calls.
struct Called<'r> {
    file: &'r SourceFile,
    symbol: &'r SymbolInfo,
    /// The line of the first call.
    line: u32,
}

fn callees<'c>(context: &'c Context, subject: &Subject) -> Vec<Called<'c>> {
    let callees = context.relations.callees(subject.symbol.id).iter();
    callees
        .filter_map(|callee| {
            let (file, symbol) = context.repository.definition(callee.symbol)?;
            let allowed = context.may_cite(subject.file, file);
            if !allowed || !is_callable(symbol.kind) {
                return None;
            }
            let within = LineRange {
                first: callee.line,
                last: subject.symbol.lines.last,
            };
            let (_, call) = first_call(subject.file, within, &symbol.name)?;
            Some(Called {
                file,
                symbol,
                line: call.first,
            })
        })
        .take(MAX_NEIGHBOURS)
        .collect()
}

fn callee_by_purpose(context: &Context, subject: &Subject, callees: &[Called]) -> Option<Fact> {
    let (callee, purpose) = callees
        .iter()
        .find_map(|callee| Some((callee, context.unique_purpose(callee.symbol)?)))?;
    let answer = format!(
        "{} calls `{}` for that, in {}. It is defined in {}.",
        subject.name,
        callee.symbol.qualified,
        citation(&subject.symbol.path, one_line(callee.line)),
        citation(&callee.file.path, callee.symbol.lines),
    );
    let arguments = vec![("name", subject.name.clone()), ("purpose", purpose.clone())];
    let mut fact = subject.fact_of(FactKind::CalleeByPurpose, arguments, answer);
    fact.reasoning = Some(format!(
        "{} calls `{}`, and the documentation of `{}` says: {purpose}.",
        subject.name, callee.symbol.qualified, callee.symbol.qualified
    ));
    Some(fact)
}

fn call_chain(context: &Context, subject: &Subject, callees: &[Called]) -> Option<Fact> {
    let is_direct = |id| callees.iter().any(|callee| callee.symbol.id == id);
    let (between, (target_file, target), target_line) = callees.iter().find_map(|between| {
        let further = context.relations.callees(between.symbol.id).iter();
        let further = further
            .filter(|callee| !is_direct(callee.symbol) && callee.symbol != subject.symbol.id);
        further
            .filter_map(|callee| Some((callee, context.repository.definition(callee.symbol)?)))
            .filter(|(_, (file, symbol))| {
                is_callable(symbol.kind) && context.may_cite(subject.file, file)
            })
            .find_map(|(callee, target)| {
                let within = LineRange {
                    first: callee.line,
                    last: between.symbol.lines.last,
                };
                let (_, call) = first_call(between.file, within, &target.1.name)?;
                Some((between, target, call.first))
            })
    })?;
    let target_name = context.repository.reference(target)?;
    let answer = format!(
        "{} calls `{}` in {}, and that calls {target_name} in {}. {target_name} is defined in {}.",
        subject.name,
        between.symbol.qualified,
        citation(&subject.symbol.path, one_line(between.line)),
        citation(&between.file.path, one_line(target_line)),
        citation(&target_file.path, target.lines),
    );
    let arguments = vec![("name", subject.name.clone()), ("target", target_name)];
    Some(subject.fact_of(FactKind::CallChain, arguments, answer))
}

fn errors_of_callee(context: &Context, subject: &Subject, callees: &[Called]) -> Option<Fact> {
    let lines: Vec<String> = callees
        .iter()
        .filter_map(|callee| {
            let errors = errors_of(context, callee.file, callee.symbol.id);
            let errors: Vec<_> = errors.iter().map(|error| format!("`{error}`")).collect();
            (!errors.is_empty()).then(|| {
                format!(
                    "- {} by `{}` in {}",
                    listed(&errors),
                    callee.symbol.qualified,
                    citation(&callee.file.path, callee.symbol.lines)
                )
            })
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let place = citation(&subject.symbol.path, subject.symbol.lines);
    let answer = format!(
        "Of what {} ({place}) calls, these have errors of their own, unless it handles them:\n\n{}",
        subject.name,
        lines.join("\n")
    );
    Some(subject.fact(FactKind::ErrorsOfCallee, answer))
}

fn module_of_callees(subject: &Subject, callees: &[Called]) -> Option<Fact> {
    let lines: Vec<String> = callees
        .iter()
        .filter(|callee| callee.file.module != subject.file.module)
        .map(|callee| {
            format!(
                "- `{}` of the module `{}` ({})",
                callee.symbol.qualified,
                callee.file.module,
                citation(&callee.file.path, callee.symbol.lines)
            )
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let answer = format!(
        "{} belongs to the module `{}` ({}). From other modules it calls, among others:\n\n{}",
        subject.name,
        subject.file.module,
        citation(&subject.symbol.path, subject.symbol.lines),
        lines.join("\n")
    );
    Some(subject.fact(FactKind::ModuleOfCallees, answer))
}

fn tests_of_caller(context: &Context, subject: &Subject) -> Option<Fact> {
    for call in calls(context, subject, false)
        .calls
        .into_iter()
        .take(MAX_NEIGHBOURS)
    {
        let Some((file, caller)) = call
            .site
            .by
            .and_then(|id| context.repository.definition(id))
        else {
            continue;
        };
        let name = format!("`{}`", caller.qualified);
        let tests = tests_of(
            context,
            &Subject {
                file,
                symbol: caller,
                name,
            },
        );
        if tests.is_empty() || !is_callable(caller.kind) {
            continue;
        }
        let answer = format!(
            "`{}` calls {} in {}, and tests call `{}`{}:\n\n{}",
            caller.qualified,
            subject.name,
            citation(&file.path, call.lines),
            caller.qualified,
            if tests.len() > MAX_NEIGHBOURS {
                ", among others"
            } else {
                ""
            },
            tests
                .iter()
                .take(MAX_NEIGHBOURS)
                .cloned()
                .collect::<Vec<_>>()
                .join("\n"),
        );
        return Some(subject.fact(FactKind::TestsOfCaller, answer));
    }
    None
}
