//! The gold standard: definitions before and after focused changes of the repository's own history.
//!
//! A reviewed change with a message that says what it does is the best example of how this repository wants its code.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use repo_indexer::{Cancel, Cancelled, Language, Symbol, SymbolKind, extract, is_test_path};
use serde::{Deserialize, Serialize};

use crate::history::{Commit, CommitClass, FileChange, History, Texts};
use crate::sample::Split;
use crate::source_text::dedent;
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

/// Selects the changed definitions of focused commits. `progress` is called with the number of commits that are done.
pub fn gold_standard(
    history: &History,
    commits: &[Commit],
    progress: &(dyn Fn(usize) + Sync),
    cancel: &Cancel,
) -> Result<GoldStandard, Cancelled> {
    let done = AtomicUsize::new(0);
    let results = history.map_commits(commits, |texts, commits| {
        let mut files = Files::new(texts);
        let mut of = |commit| {
            cancel.check()?;
            let pairs = pairs_of(&mut files, commit);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            Ok(pairs)
        };
        commits.iter().map(&mut of).collect()
    });
    let mut gold = GoldStandard::default();
    for result in results {
        match result? {
            Ok(pairs) => gold.pairs.extend(pairs),
            Err(rejection) => *gold.rejected.entry(rejection).or_default() += 1,
        }
    }
    Ok(gold)
}

fn pairs_of(files: &mut Files, commit: &Commit) -> Result<Vec<GoldPair>, GoldRejection> {
    if commit.class != CommitClass::Change {
        return Err(GoldRejection::Class(commit.class));
    }
    let tests = commit.files.iter().filter(|file| is_test_path(&file.path));
    let tests: Vec<String> = tests.map(|file| file.path.clone()).collect();
    let code = commit.files.iter().filter(|file| {
        let is_code = Language::of_path(&file.path).is_some_and(Language::is_code);
        is_code && file.versions().is_some() && !tests.contains(&file.path)
    });
    let mut pairs = Vec::new();
    let mut any = false;
    for file in code {
        any = true;
        let Some((before, after)) = files.versions(file) else {
            continue;
        };
        for (name, before, after) in changed_definitions(&before, &after) {
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
        // The other files need not be parsed.
        if pairs.len() > MAX_DEFINITIONS {
            return Err(GoldRejection::NotFocused);
        }
    }
    match pairs.len() {
        0 if any => Err(GoldRejection::NoDefinition),
        0 => Err(GoldRejection::NoCode),
        _ => Ok(pairs),
    }
}

/// The functions and methods of one version of a file by their qualified name. Overloads cannot be told apart by name: they have no text.
type Definitions = BTreeMap<String, Option<String>>;

/// Versions of files that are kept, because the next older commit may have changed the same file.
const MAX_VERSIONS: usize = 16;

/// Parses versions of files.
struct Files<'t, 'r> {
    texts: &'t Texts<'r>,
    parsed: VecDeque<(gix::ObjectId, Rc<Definitions>)>,
}

impl<'t, 'r> Files<'t, 'r> {
    fn new(texts: &'t Texts<'r>) -> Self {
        Files {
            texts,
            parsed: VecDeque::new(),
        }
    }

    /// Returns the definitions before and after a change.
    fn versions(&mut self, file: &FileChange) -> Option<(Rc<Definitions>, Rc<Definitions>)> {
        let (before, after) = file.versions()?;
        Some((
            self.version(before, &file.path)?,
            self.version(after, &file.path)?,
        ))
    }

    fn version(&mut self, id: gix::ObjectId, path: &str) -> Option<Rc<Definitions>> {
        if let Some((_, known)) = self.parsed.iter().find(|(known, _)| *known == id) {
            return Some(known.clone());
        }
        let definitions = Rc::new(definitions(path, &self.texts.text(id)?));
        if self.parsed.len() == MAX_VERSIONS {
            self.parsed.pop_front();
        }
        self.parsed.push_back((id, definitions.clone()));
        Some(definitions)
    }
}

fn definitions(path: &str, text: &str) -> Definitions {
    let symbols = extract(Language::detect(path, text), path, text)
        .facts
        .symbols;
    let mut definitions = Definitions::new();
    for symbol in &symbols {
        if matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method) {
            let before = text.get(..symbol.span.start as usize).unwrap_or_default();
            let start = before.rfind('\n').map_or(0, |at| at + 1);
            let lines = text.get(start..symbol.span.end as usize);
            // A definition may begin in the middle of a line.
            let code = lines.filter(|lines| {
                lines.trim_start().len() == (symbol.span.end - symbol.span.start) as usize
            });
            let text = code.map_or_else(
                || symbol.span.of(text).map(str::to_owned),
                |code| Some(dedent(code)),
            );
            definitions
                .entry(qualified(&symbols, symbol))
                .and_modify(|known| *known = None)
                .or_insert(text);
        }
    }
    definitions
}

/// Returns the definitions that are in both versions with a different body.
fn changed_definitions(before: &Definitions, after: &Definitions) -> Vec<(String, String, String)> {
    let mut changed = Vec::new();
    for (name, is) in after {
        let (Some(is), Some(Some(was))) = (is, before.get(name)) else {
            continue;
        };
        let differs = !was.split_whitespace().eq(is.split_whitespace());
        if differs && was.len() <= MAX_DEFINITION && is.len() <= MAX_DEFINITION {
            changed.push((name.clone(), was.clone(), is.clone()));
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
        let changed =
            changed_definitions(&definitions("x.py", before), &definitions("x.py", after));
        let names: Vec<_> = changed.iter().map(|(name, _, _)| name.as_str()).collect();
        assert_eq!(names, ["a.b"]);
        assert_eq!(changed[0].2.trim(), "def b():\n    return 2");
    }
}
