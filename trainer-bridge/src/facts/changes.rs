//! What was changed and why, from commit messages and the files that the commits changed.

use std::collections::HashMap;

use super::{Context, Fact, FactKind};
use crate::history::{Commit, CommitClass};
use crate::sample::{CitedLines, SampleSource, Split};
use crate::split_of;

/// Files in an answer.
const MAX_LISTED: usize = 8;

pub(super) fn facts(context: &Context, commits: &[Commit]) -> Vec<Fact> {
    let mut subjects: HashMap<&str, u32> = HashMap::new();
    for commit in commits {
        *subjects.entry(&commit.subject).or_default() += 1;
    }
    commits
        .iter()
        .filter(|commit| {
            commit.class == CommitClass::Change && subjects.get(commit.subject.as_str()) == Some(&1)
        })
        .filter_map(|commit| fact(context, commit))
        .collect()
}

fn fact(context: &Context, commit: &Commit) -> Option<Fact> {
    // Files that are gone cannot be cited, and a fact about nothing else would only teach old paths.
    let files: Vec<_> = commit
        .files
        .iter()
        .filter_map(|file| context.repository.file(&file.path))
        .collect();
    let document = format!("commit {}", commit.id);
    let split = split_of(&document);
    let allowed = |file_split: Split| file_split == Split::Train || file_split == split;
    if files.is_empty() || files.iter().any(|file| !allowed(file.split)) {
        return None;
    }
    let listed: Vec<String> = files
        .iter()
        .take(MAX_LISTED)
        .map(|file| format!("- `{}`", file.path))
        .collect();
    let why = match commit.body.trim() {
        "" => String::new(),
        body => format!("{body}\n\n"),
    };
    let answer = format!(
        "The commit `{}` did that. {why}It changed:\n\n{}",
        commit.id.get(..10)?,
        listed.join("\n")
    );
    let first = files.first()?;
    let mut arguments = vec![
        ("subject", commit.subject.clone()),
        ("commit", commit.id.clone()),
    ];
    if !commit.body.trim().is_empty() {
        arguments.push(("reasoned", commit.subject.clone()));
    }
    Some(Fact {
        kind: FactKind::Change,
        arguments,
        reasoning: None,
        answer,
        source: SampleSource {
            file: first.path.to_string(),
            range: CitedLines { first: 1, last: 1 },
            blob: String::new(),
        },
        split,
    })
}
