//! "What breaks if I change this": lists the callers, their callers, and the tests that cover it.

use grounding::View;
use repo_indexer::{Cancel, IndexError, SymbolId, UsageSite};

use super::source::{Detail, is_test, mention, of_place, of_symbol};
use super::{Answer, AnswerKind, Relation, Target, words};
use grounding::markdown::code;

/// Number of tests that are listed by name.
const MAX_TESTS: usize = 12;
/// Number of callers whose own callers are looked up.
const MAX_FOLLOWED: usize = 50;

pub fn impact(
    views: &[View],
    target: &Target,
    limit: usize,
    cancel: &Cancel,
) -> Result<Answer, IndexError> {
    let Some((symbol, certainty)) = target.symbol(views) else {
        return Ok(super::target::no_definition_here(AnswerKind::Impact));
    };
    let snapshot = &views[target.root].snapshot;
    let users = snapshot.usages(symbol.id);
    let (tests, callers): (Vec<&UsageSite>, Vec<&UsageSite>) =
        users.sites.iter().partition(|p| is_test(snapshot, p));
    let headline = match (callers.len(), tests.len()) {
        (0, 0) => words::unused(&symbol.name, &users),
        _ => headline(&symbol.name, &callers, &tests),
    };
    let mut answer = Answer::new(
        AnswerKind::Impact,
        format!("{}{headline}", certainty.prefix()),
    );

    let mut definition = of_symbol(views, target.root, &symbol, Detail::default());
    if !tests.is_empty() {
        let mentions = tests
            .iter()
            .take(MAX_TESTS)
            .map(|p| mention(views, target.root, p))
            .collect();
        definition.relations.push(Relation {
            label: "Tests".to_owned(),
            mentions,
            more: tests.len().saturating_sub(MAX_TESTS),
        });
    }
    answer.sources.push(definition);
    for place in callers.iter().take(limit) {
        cancel.check()?;
        answer.sources.push(of_place(views, target.root, place));
    }

    let direct: Vec<SymbolId> = callers.iter().filter_map(|p| p.by).collect();
    let mut indirect: Vec<SymbolId> = Vec::new();
    for &id in direct.iter().take(MAX_FOLLOWED) {
        cancel.check()?;
        let next = snapshot
            .usages(id)
            .sites
            .into_iter()
            .filter(|p| !p.test)
            .filter_map(|p| p.by);
        indirect.extend(next.filter(|id| !direct.contains(id) && *id != symbol.id));
    }
    dedup(&mut indirect);
    if callers.len() > limit {
        answer.notes.push(format!(
            "{} directly.",
            match callers.len() - limit {
                1 => "1 more place uses it".to_owned(),
                more => format!("{more} more places use it"),
            }
        ));
    }
    if !indirect.is_empty() {
        answer.notes.push(format!(
            "One step further, {} {} those.",
            words::count(indirect.len(), "definition"),
            if indirect.len() == 1 { "calls" } else { "call" }
        ));
    }
    answer.notes.extend(words::possible(&users));
    if let Some(module) = snapshot.module(&snapshot.membership(&symbol.path).id)
        && symbol.public
        && !module.used_by.is_empty()
    {
        let names: Vec<String> = module
            .used_by
            .iter()
            .take(8)
            .map(|(id, _)| code(id))
            .collect();
        answer.notes.push(format!(
            "It is public; its {} is used by {}.",
            words::module_name(module),
            names.join(", ")
        ));
    }
    if tests.is_empty() {
        answer
            .notes
            .push("No test in the index names it.".to_owned());
    }
    Ok(answer)
}

fn headline(name: &str, callers: &[&UsageSite], tests: &[&UsageSite]) -> String {
    let mut files: Vec<&str> = callers.iter().map(|p| &*p.path).collect();
    files.sort_unstable();
    files.dedup();
    let tests = words::count(tests.len(), "test");
    match callers.len() {
        0 => format!("Nothing but {tests} in the index uses {}.", code(name)),
        n => format!(
            "Changing {} touches {} in {} and {tests}.",
            code(name),
            words::count(n, "caller"),
            words::count(files.len(), "file")
        ),
    }
}

fn dedup(ids: &mut Vec<SymbolId>) {
    let mut seen = std::collections::HashSet::new();
    ids.retain(|id| seen.insert(*id));
}
