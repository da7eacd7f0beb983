//! A piece of the repository as a model is shown it, and what of it is news to a model that was shown others before.

use std::cmp::{max, min};
use std::sync::Arc;

use repo_indexer::LineRange;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// `path#L10-L24`
    pub place: Arc<str>,
    /// The same in parts: which root, which file of it, which lines.
    pub at: (usize, Arc<str>, LineRange),
    pub language: &'static str,
    pub text: String,
    /// Whether its end was left out.
    pub cut: bool,
    /// Whether what stood there was shown before, and was different.
    pub changed: bool,
}

/// What an excerpt tells a model beyond what it has been shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    New,
    /// Other words than those that stood there.
    Changed,
    Nothing,
}

impl Excerpt {
    /// `shown` is in the order in which it was: of two that were shown of the same lines, the later one counts.
    pub fn news<'e>(&self, shown: impl DoubleEndedIterator<Item = &'e Excerpt>) -> News {
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
                return News::Changed;
            }
            if both == *lines {
                return News::Nothing;
            }
        }
        News::New
    }

    /// The name of its file, as a citation has it. The number of its root may be another one after each question.
    fn file(&self) -> &str {
        let file = self.place.rsplit_once("#L");
        file.map_or(&self.place, |(file, _)| file)
    }

    /// Lines of it, by their places in the file.
    fn lines(&self, wanted: LineRange) -> impl Iterator<Item = &str> {
        let before = (wanted.first - self.at.2.first) as usize;
        let count = (wanted.last - wanted.first) as usize + 1;
        self.text.lines().skip(before).take(count)
    }

    /// Its words, which an answer may use.
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
    fn check(shown: &[(&str, u32, &str)], now: (&str, u32, &str), expected: News) {
        let shown: Vec<_> = shown.iter().copied().map(excerpt).collect();
        assert_eq!(excerpt(now).news(shown.iter()), expected, "{now:?}");
    }

    #[test]
    fn only_what_was_not_shown_as_it_is_now_is_news() {
        let shown = [("a", 3, "one\ntwo\nthree\n")];
        check(&[], ("a", 3, "one\n"), News::New);
        check(&shown, ("b", 3, "one\n"), News::New);
        check(&shown, ("a", 6, "four\n"), News::New);
        check(&shown, ("a", 3, "one\ntwo\nthree\n"), News::Nothing);
        check(&shown, ("a", 4, "two\n"), News::Nothing);
        check(&shown, ("a", 5, "three\nfour\n"), News::New);
        check(&shown, ("a", 4, "zwei\n"), News::Changed);
        check(&shown, ("a", 4, "two\ndrei\nfour\n"), News::Changed);
    }

    #[test]
    fn the_last_word_counts() {
        let shown = [("a", 3, "one\ntwo\n"), ("a", 4, "zwei\ndrei\n")];
        check(&shown, ("a", 4, "zwei\n"), News::Nothing);
        check(&shown, ("a", 4, "two\n"), News::Changed);
        check(&shown, ("a", 3, "one\n"), News::Nothing);
    }
}
