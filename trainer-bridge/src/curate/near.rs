//! Finds questions that are nearly the same: MinHash proposes, the exact share of common words decides.

use std::collections::BTreeSet;

use fnv::FnvBuildHasher;
use gaoya::minhash::{MinHashIndex, MinHasher, MinHasher32};

/// Proposes from about a third of common words on, which is well below what is asked for here: none is overlooked.
const BANDS: usize = 42;
const BAND_WIDTH: usize = 3;

/// Questions, in the order in which they were added.
pub(super) struct Near {
    hasher: MinHasher32<FnvBuildHasher>,
    index: MinHashIndex<u32, usize>,
    known: Vec<Words>,
    enough: f64,
}

struct Words {
    /// Words, and pairs of words that follow each other.
    shingles: BTreeSet<String>,
    /// Names of code. `what does open_index do` and `what does open_graph do` are two questions.
    names: BTreeSet<String>,
}

impl Near {
    pub(super) fn new(enough: f64) -> Self {
        Self {
            hasher: MinHasher32::new(BANDS * BAND_WIDTH),
            index: MinHashIndex::new(BANDS, BAND_WIDTH, 0.2),
            known: Vec::new(),
            enough,
        }
    }

    /// Its number, counted from 0.
    pub(super) fn add(&mut self, question: &str) -> usize {
        let words = Words::of(question);
        let number = self.known.len();
        if !words.shingles.is_empty() {
            self.index
                .insert(number, self.hasher.create_signature(words.shingles.iter()));
        }
        self.known.push(words);
        number
    }

    /// The first that shares enough words, whatever it names.
    pub(super) fn find(&self, question: &str) -> Option<usize> {
        self.first(&Words::of(question), |_, _| true)
    }

    /// The first that shares enough words and names the same things.
    pub(super) fn find_same(&self, question: &str) -> Option<usize> {
        self.first(&Words::of(question), |a, b| a.names == b.names)
    }

    fn first(&self, words: &Words, same: impl Fn(&Words, &Words) -> bool) -> Option<usize> {
        if words.shingles.is_empty() {
            return None;
        }
        let proposed = self
            .index
            .query_owned(&self.hasher.create_signature(words.shingles.iter()));
        proposed
            .into_iter()
            .filter(|number| {
                let known = &self.known[*number];
                common(&words.shingles, &known.shingles) >= self.enough && same(words, known)
            })
            .min()
    }
}

impl Words {
    fn of(question: &str) -> Self {
        let words: Vec<String> = question
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let pairs = words.windows(2).map(|pair| pair.join(" "));
        let names = question
            .split_whitespace()
            .map(|word| word.trim_matches(|c: char| !(c.is_alphanumeric() || c == '_')))
            .filter(|word| is_name(word))
            .map(str::to_owned)
            .collect();
        Self {
            shingles: pairs.chain(words.iter().cloned()).collect(),
            names,
        }
    }
}

fn is_name(word: &str) -> bool {
    let joined =
        word.contains(['_', '.', '(', '/', '#']) || word.contains("::") || word.contains("->");
    let mut letters = word.chars();
    let hump = letters.next().is_some() && letters.any(char::is_uppercase);
    joined || hump || word.contains(|c: char| c.is_ascii_digit())
}

/// The share of what is in both among what is in either (Jaccard).
fn common(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let both = a.intersection(b).count() as f64;
    both / (a.len() as f64 + b.len() as f64 - both)
}
