//! What changed from one dataset to another.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::Serialize;

use super::DatasetError;
use super::folder::read_samples;

/// The samples that only one of two datasets has, by kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// Samples with the same question and the same answer.
    pub same: u64,
    pub kinds: BTreeMap<String, KindComparison>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct KindComparison {
    /// Questions that only the second dataset has.
    pub added: u64,
    /// Questions that only the first dataset has.
    pub removed: u64,
    /// Questions of both with another answer.
    pub changed: u64,
}

/// Compares two datasets by question and answer. Only a hash of each is held in memory.
pub fn compare_datasets(
    parent: &Path,
    first: &str,
    second: &str,
) -> Result<Comparison, DatasetError> {
    let mut known: HashMap<u64, (u64, String)> = HashMap::new();
    read_samples(parent, first, &mut |sample| {
        let (question, answer) = hashes(&sample.messages);
        known.insert(question, (answer, sample.metadata.kind));
        true
    })?;
    let mut comparison = Comparison::default();
    read_samples(parent, second, &mut |sample| {
        let (question, answer) = hashes(&sample.messages);
        match known.remove(&question) {
            Some((other, _)) if other == answer => comparison.same += 1,
            Some(_) => {
                comparison
                    .kinds
                    .entry(sample.metadata.kind)
                    .or_default()
                    .changed += 1
            }
            None => {
                comparison
                    .kinds
                    .entry(sample.metadata.kind)
                    .or_default()
                    .added += 1
            }
        }
        true
    })?;
    for (_, kind) in known.into_values() {
        comparison.kinds.entry(kind).or_default().removed += 1;
    }
    Ok(comparison)
}

/// Hashes of all messages but the last, and of the last.
fn hashes(messages: &[crate::sample::Message]) -> (u64, u64) {
    let (last, before) = match messages.split_last() {
        Some((last, before)) => (last.content.as_str(), before),
        None => ("", messages),
    };
    let mut question = blake3::Hasher::new();
    for message in before {
        question.update(message.content.as_bytes());
        question.update(&[0]);
    }
    let number = |hash: blake3::Hash| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hash.as_bytes()[..8]);
        u64::from_le_bytes(bytes)
    };
    (
        number(question.finalize()),
        number(blake3::hash(last.as_bytes())),
    )
}
