//! Rows of scene 1 without a teacher: the trace is the chain of facts that the answer follows from.

use super::SceneRow;
use crate::documentation::purpose;
use crate::facts::{Context, Subject, calls, errors_of, listed, tests_of, verb};
use crate::repository::citation;
use crate::source_text::first_call;
use repo_indexer::LineRange;

/// The most callees, callers or tests that a row names.
const MAX_LISTED: usize = 4;

/// Returns up to `count` rows about a definition: how it works, what can fail, what a change affects.
pub(super) fn rows(context: &Context, subject: &Subject, count: usize) -> Vec<SceneRow> {
    let facts = DefinitionSummary::of(context, subject);
    let rows = [
        facts.how_it_works(),
        facts.what_can_fail(),
        facts.what_a_change_affects(),
    ];
    rows.into_iter().flatten().take(count).collect()
}

struct DefinitionSummary<'f> {
    subject: &'f Subject<'f>,
    citation: String,
    purpose: Option<String>,
    /// Each callee with its place and purpose.
    callees: Vec<String>,
    callee_names: Vec<String>,
    errors: Vec<String>,
    /// "raises" or "returns".
    verb: &'static str,
    callers: Vec<String>,
    tests: Vec<String>,
}

impl<'f> DefinitionSummary<'f> {
    fn of(context: &Context, subject: &'f Subject<'f>) -> Self {
        let (symbol, file) = (subject.symbol, subject.file);
        let (mut callees, mut callee_names) = (Vec::new(), Vec::new());
        for callee in context.relations.callees(symbol.id) {
            let Some((of, called)) = context.repository.definition(callee.symbol) else {
                continue;
            };
            let within = LineRange {
                first: callee.line,
                last: symbol.lines.last,
            };
            if callees.len() == MAX_LISTED || !context.may_cite(file, of) {
                continue;
            }
            let Some((_, at)) = first_call(file, within, &called.name) else {
                continue;
            };
            let what = purpose(called)
                .map(|purpose| format!(", which is documented as: {purpose}"))
                .unwrap_or_default();
            callees.push(format!(
                "In line {} it calls `{}` ({}){what}.",
                at.first + 1,
                called.qualified,
                citation(&of.path, called.lines)
            ));
            callee_names.push(format!("`{}`", called.qualified));
        }
        let callers = calls(context, subject, false)
            .calls
            .into_iter()
            .take(MAX_LISTED);
        let callers = callers.map(|call| match call.by {
            Some(by) => format!("`{by}` ({})", citation(&call.file.path, call.lines)),
            None => citation(&call.file.path, call.lines),
        });
        let tests = tests_of(context, subject).into_iter().take(MAX_LISTED);
        DefinitionSummary {
            subject,
            citation: citation(&symbol.path, symbol.lines),
            purpose: purpose(symbol),
            callees,
            callee_names,
            errors: errors_of(context, file, symbol.id)
                .iter()
                .map(|error| format!("`{error}`"))
                .collect(),
            verb: verb(file),
            callers: callers.collect(),
            tests: tests
                .map(|test| test.trim_start_matches("- ").to_owned())
                .collect(),
        }
    }

    fn row(&self, question: String, steps: Vec<String>, answer: String) -> Option<SceneRow> {
        let trace: Vec<String> = steps
            .iter()
            .enumerate()
            .map(|(at, step)| format!("{}. {step}", at + 1))
            .collect();
        // With one step there is nothing to reason about.
        (steps.len() > 1).then(|| SceneRow {
            question,
            thinking_trace: trace.join("\n"),
            answer,
            source: self.subject.file.source(self.subject.symbol.lines),
            teacher: None,
        })
    }

    fn documented(&self) -> Option<String> {
        let purpose = self.purpose.as_ref()?;
        Some(format!(
            "{} is defined in {} and documented as: {purpose}.",
            self.subject.name, self.citation
        ))
    }

    fn how_it_works(&self) -> Option<SceneRow> {
        let purpose = self.purpose.as_ref()?;
        if self.callees.is_empty() {
            return None;
        }
        let mut steps = vec![self.documented()?];
        steps.extend(self.callees.clone());
        let answer = format!(
            "{} ({}): {purpose}. It calls {}.",
            self.subject.name,
            self.citation,
            listed(&self.callee_names)
        );
        self.row(
            format!("How does {} work?", self.subject.name),
            steps,
            answer,
        )
    }

    fn what_can_fail(&self) -> Option<SceneRow> {
        if self.errors.is_empty() || self.callers.is_empty() {
            return None;
        }
        let mut steps: Vec<String> = self.documented().into_iter().collect();
        steps.push(format!(
            "Its code in {} {} {}.",
            self.citation,
            self.verb,
            listed(&self.errors)
        ));
        steps.push(format!(
            "It is called by {}. Its callers have to handle that.",
            listed(&self.callers)
        ));
        let answer = format!(
            "{} {} {} ({}). That reaches its callers, such as {}, unless they handle it.",
            self.subject.name,
            self.verb,
            listed(&self.errors),
            self.citation,
            listed(&self.callers)
        );
        self.row(
            format!(
                "What can go wrong in {}, and which code does that affect?",
                self.subject.name
            ),
            steps,
            answer,
        )
    }

    fn what_a_change_affects(&self) -> Option<SceneRow> {
        if self.callers.is_empty() || self.tests.is_empty() {
            return None;
        }
        let steps = vec![
            format!("{} is defined in {}.", self.subject.name, self.citation),
            format!("It is called by {}.", listed(&self.callers)),
            format!("These tests call it: {}.", listed(&self.tests)),
        ];
        let answer = format!(
            "Changing {} ({}) affects its callers, such as {}. Run these tests first: {}.",
            self.subject.name,
            self.citation,
            listed(&self.callers),
            listed(&self.tests)
        );
        self.row(
            format!(
                "What should I look at before I change {}?",
                self.subject.name
            ),
            steps,
            answer,
        )
    }
}
