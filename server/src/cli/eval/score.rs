//! The figures: recall@10, all-gold@10, Acc@1, Acc@5 and the mean reciprocal rank.

use serde_json::{Value, json};

/// Sums over questions; the figures are their means.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sums {
    pub questions: usize,
    recall: f64,
    all_gold: f64,
    first: f64,
    five: f64,
    reciprocal: f64,
}

pub(super) const NAMES: [&str; 5] = ["recall@10", "all-gold@10", "Acc@1", "Acc@5", "MRR"];

impl Sums {
    /// Adds one question. Acc@k asks whether any gold file is among the first k.
    pub(super) fn add(&mut self, gold: &[&str], ranked: &[String]) {
        let found = ranked
            .iter()
            .take(10)
            .filter(|path| gold.contains(&path.as_str()))
            .count();
        let rank = ranked.iter().position(|path| gold.contains(&path.as_str()));
        let flag = |holds: bool| f64::from(u8::from(holds));
        self.questions += 1;
        self.recall += found as f64 / gold.len() as f64;
        self.all_gold += flag(found == gold.len());
        self.first += flag(rank == Some(0));
        self.five += flag(rank.is_some_and(|rank| rank < 5));
        self.reciprocal += rank.map_or(0.0, |rank| 1.0 / (rank + 1) as f64);
    }

    pub(super) fn merge(&mut self, other: Sums) {
        self.questions += other.questions;
        self.recall += other.recall;
        self.all_gold += other.all_gold;
        self.first += other.first;
        self.five += other.five;
        self.reciprocal += other.reciprocal;
    }

    /// In the order of [`NAMES`]; per cent, except the last.
    pub(super) fn figures(&self) -> [f64; 5] {
        let n = self.questions.max(1) as f64;
        let percent = |sum: f64| 100.0 * sum / n;
        [
            percent(self.recall),
            percent(self.all_gold),
            percent(self.first),
            percent(self.five),
            self.reciprocal / n,
        ]
    }

    pub(super) fn json(&self) -> Value {
        let rounded = self.figures().map(|figure| (figure * 1e4).round() / 1e4);
        let mut object: serde_json::Map<_, _> = NAMES
            .iter()
            .zip(rounded)
            .map(|(name, figure)| ((*name).to_owned(), json!(figure)))
            .collect();
        object.insert("n".into(), json!(self.questions));
        object.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_means_over_questions() {
        let ranked: Vec<String> = ["x", "a", "b"].map(str::to_owned).into();
        let mut sums = Sums::default();
        sums.add(&["a", "b"], &ranked);
        sums.add(&["x", "missing"], &ranked);
        assert_eq!(sums.figures(), [75.0, 50.0, 50.0, 100.0, 0.75]);
        sums.add(&["missing"], &[]);
        assert_eq!(sums.figures()[1], 100.0 / 3.0);
    }
}
