//! Measures how much of inserted code is still in a document.

use std::sync::Arc;

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};
use std::time::{Duration, Instant};

/// A comparison that takes longer is approximate.
const DIFF_TIMEOUT: Duration = Duration::from_millis(500);

/// Code of an answer that was inserted into a document.
#[derive(Debug, Clone)]
pub struct Inserted {
    /// The document right after the insertion.
    pub text: Arc<str>,
    /// The inserted lines, zero-based: the first, and the end (exclusive).
    pub lines: (usize, usize),
}

impl Inserted {
    /// The lines that bytes `start..end` of a text touch.
    pub fn new(text: Arc<str>, start: usize, end: usize) -> Self {
        let line_of = |at: usize| {
            text.as_bytes()[..at.min(text.len())]
                .iter()
                .filter(|&&b| b == b'\n')
                .count()
        };
        let (first, mut behind) = (line_of(start), line_of(end));
        let ends_inside = end > start && text.as_bytes().get(end - 1) != Some(&b'\n');
        if ends_inside {
            behind += 1;
        }
        Inserted {
            text,
            lines: (first, behind),
        }
    }
}

/// Returns the share (0 to 1) of the inserted characters, without white space, whose lines are unchanged and in order in `now`.
pub fn share(inserted: &Inserted, now: &str) -> f64 {
    let line =
        |text: &'_ str| -> Vec<String> { text.lines().map(|l| l.trim().to_owned()).collect() };
    let (then, now) = (line(&inserted.text), line(now));
    let weight = |from: usize, to: usize| -> usize {
        let lines = then.get(from..to.min(then.len())).unwrap_or_default();
        lines.iter().map(|line| line.chars().count()).sum()
    };
    let (first, behind) = inserted.lines;
    let all = weight(first, behind);
    if all == 0 {
        return 0.0;
    }
    let deadline = Instant::now() + DIFF_TIMEOUT;
    let diff = capture_diff_slices_deadline(Algorithm::Myers, &then, &now, Some(deadline));
    let kept: usize = diff
        .iter()
        .map(|op| match op {
            DiffOp::Equal { old_index, len, .. } => {
                let (from, to) = (first.max(*old_index), behind.min(old_index + len));
                if from < to { weight(from, to) } else { 0 }
            }
            _ => 0,
        })
        .sum();
    kept as f64 / all as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text between the bars was inserted.
    #[track_caller]
    fn check(then: &str, now: &str, expected: f64) {
        let start = then.find('|').unwrap();
        let end = then.rfind('|').unwrap() - 1;
        let inserted = Inserted::new(then.replace('|', "").into(), start, end);
        let found = share(&inserted, now);
        assert!((found - expected).abs() < 0.005, "{found} for {now:?}");
    }

    #[test]
    fn what_is_left_counts_by_its_characters() {
        check("a\n|bbbb\ncccc\n|d\n", "a\nbbbb\ncccc\nd\n", 1.0);
        check("a\n|bbbb\ncccc\n|d\n", "a\nd\n", 0.0);
        check("a\n|bbbb\ncccc\n|d\n", "a\nbbbb\nchanged\nd\n", 0.5);
        check("a\n|bb\ncccccc\n|d\n", "a\ncccccc\nd\n", 0.75);
    }

    #[test]
    fn what_is_typed_around_it_and_how_it_is_indented_does_not_count() {
        check(
            "a\n|bbbb\ncccc\n|d\n",
            "new\nlines\na\n    bbbb\nbetween\n    cccc\nchanged\n",
            1.0,
        );
    }

    #[test]
    fn nothing_inserted_is_nothing_left() {
        check("a\n||b\n", "a\nb\n", 0.0);
        check("a\n|\n\n|b\n", "a\nb\n", 0.0);
        check("|all of it|", "all of it", 1.0);
    }

    #[test]
    fn the_same_line_elsewhere_is_not_what_was_inserted() {
        check("}\n|}\n|", "}\n", 0.0);
    }
}
