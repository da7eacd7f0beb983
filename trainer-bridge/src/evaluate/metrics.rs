//! Metrics of a ranking: recall@10, all-gold@10, Acc@1, Acc@5 and the mean reciprocal rank.

/// The metrics of the questions that were added, each as a mean over questions.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RankingMetrics {
    questions: usize,
    // Sums over questions.
    recall: f64,
    all_gold: f64,
    first: f64,
    first_five: f64,
    reciprocal_rank: f64,
}

impl RankingMetrics {
    pub const NAMES: [&str; 5] = ["recall@10", "all-gold@10", "Acc@1", "Acc@5", "MRR"];

    /// Adds one question with at least one gold file. Acc@k is the share of questions with a gold file among the first k.
    pub fn add(&mut self, gold: &[&str], ranked: &[String]) {
        let found = ranked
            .iter()
            .take(10)
            .filter(|path| gold.contains(&path.as_str()))
            .count();
        let rank = ranked.iter().position(|path| gold.contains(&path.as_str()));
        let indicator = |holds: bool| f64::from(u8::from(holds));
        self.questions += 1;
        self.recall += found as f64 / gold.len() as f64;
        self.all_gold += indicator(found == gold.len());
        self.first += indicator(rank == Some(0));
        self.first_five += indicator(rank.is_some_and(|rank| rank < 5));
        self.reciprocal_rank += rank.map_or(0.0, |rank| 1.0 / (rank + 1) as f64);
    }

    /// Adds all questions of `other`.
    pub fn merge(&mut self, other: Self) {
        self.questions += other.questions;
        self.recall += other.recall;
        self.all_gold += other.all_gold;
        self.first += other.first;
        self.first_five += other.first_five;
        self.reciprocal_rank += other.reciprocal_rank;
    }

    pub fn questions(&self) -> usize {
        self.questions
    }

    /// Returns the means in the order of [`Self::NAMES`]: percentages, and the last one between 0 and 1. All are 0 without a question.
    pub fn values(&self) -> [f64; 5] {
        let n = self.questions.max(1) as f64;
        let percent = |sum: f64| 100.0 * sum / n;
        [
            percent(self.recall),
            percent(self.all_gold),
            percent(self.first),
            percent(self.first_five),
            self.reciprocal_rank / n,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_means_over_questions() {
        let ranked: Vec<String> = ["x", "a", "b"].map(str::to_owned).into();
        let mut metrics = RankingMetrics::default();
        metrics.add(&["a", "b"], &ranked);
        metrics.add(&["x", "missing"], &ranked);
        assert_eq!(metrics.values(), [75.0, 50.0, 50.0, 100.0, 0.75]);
        metrics.add(&["missing"], &[]);
        assert_eq!(metrics.values()[1], 100.0 / 3.0);
    }
}
