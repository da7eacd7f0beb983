//! The gold standard: definitions before and after focused changes of the repository's own history.
//!
//! A reviewed change with a message that says what it does is the best example of how this repository wants its code.

use std::collections::BTreeMap;

use repo_indexer::{
    Cancel, Cancelled, Language, Snapshot, Symbol, SymbolKind, extract, is_test_path,
};
use serde::{Deserialize, Serialize};

use crate::history::{Commit, CommitClass, History};
use crate::sample::Split;
use crate::split_of;

/// A definition that a commit changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoldPair {
    /// What was to be done: the commit's subject, with its body if there is one.
    pub instruction: String,
    pub path: String,
    /// The qualified name of the definition.
    pub name: String,
    pub before: String,
    pub after: String,
    /// The id of the commit.
    pub commit: String,
    /// Test files that the commit changed, too.
    pub tests: Vec<String>,
    pub split: Split,
}

/// Why a commit, or a change of a file, is no example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoldRejection {
    /// The commit is none of those that something can be learned from.
    Class(CommitClass),
    Private,
    /// The files are no code, or only tests.
    NoCode,
    /// The change is in no single definition, or in a very long one.
    NoDefinition,
    /// More definitions were changed than a focused change has.
    NotFocused,
}

impl GoldRejection {
    /// A short description for reports.
    pub fn describe(self) -> String {
        match self {
            GoldRejection::Class(class) => class.describe().to_owned(),
            GoldRejection::Private => "changes a private file".to_owned(),
            GoldRejection::NoCode => "changes no code, or only tests".to_owned(),
            GoldRejection::NoDefinition => "changes no function of moderate length".to_owned(),
            GoldRejection::NotFocused => "changes many functions".to_owned(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GoldStandard {
    /// Newest first.
    pub pairs: Vec<GoldPair>,
    pub rejected: BTreeMap<GoldRejection, u64>,
}

/// Definitions that a focused change may touch.
const MAX_DEFINITIONS: usize = 3;

/// Bytes of a definition.
const MAX_DEFINITION: usize = 6_000;

/// Selects the changed definitions of focused commits.
pub fn gold_standard(
    history: &History,
    commits: &[Commit],
    snapshot: &Snapshot,
    cancel: &Cancel,
) -> Result<GoldStandard, Cancelled> {
    let mut gold = GoldStandard::default();
    for commit in commits {
        cancel.check()?;
        match pairs_of(history, commit, snapshot) {
            Ok(pairs) => gold.pairs.extend(pairs),
            Err(rejection) => *gold.rejected.entry(rejection).or_default() += 1,
        }
    }
    Ok(gold)
}

fn pairs_of(
    history: &History,
    commit: &Commit,
    snapshot: &Snapshot,
) -> Result<Vec<GoldPair>, GoldRejection> {
    if commit.class != CommitClass::Change {
        return Err(GoldRejection::Class(commit.class));
    }
    if commit
        .files
        .iter()
        .any(|file| snapshot.is_private(&file.path))
    {
        return Err(GoldRejection::Private);
    }
    let tests = commit.files.iter().filter(|file| is_test_path(&file.path));
    let tests: Vec<String> = tests.map(|file| file.path.clone()).collect();
    let code = commit.files.iter().filter(|file| {
        let is_code = Language::of_path(&file.path).is_some_and(Language::is_code);
        is_code && file.is_modified() && !tests.contains(&file.path)
    });
    let mut pairs = Vec::new();
    let mut any = false;
    for file in code {
        any = true;
        let Some((before, after)) = history.texts(file) else {
            continue;
        };
        for (name, before, after) in changed_definitions(&file.path, &before, &after) {
            pairs.push(GoldPair {
                instruction: [commit.subject.as_str(), commit.body.as_str()]
                    .join("\n\n")
                    .trim()
                    .to_owned(),
                path: file.path.clone(),
                name,
                before,
                after,
                commit: commit.id.clone(),
                tests: tests.clone(),
                split: split_of(&file.path),
            });
        }
    }
    match pairs.len() {
        0 if any => Err(GoldRejection::NoDefinition),
        0 => Err(GoldRejection::NoCode),
        count if count > MAX_DEFINITIONS => Err(GoldRejection::NotFocused),
        _ => Ok(pairs),
    }
}

/// Returns the functions and methods that are in both texts with a different body.
fn changed_definitions(path: &str, before: &str, after: &str) -> Vec<(String, String, String)> {
    let language = Language::detect(path, after);
    let old = extract(language, path, before).facts.symbols;
    let new = extract(language, path, after).facts.symbols;
    let named = |symbols: &[Symbol]| -> BTreeMap<String, Option<usize>> {
        let mut names = BTreeMap::new();
        for (index, symbol) in symbols.iter().enumerate() {
            if matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method) {
                // Overloads cannot be matched by name.
                names
                    .entry(qualified(symbols, symbol))
                    .and_modify(|known| *known = None)
                    .or_insert(Some(index));
            }
        }
        names
    };
    let old_names = named(&old);
    let mut changed = Vec::new();
    for (name, index) in named(&new) {
        let (Some(new_index), Some(Some(old_index))) = (index, old_names.get(&name)) else {
            continue;
        };
        let (Some(was), Some(is)) = (
            old[*old_index].span.of(before),
            new[new_index].span.of(after),
        ) else {
            continue;
        };
        let differs = !was.split_whitespace().eq(is.split_whitespace());
        if differs && was.len() <= MAX_DEFINITION && is.len() <= MAX_DEFINITION {
            changed.push((name, was.to_owned(), is.to_owned()));
        }
    }
    // A change in an inner function is a change in the outer one, too.
    let inner: Vec<String> = changed.iter().map(|(name, _, _)| name.clone()).collect();
    changed.retain(|(name, _, _)| {
        !inner
            .iter()
            .any(|other| other.starts_with(&format!("{name}.")))
    });
    changed
}

fn qualified(symbols: &[Symbol], symbol: &Symbol) -> String {
    let mut names = vec![&*symbol.name];
    names.extend(symbol.receiver.as_deref());
    let mut container = symbol.container;
    while let Some(outer) = container.and_then(|index| symbols.get(index as usize)) {
        names.push(&outer.name);
        container = outer.container;
    }
    names.reverse();
    names.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_innermost_changed_definition_is_taken() {
        let before =
            "def a():\n    def b():\n        return 1\n    return b\n\ndef c():\n    return 1\n";
        let after = "def a():\n    def b():\n        return 2\n    return b\n\ndef c():\n    return   1\n\ndef d(): pass\n";
        let changed = changed_definitions("x.py", before, after);
        let names: Vec<_> = changed.iter().map(|(name, _, _)| name.as_str()).collect();
        assert_eq!(names, ["a.b"]);
        assert_eq!(changed[0].2.trim(), "def b():\n        return 2");
    }
}
