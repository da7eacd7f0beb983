//! Finds near-duplicate questions exactly: every pair whose Jaccard similarity reaches the threshold is found.
//!
//! An inverted index over shingles with prefix filtering (Chaudhuri et al., "A Primitive Operator for Similarity Joins"). Two sets of
//! shingles that are similar enough share at least one shingle among the first few of each, in any fixed order. Only these prefixes
//! are indexed and looked up, and each candidate is then compared exactly.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Subtracted before rounding up, so that a rounding error never makes a prefix too short.
const ROUNDING: f64 = 1e-6;

/// An index of questions, numbered from 0 in the order in which they were added.
pub(crate) struct DuplicateIndex {
    /// The smallest Jaccard similarity of a duplicate, in (0, 1].
    threshold: f64,
    shingle_ids: HashMap<String, u32>,
    /// For each shingle, the questions that have it in their prefix, in ascending order.
    postings: HashMap<u32, Vec<usize>>,
    questions: Vec<Question>,
}

struct Question {
    /// Ids of words and of pairs of adjacent words, without repetition, in descending order.
    ///
    /// Ids are assigned on first sight, so rare shingles tend to have large ids and to come first. That keeps postings short.
    shingles: Vec<u32>,
    /// Identifiers: `what does open_index do` and `what does open_graph do` share most words and are different questions.
    identifiers: BTreeSet<String>,
}

impl DuplicateIndex {
    pub(crate) fn new(threshold: f64) -> Self {
        Self {
            threshold,
            shingle_ids: HashMap::new(),
            postings: HashMap::new(),
            questions: Vec::new(),
        }
    }

    /// Adds a question and returns its number.
    pub(crate) fn add(&mut self, text: &str) -> usize {
        let mut shingles = Vec::new();
        for shingle in shingles_of(text) {
            let next = self.shingle_ids.len() as u32;
            shingles.push(*self.shingle_ids.entry(shingle).or_insert(next));
        }
        shingles.sort_unstable_by_key(|id| Reverse(*id));
        let number = self.questions.len();
        for id in self.prefix(&shingles) {
            self.postings.entry(*id).or_default().push(number);
        }
        self.questions.push(Question {
            shingles,
            identifiers: identifiers_of(text),
        });
        number
    }

    /// Returns the first added question that is similar to `text`.
    pub(crate) fn find(&self, text: &str) -> Option<usize> {
        self.first(text, |_| true)
    }

    /// Returns the first added question that is similar to `text` and contains the same identifiers.
    pub(crate) fn find_same_identifiers(&self, text: &str) -> Option<usize> {
        let identifiers = identifiers_of(text);
        self.first(text, |known| known.identifiers == identifiers)
    }

    fn first(&self, text: &str, accept: impl Fn(&Question) -> bool) -> Option<usize> {
        // A shingle that is not in the index gets an id that no question has: it counts for the size and matches nothing.
        let mut unknown = self.shingle_ids.len() as u32;
        let mut shingles: Vec<u32> = shingles_of(text)
            .iter()
            .map(|shingle| {
                self.shingle_ids.get(shingle).copied().unwrap_or_else(|| {
                    unknown += 1;
                    unknown
                })
            })
            .collect();
        shingles.sort_unstable_by_key(|id| Reverse(*id));
        let candidates: BTreeSet<usize> = self
            .prefix(&shingles)
            .iter()
            .filter_map(|id| self.postings.get(id))
            .flatten()
            .copied()
            .collect();
        candidates.into_iter().find(|number| {
            let known = &self.questions[*number];
            jaccard(&shingles, &known.shingles) >= self.threshold && accept(known)
        })
    }

    /// The shingles of which a similar set must share at least one: a set of `n` shingles has at least `threshold * n` of them in
    /// common with a similar one, so these cannot all lie behind the first `n - threshold * n + 1`.
    fn prefix<'s>(&self, shingles: &'s [u32]) -> &'s [u32] {
        let common = (self.threshold * shingles.len() as f64 - ROUNDING).ceil();
        let common = (common as usize).clamp(1, shingles.len().max(1));
        &shingles[..(shingles.len() + 1 - common).min(shingles.len())]
    }
}

/// Words in lower case, and pairs of adjacent words.
fn shingles_of(text: &str) -> HashSet<String> {
    let words: Vec<String> = text
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let pairs: Vec<String> = words.windows(2).map(|pair| pair.join(" ")).collect();
    pairs.into_iter().chain(words).collect()
}

fn identifiers_of(text: &str) -> BTreeSet<String> {
    text.split_whitespace()
        .map(|word| word.trim_matches(|c: char| !(c.is_alphanumeric() || c == '_')))
        .filter(|word| is_identifier(word))
        .map(str::to_owned)
        .collect()
}

fn is_identifier(word: &str) -> bool {
    let joined =
        word.contains(['_', '.', '(', '/', '#']) || word.contains("::") || word.contains("->");
    let mut letters = word.chars();
    let mixed_case = letters.next().is_some() && letters.any(char::is_uppercase);
    joined || mixed_case || word.contains(|c: char| c.is_ascii_digit())
}

/// The size of the intersection divided by the size of the union. Both lists are in descending order without repetition.
fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let (mut left, mut right, mut common) = (0, 0, 0);
    while left < a.len() && right < b.len() {
        match a[left].cmp(&b[right]) {
            std::cmp::Ordering::Greater => left += 1,
            std::cmp::Ordering::Less => right += 1,
            std::cmp::Ordering::Equal => {
                left += 1;
                right += 1;
                common += 1;
            }
        }
    }
    f64::from(common) / (a.len() + b.len() - common as usize) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the index has to find: a loop over all questions.
    fn brute_force(questions: &[String], text: &str, threshold: f64) -> Option<usize> {
        let wanted = shingles_of(text);
        questions.iter().position(|question| {
            let known = shingles_of(question);
            let common = wanted.intersection(&known).count() as f64;
            common > 0.0
                && common / (wanted.len() as f64 + known.len() as f64 - common) >= threshold
        })
    }

    fn any_question() -> impl Strategy<Value = String> {
        // Few words, so that many pairs lie just above and just below the threshold.
        prop::collection::vec("[a-e]|[a-z]{2}", 0..12).prop_map(|words| words.join(" "))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn finds_exactly_what_brute_force_finds(
            questions in prop::collection::vec(any_question(), 0..40),
            changed in prop::collection::vec((any::<prop::sample::Index>(), "[a-z]"), 0..20),
            // Twentieths hit the similarity of short questions exactly.
            threshold in (1..=20_u32).prop_map(|part| f64::from(part) / 20.0),
        ) {
            let mut texts = questions.clone();
            if !questions.is_empty() {
                texts.extend(changed.iter().map(|(index, word)| format!("{} {word}", index.get(&questions))));
            }
            let mut index = DuplicateIndex::new(threshold);
            for (number, text) in texts.iter().enumerate() {
                prop_assert_eq!(index.find(text), brute_force(&texts[..number], text, threshold));
                prop_assert_eq!(index.add(text), number);
            }
            for text in &texts {
                prop_assert_eq!(index.find(text), brute_force(&texts, text, threshold));
            }
        }
    }

    #[test]
    fn a_question_without_words_is_similar_to_nothing() {
        let mut index = DuplicateIndex::new(0.5);
        index.add("?!");
        assert_eq!(index.find("?!"), None);
        assert_eq!(index.find("where"), None);
    }
}
