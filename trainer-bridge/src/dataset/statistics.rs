//! Counts of a dataset: samples by kind and split, drops by reason, coverage, lengths.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::gates::DropReason;
use crate::sample::{Sample, Split};

/// The upper bounds of the classes of answer lengths, in bytes; the last class has none.
pub(super) const LENGTH_CLASSES: [u64; 8] = [100, 200, 400, 800, 1600, 3200, 6400, u64::MAX];

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// By the kind of sample.
    pub kinds: BTreeMap<String, KindStatistics>,
    /// Facts and samples that were dropped, by reason and kind.
    pub dropped: BTreeMap<DropReason, BTreeMap<String, u64>>,
    /// Files that no sample is made of, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// Pairs for training an embedding model, by family.
    pub pairs: BTreeMap<String, u64>,
    /// Commits that are no example of a good change, by reason.
    pub gold_rejected: BTreeMap<String, u64>,
    /// Replaced secrets.
    pub redacted: u64,
    pub coverage: Coverage,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct KindStatistics {
    pub train: u64,
    pub valid: u64,
    pub test: u64,
    /// Different answers; a sample repeats its answer under several questions.
    pub answers: u64,
    /// Answers by length: the number in each class of `LENGTH_CLASSES`.
    pub lengths: [u64; LENGTH_CLASSES.len()],
}

impl KindStatistics {
    pub fn samples(&self) -> u64 {
        self.train + self.valid + self.test
    }
}

/// Which part of the repository the samples are about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    pub files: u64,
    pub covered_files: u64,
    /// Covered and all files by module.
    pub modules: BTreeMap<String, (u64, u64)>,
}

/// Counts while a dataset is written.
#[derive(Default)]
pub(super) struct Counter {
    pub statistics: Statistics,
    covered: BTreeSet<String>,
    /// Hashes of the answers so far, with their kind.
    answers: HashSet<u64>,
}

impl Counter {
    pub fn drop(&mut self, reason: DropReason, kind: &str, count: u64) {
        let kinds = self.statistics.dropped.entry(reason).or_default();
        match kinds.get_mut(kind) {
            Some(known) => *known += count,
            None => {
                kinds.insert(kind.to_owned(), count);
            }
        }
    }

    /// Counts samples with the same answer.
    pub fn keep(&mut self, sample: &Sample, count: u64) {
        if !self.covered.contains(&sample.metadata.source.file) {
            self.covered.insert(sample.metadata.source.file.clone());
        }
        let answer = sample
            .messages
            .last()
            .map_or(0, |message| message.content.len() as u64);
        let kind = self
            .statistics
            .kinds
            .entry(sample.metadata.kind.clone())
            .or_default();
        match sample.metadata.split {
            Split::Train => kind.train += count,
            Split::Valid => kind.valid += count,
            Split::Test => kind.test += count,
        }
        let mut hasher = DefaultHasher::new();
        let content = sample.messages.last().map(|message| &message.content);
        (&sample.metadata.kind, content).hash(&mut hasher);
        if !self.answers.insert(hasher.finish()) {
            return;
        }
        kind.answers += 1;
        let class = LENGTH_CLASSES.partition_point(|bound| *bound <= answer);
        kind.lengths[class.min(LENGTH_CLASSES.len() - 1)] += 1;
    }

    /// Completes the statistics. `files` are all files with their module.
    pub fn finish<'f>(mut self, files: impl Iterator<Item = (&'f str, &'f str)>) -> Statistics {
        let coverage = &mut self.statistics.coverage;
        for (path, module) in files {
            let counts = coverage.modules.entry(module.to_owned()).or_default();
            let is_covered = u64::from(self.covered.contains(path));
            coverage.files += 1;
            coverage.covered_files += is_covered;
            counts.0 += is_covered;
            counts.1 += 1;
        }
        self.statistics
    }
}

impl Statistics {
    pub fn samples(&self) -> u64 {
        self.kinds.values().map(KindStatistics::samples).sum()
    }

    pub fn dropped_total(&self) -> u64 {
        self.dropped.values().flat_map(BTreeMap::values).sum()
    }
}
