//! An excerpt of a file in a prompt, and whether it differs from excerpts earlier in the conversation.

use std::cmp::{max, min};
use std::sync::Arc;

use repo_indexer::LineRange;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// `path#L10-L24`
    pub place: Arc<str>,
    /// The root's index, the path in it, and the lines.
    pub at: (usize, Arc<str>, LineRange),
    pub language: &'static str,
    pub text: String,
    /// Whether the end was cut off to fit the budget.
    pub cut: bool,
    /// Whether an earlier excerpt of these lines had another text.
    pub changed: bool,
}

/// How an excerpt compares with the earlier ones of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repetition {
    First,
    /// The text of these lines has changed.
    Changed,
    Unchanged,
}

impl Excerpt {
    /// Compares with the excerpts shown earlier, in order; of two with the same lines the later one counts.
    pub fn repetition<'e>(
        &self,
        shown: impl DoubleEndedIterator<Item = &'e Excerpt>,
    ) -> Repetition {
        let lines = &self.at.2;
        for earlier in shown.rev() {
            let its_lines = &earlier.at.2;
            let both = LineRange {
                first: max(lines.first, its_lines.first),
                last: min(lines.last, its_lines.last),
            };
            if self.file() != earlier.file() || both.first > both.last {
                continue;
            }
            if !self.lines(both).eq(earlier.lines(both)) {
                return Repetition::Changed;
            }
            if both == *lines {
                return Repetition::Unchanged;
            }
        }
        Repetition::First
    }

    /// The file as a citation has it. The index of its root may differ between questions.
    fn file(&self) -> &str {
        let file = self.place.rsplit_once("#L");
        file.map_or(&self.place, |(file, _)| file)
    }

    /// Returns the given lines of the file, as far as they are in the excerpt.
    fn lines(&self, wanted: LineRange) -> impl Iterator<Item = &str> {
        let before = (wanted.first - self.at.2.first) as usize;
        let count = (wanted.last - wanted.first) as usize + 1;
        self.text.lines().skip(before).take(count)
    }

    /// The label and text; code names in them count as known.
    pub fn words(&self) -> String {
        format!("{}\n{}", self.place, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An excerpt of `path`, whose lines are `text`, the first one being `first`.
    fn excerpt((path, first, text): (&str, u32, &str)) -> Excerpt {
        let last = first + text.lines().count() as u32 - 1;
        Excerpt {
            place: format!("{path}#L{}-L{}", first + 1, last + 1).into(),
            at: (0, path.into(), LineRange { first, last }),
            language: "text",
            text: text.to_owned(),
            cut: false,
            changed: false,
        }
    }

    #[track_caller]
    fn check(shown: &[(&str, u32, &str)], now: (&str, u32, &str), expected: Repetition) {
        let shown: Vec<_> = shown.iter().copied().map(excerpt).collect();
        assert_eq!(excerpt(now).repetition(shown.iter()), expected, "{now:?}");
    }

    #[test]
    fn only_what_was_not_shown_as_it_is_now_is_news() {
        let shown = [("a", 3, "one\ntwo\nthree\n")];
        check(&[], ("a", 3, "one\n"), Repetition::First);
        check(&shown, ("b", 3, "one\n"), Repetition::First);
        check(&shown, ("a", 6, "four\n"), Repetition::First);
        check(&shown, ("a", 3, "one\ntwo\nthree\n"), Repetition::Unchanged);
        check(&shown, ("a", 4, "two\n"), Repetition::Unchanged);
        check(&shown, ("a", 5, "three\nfour\n"), Repetition::First);
        check(&shown, ("a", 4, "zwei\n"), Repetition::Changed);
        check(&shown, ("a", 4, "two\ndrei\nfour\n"), Repetition::Changed);
    }

    #[test]
    fn the_last_word_counts() {
        let shown = [("a", 3, "one\ntwo\n"), ("a", 4, "zwei\ndrei\n")];
        check(&shown, ("a", 4, "zwei\n"), Repetition::Unchanged);
        check(&shown, ("a", 4, "two\n"), Repetition::Changed);
        check(&shown, ("a", 3, "one\n"), Repetition::Unchanged);
    }
}
