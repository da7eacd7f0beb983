//! The files of a dataset beside its samples: raw text, embedding pairs, and the gold standard.

use super::DatasetError;
use super::build::Build;
use crate::gates::{DropReason, redact};
use crate::gold_standard::GoldStandard;
use crate::history::Commit;
use crate::pairs::embedding_pairs;
use crate::raw_text::raw_text;
use crate::sample::Split;

/// Definitions that pairs for an embedding model are made of.
const MAX_PAIRED: usize = 20_000;

impl Build<'_, '_> {
    /// Writes the files that are trained on, for continued pre-training.
    pub(super) fn add_raw_text(&mut self) -> Result<(), DatasetError> {
        let writer = &mut self.writer;
        let redacted = raw_text(self.repository, |piece| writer.row("raw.jsonl", &piece))?;
        self.counter.statistics.redacted += redacted;
        Ok(())
    }

    /// Writes the pairs of an embedding model: those of held-out files into a file of their own.
    pub(super) fn add_pairs(
        &mut self,
        commits: &[Commit],
        gold: &GoldStandard,
    ) -> Result<(), DatasetError> {
        let mut pairs = embedding_pairs(self.repository, commits, &gold.pairs, MAX_PAIRED);
        let all = pairs.len();
        pairs.retain(|pair| !self.golden.is_close(&pair.query));
        let golden = (all - pairs.len()) as u64;
        if golden > 0 {
            self.counter.drop(DropReason::GoldenOverlap, "pair", golden);
        }
        for (name, train) in [("pairs.csv", true), ("pairs_test.csv", false)] {
            let mut csv = csv::Writer::from_writer(Vec::new());
            let mut rows = 0;
            for pair in pairs
                .iter()
                .filter(|pair| (pair.split == Split::Train) == train)
            {
                csv.serialize(pair)
                    .map_err(|error| DatasetError::Csv(error.to_string()))?;
                rows += 1;
                if train {
                    *self
                        .counter
                        .statistics
                        .pairs
                        .entry(pair.family.name().to_owned())
                        .or_default() += 1;
                }
            }
            let content = csv
                .into_inner()
                .map_err(|error| DatasetError::Csv(error.to_string()))?;
            if rows > 0 {
                self.writer.file(name, &content, rows)?;
            }
        }
        Ok(())
    }

    /// Writes the functions before and after focused changes: those of held-out files into a file of their own.
    pub(super) fn add_gold_standard(&mut self, gold: &GoldStandard) -> Result<(), DatasetError> {
        for pair in &gold.pairs {
            if self.golden.is_close(&pair.instruction) {
                self.counter.drop(DropReason::GoldenOverlap, "gold", 1);
                continue;
            }
            let mut pair = pair.clone();
            let texts = [&mut pair.instruction, &mut pair.before, &mut pair.after];
            self.counter.statistics.redacted += texts.into_iter().map(redact).sum::<u64>();
            let name = match pair.split {
                Split::Train => "gold.jsonl",
                Split::Valid | Split::Test => "gold_test.jsonl",
            };
            self.writer.row(name, &pair)?;
        }
        self.counter.statistics.gold_rejected = gold
            .rejected
            .iter()
            .map(|(reason, count)| (reason.describe(), *count))
            .collect();
        Ok(())
    }
}
