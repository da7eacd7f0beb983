//! "How is this used": quotes the places that use a definition, the most certain first.

use grounding::View;
use repo_indexer::{Cancel, IndexError};

use super::source::{Detail, of_place, of_symbol};
use super::{Answer, AnswerKind, Target, words};
use grounding::markdown::code;

pub fn usages(
    views: &[View],
    target: &Target,
    limit: usize,
    cancel: &Cancel,
) -> Result<Answer, IndexError> {
    let Some((symbol, certainty)) = target.symbol(views) else {
        return Ok(super::target::no_definition_here(AnswerKind::Usages));
    };
    let users = views[target.root].snapshot.usages(symbol.id);
    let places = words::count(users.total as usize, "place");
    let headline = match users.total {
        0 => words::unused(&symbol.name, &users),
        _ => format!(
            "{} is used in {places} in {}.",
            code(&symbol.name),
            words::count(users.files.len(), "file")
        ),
    };
    let mut answer = Answer::new(
        AnswerKind::Usages,
        format!("{}{headline}", certainty.prefix()),
    );
    answer
        .sources
        .push(of_symbol(views, target.root, &symbol, Detail::default()));
    for place in users.sites.iter().take(limit) {
        cancel.check()?;
        answer.sources.push(of_place(views, target.root, place));
    }
    let shown: u32 = users.sites.iter().take(limit).map(|p| p.count).sum();
    if users.total > shown {
        let rest: Vec<String> = users
            .files
            .iter()
            .take(8)
            .map(|f| format!("{} ({})", code(&f.path), f.count))
            .collect();
        answer.notes.push(format!(
            "By file: {}{}",
            rest.join(" · "),
            if users.files.len() > 8 {
                " · …"
            } else {
                "."
            }
        ));
    }
    answer.notes.extend(words::possible(&users));
    Ok(answer)
}
