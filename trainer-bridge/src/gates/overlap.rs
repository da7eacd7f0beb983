//! Questions that were asked before, and questions that are close to a golden question.

use std::collections::HashSet;

use crate::curate::DuplicateIndex;
use crate::golden::GoldenQuestion;

/// Golden questions, compared by their words.
pub(crate) struct GoldenOverlap(DuplicateIndex);

/// The Jaccard similarity of words and pairs of words from which a question is too close.
const GOLDEN_THRESHOLD: f64 = 0.6;

impl GoldenOverlap {
    pub fn new(golden: &[GoldenQuestion]) -> Self {
        let mut index = DuplicateIndex::new(GOLDEN_THRESHOLD);
        for question in golden {
            index.add(&question.question);
        }
        GoldenOverlap(index)
    }

    pub fn is_close(&self, question: &str) -> bool {
        self.0.find(question).is_some()
    }
}

/// The questions so far, compared without case, punctuation and spaces. Only a hash of each is kept.
#[derive(Default)]
pub(crate) struct AskedQuestions(HashSet<u64>);

impl AskedQuestions {
    /// Adds a question. Returns whether it is new.
    pub fn insert(&mut self, question: &str) -> bool {
        let mut hasher = blake3::Hasher::new();
        for c in question
            .chars()
            .filter(|c| c.is_alphanumeric() || "_./:-".contains(*c))
        {
            for lower in c.to_lowercase() {
                hasher.update(lower.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        let mut number = [0; 8];
        number.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        self.0.insert(u64::from_le_bytes(number))
    }
}
