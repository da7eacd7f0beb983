//! Takes secrets and addresses of people out of a text, before anything of it is written.
//!
//! What counts as a secret stands in `rules.toml` and nowhere else; here is only how rules are applied. A keyword has to occur before a
//! rule's expression is tried at all, so that ordinary text costs one pass. It knows nothing of interactions, files or databases.

mod checks;
mod rules;
mod values;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

pub use rules::RulesError;
use rules::{Rule, read};

use crate::Redaction;

/// A text that is all placeholders after this many passes is left as it is. Two have been enough for every text tried.
const PASSES: usize = 6;

/// What stands before and behind the kind of a secret, in its place.
const OPEN: &str = "[redacted:";
const CLOSE: &str = "]";

/// The rules, ready for use.
pub struct Redactor {
    rules: Vec<Rule>,
    keywords: AhoCorasick,
    /// The rule of each keyword.
    owner: Vec<usize>,
}

static BUILT_IN: LazyLock<Redactor> = LazyLock::new(|| {
    #[expect(
        clippy::expect_used,
        reason = "the rules are part of the program, and a test reads them"
    )]
    Redactor::new(include_str!("rules.toml")).expect("the built-in rules are well formed")
});

impl Redactor {
    /// The rules that come with the program.
    pub fn built_in() -> &'static Redactor {
        &BUILT_IN
    }

    /// Rules written as `rules.toml` is.
    pub fn new(toml: &str) -> Result<Self, RulesError> {
        let rules = read(toml)?;
        let pairs: Vec<(usize, &str)> = rules
            .iter()
            .enumerate()
            .flat_map(|(at, rule)| rule.keywords.iter().map(move |word| (at, word.as_str())))
            .collect();
        let keywords = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(pairs.iter().map(|(_, word)| word))
            .map_err(|error| RulesError::Keywords(error.to_string()))?;
        let owner = pairs.iter().map(|(at, _)| *at).collect();
        Ok(Self {
            rules,
            keywords,
            owner,
        })
    }

    /// `text` with `[redacted:kind]` in place of each secret, and what was taken out. Doing it again changes nothing.
    pub fn redact<'t>(&self, text: &'t str) -> (Cow<'t, str>, Vec<Redaction>) {
        let mut counts = Vec::new();
        let mut text = Cow::Borrowed(text);
        // What was hidden by a secret beside it may only show once that one is gone.
        for _ in 0..PASSES {
            let found = self.find(&text);
            if found.is_empty() {
                break;
            }
            text = Cow::Owned(self.replaced(&text, &found, &mut counts));
        }
        (text, counts)
    }

    fn replaced(
        &self,
        text: &str,
        found: &[(Range<usize>, usize)],
        counts: &mut Vec<Redaction>,
    ) -> String {
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for (span, rule) in found {
            let kind = &self.rules[*rule].kind;
            out.push_str(&text[done..span.start]);
            out.push_str(OPEN);
            out.push_str(kind);
            out.push_str(CLOSE);
            done = span.end;
            add(counts, kind, 1);
        }
        out.push_str(&text[done..]);
        out
    }

    /// Where secrets stood before. Only a kind that there is makes a placeholder: who asks about one writes its beginning, or puts into
    /// the brackets what is secret.
    fn placeholders(&self, text: &str) -> Vec<Range<usize>> {
        text.match_indices(OPEN)
            .filter_map(|(start, open)| {
                let inside = start + open.len();
                let closed = |rule: &&Rule| {
                    let rest = text[inside..].strip_prefix(&rule.kind);
                    rest.is_some_and(|rest| rest.starts_with(CLOSE))
                };
                let rule = self.rules.iter().find(closed)?;
                Some(start..inside + rule.kind.len() + CLOSE.len())
            })
            .collect()
    }

    /// Where secrets stand, in their order and without overlap, each with the first rule that found it.
    fn find(&self, text: &str) -> Vec<(Range<usize>, usize)> {
        let mut wanted = vec![false; self.rules.len()];
        for word in self.keywords.find_overlapping_iter(text) {
            wanted[self.owner[word.pattern().as_usize()]] = true;
        }
        let placeholders = self.placeholders(text);
        let mut spans: Vec<(Range<usize>, usize)> = Vec::new();
        for (at, rule) in self.rules.iter().enumerate().filter(|(at, _)| wanted[*at]) {
            spans.extend(rule.find(text, &placeholders).map(|span| (span, at)));
        }
        spans.sort_by_key(|(span, rule)| (span.start, span.end, *rule));
        let mut merged: Vec<(Range<usize>, usize)> = Vec::with_capacity(spans.len());
        for (span, rule) in spans {
            match merged.last_mut() {
                Some((last, first_rule)) if span.start < last.end => {
                    last.end = last.end.max(span.end);
                    *first_rule = rule.min(*first_rule);
                }
                _ => merged.push((span, rule)),
            }
        }
        merged
    }
}

/// Counts `count` more of `kind`; the list stays sorted.
pub(crate) fn add(counts: &mut Vec<Redaction>, kind: &str, count: u32) {
    match counts.binary_search_by(|redaction| redaction.kind.as_str().cmp(kind)) {
        Ok(at) => counts[at].count = counts[at].count.saturating_add(count),
        Err(at) => counts.insert(
            at,
            Redaction {
                kind: kind.to_owned(),
                count,
            },
        ),
    }
}

#[cfg(test)]
mod tests;
