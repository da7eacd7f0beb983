//! Evaluates retrieval: how well the search of a snapshot finds the gold files of golden questions, compared with plain BM25.
//!
//! Gold files are restricted to source files that are not tests, and a question that is left without a gold file is not counted. Nothing
//! here indexes, asks a model or prints.

mod bm25;
mod metrics;
mod source_files;

use std::collections::BTreeMap;

use repo_indexer::{Cancel, IndexError, Query, QueryScope, Snapshot};

pub use metrics::RankingMetrics;

use crate::golden::GoldenQuestion;

/// How retrieval is evaluated.
#[derive(Debug, Clone)]
pub struct RetrievalOptions {
    /// How many files are ranked for a question.
    pub limit: usize,
    /// Whether the baseline is ranked too, which reads all source files.
    pub baseline: bool,
}

/// Metrics of both rankings over the same questions.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RetrievalComparison {
    pub search: RankingMetrics,
    /// Plain BM25 over whole files. It finds nothing if it was not evaluated.
    pub baseline: RankingMetrics,
}

/// The result of an evaluation, which may span several repositories.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RetrievalReport {
    /// By the name of the repository: that of the question, or else that of the snapshot.
    pub repositories: BTreeMap<String, RetrievalComparison>,
    /// The ranked files by the id of the question, best first; also of questions without a gold file.
    pub ranked: BTreeMap<String, Vec<String>>,
    /// Questions without a gold file, which are in no metric.
    pub without_gold: usize,
}

impl RetrievalReport {
    /// Evaluates questions about the repository of a snapshot, and adds them to the report.
    pub fn add(
        &mut self,
        snapshot: &Snapshot,
        questions: &[&GoldenQuestion],
        options: &RetrievalOptions,
        cancel: &Cancel,
    ) -> Result<(), IndexError> {
        let baseline = if options.baseline {
            let texts: Vec<&str> = questions.iter().map(|it| it.question.as_str()).collect();
            bm25::rank_files(&source_files::read_all(snapshot.root()), &texts)
        } else {
            vec![Vec::new(); questions.len()]
        };
        for (question, mut baseline) in questions.iter().zip(baseline) {
            let query = Query {
                text: question.question.clone(),
                limit: options.limit,
                scope: QueryScope::Code,
            };
            let found = snapshot.search(&query, cancel)?;
            let ranked: Vec<String> = found
                .files
                .iter()
                .take(options.limit)
                .map(|file| file.path.to_string())
                .collect();
            baseline.truncate(options.limit);
            let gold: Vec<&str> = question
                .gold_files
                .iter()
                .map(String::as_str)
                .filter(|path| source_files::is_evaluated(path))
                .collect();
            if gold.is_empty() {
                self.without_gold += 1;
            } else {
                let name = match question.repo.as_str() {
                    "" => snapshot.name(),
                    repository => repository,
                };
                let comparison = self.repositories.entry(name.to_owned()).or_default();
                comparison.search.add(&gold, &ranked);
                comparison.baseline.add(&gold, &baseline);
            }
            self.ranked.insert(question.id.clone(), ranked);
        }
        Ok(())
    }

    /// Returns the metrics over the questions of all repositories.
    pub fn pooled(&self) -> RetrievalComparison {
        let mut pooled = RetrievalComparison::default();
        for comparison in self.repositories.values() {
            pooled.search.merge(comparison.search);
            pooled.baseline.merge(comparison.baseline);
        }
        pooled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::tests::snapshot_of;

    #[test]
    fn a_snapshot_is_evaluated_without_the_command_line() {
        let (_folder, snapshot) = snapshot_of(
            "//- /src/merge.py\ndef merge_segments(): \"\"\"Merges segments.\"\"\"\n//- /src/cache.py\nclass Cache: pass\n",
        );
        let question = |id: &str, gold: &str| GoldenQuestion {
            id: id.to_owned(),
            question: "where are segments merged?".to_owned(),
            gold_files: vec![gold.to_owned()],
            ..GoldenQuestion::default()
        };
        let questions = [
            question("found", "src/merge.py"),
            question("without gold", "tests/test_merge.py"),
        ];
        let options = RetrievalOptions {
            limit: 10,
            baseline: true,
        };
        let mut report = RetrievalReport::default();
        let questions: Vec<_> = questions.iter().collect();
        report
            .add(&snapshot, &questions, &options, &Cancel::new())
            .unwrap();
        assert_eq!(report.without_gold, 1);
        assert_eq!(report.ranked["without gold"][0], "src/merge.py");
        let demo = report.repositories["demo"];
        assert_eq!(demo, report.pooled());
        assert_eq!(demo.search.questions(), 1);
        assert_eq!(demo.search.values(), [100.0, 100.0, 100.0, 100.0, 1.0]);
        assert_eq!(demo.baseline.values(), demo.search.values());
    }
}
