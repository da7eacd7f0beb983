//! Requirements with the module that they belong to: the knowledge graph of modules as training data.
//!
//! A requirement is made from what a module's items say about themselves, in several wordings, and never contains the id of the module.

use std::collections::HashMap;

use repo_indexer::{Module, SymbolInfo};

use super::absent::words;
use super::{Context, Fact, FactKind, is_callable};
use crate::documentation::purpose;
use crate::history::{Commit, CommitClass};
use crate::repository::{SourceFile, citation};
use crate::sample::Split;
use crate::split_of;

/// Fewer modules are no choice.
const MIN_MODULES: usize = 3;

/// Items of one module; large modules would drown the others.
const MAX_ITEMS: usize = 40;

pub(super) fn facts(context: &Context, commits: &[Commit]) -> Vec<Fact> {
    // With few modules, all questions would have the same answer.
    if context.repository.snapshot.modules().len() < MIN_MODULES {
        return Vec::new();
    }
    let synonyms = Synonyms::learn(context);
    let mut files: HashMap<&str, Vec<&SourceFile>> = HashMap::new();
    for file in context
        .repository
        .files
        .iter()
        .filter(|file| !file.test && file.language.is_code())
    {
        files.entry(&file.module).or_default().push(file);
    }
    let mut facts = Vec::new();
    for module in context.repository.snapshot.modules() {
        let Some(files) = files.get(module.id.as_str()) else {
            continue;
        };
        let items = files
            .iter()
            .flat_map(|file| file.symbols.iter().map(move |symbol| (*file, symbol)));
        let items = items.filter(|(_, symbol)| {
            let described = is_callable(symbol.kind) || symbol.kind.is_type();
            described && symbol.public && !symbol.test
        });
        let mut of_module = 0;
        for (file, symbol) in items {
            let Some(purpose) = purpose(symbol) else {
                continue;
            };
            if of_module == MAX_ITEMS {
                break;
            }
            of_module += 1;
            for requirement in wordings(&purpose, &synonyms) {
                facts.extend(fact(module, file, symbol, &purpose, requirement));
            }
        }
    }
    facts.extend(
        commits
            .iter()
            .filter_map(|commit| of_commit(context, commit)),
    );
    facts
}

/// A commit that changed code of one module only: its subject was a requirement once.
fn of_commit(context: &Context, commit: &Commit) -> Option<Fact> {
    let code = commit
        .files
        .iter()
        .filter_map(|file| context.repository.file(&file.path));
    let code: Vec<&SourceFile> = code
        .filter(|file| !file.test && file.language.is_code())
        .collect();
    let first = *code.first()?;
    let one_module = code.iter().all(|file| file.module == first.module);
    let trained = code.iter().all(|file| file.split == Split::Train);
    let subject = commit.subject.trim_end_matches('.');
    if commit.class != CommitClass::Change
        || !one_module
        || !trained
        || contains_id(subject, &first.module)
    {
        return None;
    }
    let document = format!("commit {}", commit.id);
    let files: Vec<String> = code
        .iter()
        .take(4)
        .map(|file| format!("`{}`", file.path))
        .collect();
    Some(Fact {
        kind: FactKind::Requirement,
        arguments: vec![("requirement", subject.to_owned())],
        reasoning: Some(format!(
            "A change like this was made in {}, which belongs to the module `{}`.",
            files.join(", "),
            first.module
        )),
        answer: first.module.to_string(),
        source: first.source(super::one_line(0)),
        split: split_of(&document),
    })
}

fn contains_id(requirement: &str, id: &str) -> bool {
    requirement.to_lowercase().contains(&id.to_lowercase())
}

fn fact(
    module: &Module,
    file: &SourceFile,
    symbol: &SymbolInfo,
    purpose: &str,
    requirement: String,
) -> Option<Fact> {
    if requirement
        .to_lowercase()
        .contains(&module.id.to_lowercase())
    {
        return None;
    }
    // Held out by item: other wordings of the same item would give the answer away.
    let document = format!("{}::{}", file.path, symbol.qualified);
    let split = if file.split == Split::Train {
        split_of(&document)
    } else {
        file.split
    };
    let reasoning = format!(
        "The requirement is about this: {purpose}. That is the job of `{}` in {}, which belongs to the module `{}`.",
        symbol.qualified,
        citation(&file.path, symbol.lines),
        module.id
    );
    Some(Fact {
        kind: FactKind::Requirement,
        arguments: vec![("requirement", requirement)],
        reasoning: Some(reasoning),
        answer: module.id.clone(),
        source: file.source(symbol.lines),
        split,
    })
}

/// Returns different wordings of what an item does.
fn wordings(purpose: &str, synonyms: &Synonyms) -> Vec<String> {
    let plain = without_marks(purpose);
    let mut wordings = vec![
        format!("this does not work as it should: {plain}"),
        format!("we want to change this: {plain}"),
    ];
    wordings.extend(synonyms.replace(&plain));
    wordings.push(plain);
    wordings
}

fn without_marks(text: &str) -> String {
    text.replace(['`', '*'], "")
}

/// Words that the repository itself uses for each other: `get_user` documented as "Return the user" says that `get` is `return`.
struct Synonyms(HashMap<String, String>);

/// A pair counts from this many definitions on.
const MIN_PAIRS: u32 = 3;

impl Synonyms {
    fn learn(context: &Context) -> Self {
        let mut pairs: HashMap<(String, String), u32> = HashMap::new();
        let symbols = context
            .repository
            .files
            .iter()
            .flat_map(|file| &file.symbols);
        for symbol in symbols.filter(|symbol| is_callable(symbol.kind)) {
            let parts = words(&symbol.name);
            let (Some(verb), Some(purpose)) = (parts.first(), purpose(symbol)) else {
                continue;
            };
            let Some(first) = purpose.split_whitespace().next() else {
                continue;
            };
            let (verb, first) = (verb.to_lowercase(), first.to_lowercase());
            let is_word = |word: &str| word.len() > 2 && word.chars().all(char::is_alphabetic);
            // `gets` is no other word than `get`.
            if parts.len() > 1 && is_word(&verb) && is_word(&first) && !first.starts_with(&verb) {
                *pairs.entry((first, verb)).or_default() += 1;
            }
        }
        let mut best: HashMap<String, (u32, String)> = HashMap::new();
        for ((first, verb), count) in pairs.into_iter().filter(|(_, count)| *count >= MIN_PAIRS) {
            let known = best.entry(first).or_default();
            // The smaller word where two are as frequent, so that the choice does not depend on the order of a map.
            if count > known.0 || count == known.0 && verb < known.1 {
                *known = (count, verb);
            }
        }
        Synonyms(
            best.into_iter()
                .map(|(first, (_, verb))| (first, verb))
                .collect(),
        )
    }

    /// Replaces the first word by the repository's own word for it.
    fn replace(&self, text: &str) -> Option<String> {
        let (first, rest) = text.split_once(' ')?;
        let verb = self.0.get(&first.to_lowercase())?;
        Some(format!("{verb} {rest}"))
    }
}
