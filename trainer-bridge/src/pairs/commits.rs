//! The subject of a commit as a query: it finds the functions and the files that the commit changed, as they are today.

use std::collections::HashMap;

use repo_indexer::SymbolInfo;

use super::negatives::Negatives;
use super::{EmbeddingPair, PairFamily, without_doc};
use crate::documents::file_outline;
use crate::gold_standard::GoldPair;
use crate::history::{Commit, CommitClass};
use crate::repository::{Repository, SourceFile};
use crate::sample::Split;

/// Files of a commit whose subject describes each of them.
const MAX_FILES: usize = 3;

/// Commits that describe one file.
const MAX_COMMITS_OF_FILE: usize = 5;

/// Bytes of an outline: an encoder reads 512 tokens.
const MAX_OUTLINE: usize = 1_500;

/// The functions that were changed and are still there under their name.
pub(super) fn of_functions(
    repository: &Repository,
    gold: &[GoldPair],
    definitions: &[(&SourceFile, &SymbolInfo)],
    negatives: &Negatives,
) -> Vec<EmbeddingPair> {
    let pair = |gold: &GoldPair| {
        let at = definitions.iter().position(|(file, symbol)| {
            *file.path == gold.path && symbol.qualified.replace("::", ".") == gold.name
        })?;
        let (file, symbol) = definitions[at];
        let near = negatives.near(at).map(|near| definitions[near]);
        Some(EmbeddingPair {
            query: subject(&gold.instruction).to_owned(),
            pos: without_doc(file, symbol)?,
            neg: near
                .and_then(|(file, symbol)| without_doc(file, symbol))
                .unwrap_or_default(),
            family: PairFamily::TextToCode,
            split: repository.file(&gold.path)?.split,
        })
    };
    gold.iter().filter_map(pair).collect()
}

fn subject(instruction: &str) -> &str {
    instruction.lines().next().unwrap_or_default()
}

/// The files of focused commits, each by its path and its outline.
pub(super) fn of_files(repository: &Repository, commits: &[Commit]) -> Vec<EmbeddingPair> {
    let mut pairs = Vec::new();
    let mut of_file: HashMap<&str, usize> = HashMap::new();
    for commit in commits {
        let focused = commit.class == CommitClass::Change && commit.files.len() <= MAX_FILES;
        for change in commit.files.iter().filter(|_| focused) {
            let Some(file) = repository.file(&change.path) else {
                continue;
            };
            if file.test || !file.language.is_code() || !says_something(file) {
                continue;
            }
            // The newest commits: the more a file has changed since, the less an old subject describes it.
            let count = of_file.entry(&file.path).or_default();
            if *count == MAX_COMMITS_OF_FILE {
                continue;
            }
            *count += 1;
            let changed = |path: &str| commit.files.iter().any(|change| change.path == path);
            let neighbour = neighbour(repository, file, changed);
            pairs.push(EmbeddingPair {
                query: commit.subject.clone(),
                pos: outline(file),
                neg: neighbour.map_or_else(String::new, outline),
                family: PairFamily::TextToCode,
                split: file.split,
            });
        }
    }
    pairs
}

fn outline(file: &SourceFile) -> String {
    let mut text = file_outline(file);
    text.truncate(text.floor_char_boundary(MAX_OUTLINE));
    text
}

/// Whether the outline of a file is more than its path.
fn says_something(file: &SourceFile) -> bool {
    file.symbols.len() > 1
}

/// The file next to `file` by path that has code of the same language and was not changed. A training pair shows no held-out file.
fn neighbour<'r>(
    repository: &'r Repository,
    file: &SourceFile,
    changed: impl Fn(&str) -> bool,
) -> Option<&'r SourceFile> {
    let at = repository.position(&file.path)?;
    let (before, after) = repository.files.split_at(at);
    let fits = |other: &&SourceFile| {
        other.path != file.path
            && other.language == file.language
            && !other.test
            && says_something(other)
            && !changed(&other.path)
            && (other.split == Split::Train || other.split == file.split)
    };
    let near = [
        before.iter().rev().find(fits),
        after.iter().skip(1).find(fits),
    ];
    let common = |other: &&SourceFile| {
        let pairs = other.path.bytes().zip(file.path.bytes());
        pairs.take_while(|(a, b)| a == b).count()
    };
    near.into_iter().flatten().max_by_key(common)
}
