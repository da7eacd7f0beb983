//! Recognizes answers that loop, as small models write them.

use std::collections::HashSet;

/// Shorter answers repeat words of the question, which is no loop.
const MIN_WORDS: usize = 40;

/// Words of a phrase whose repetition is counted.
const PHRASE: usize = 5;

/// Whether less than half of the phrases of the prose are different. Code and lists repeat themselves by nature and are left out.
pub(super) fn is_repetitive(answer: &str) -> bool {
    let mut in_code = false;
    let prose = answer.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !in_code && !fence && !line.trim_start().starts_with(['-', '|', '*'])
    });
    let words: Vec<&str> = prose.flat_map(str::split_whitespace).collect();
    if words.len() < MIN_WORDS {
        return false;
    }
    let phrases = words.windows(PHRASE);
    let all = phrases.len();
    let different = phrases.collect::<HashSet<_>>().len();
    different * 2 < all
}
