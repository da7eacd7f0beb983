//! Redacts secrets and email addresses in a text before it is written.
//!
//! The rules are in `rules.toml`. A rule's pattern is tried only if one of its keywords occurs, so that ordinary text needs one pass.

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

/// Redaction is repeated until nothing is found, at most this often. Two passes were enough for every text tried.
const MAX_PASSES: usize = 6;

/// A secret is replaced by `[redacted:kind]`.
pub(crate) const PLACEHOLDER_START: &str = "[redacted:";
const PLACEHOLDER_END: &str = "]";

/// Compiled redaction rules.
pub struct Redactor {
    rules: Vec<Rule>,
    keywords: AhoCorasick,
    /// The index of the rule of each keyword.
    rule_of_keyword: Vec<usize>,
}

static BUILT_IN: LazyLock<Redactor> = LazyLock::new(|| {
    #[expect(
        clippy::expect_used,
        reason = "the rules are constants, and a test compiles them"
    )]
    Redactor::new(include_str!("rules.toml")).expect("the built-in rules are valid")
});

impl Redactor {
    /// Returns the built-in rules.
    pub fn built_in() -> &'static Redactor {
        &BUILT_IN
    }

    /// Compiles rules in the format of `rules.toml`.
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
        let rule_of_keyword = pairs.iter().map(|(at, _)| *at).collect();
        Ok(Self {
            rules,
            keywords,
            rule_of_keyword,
        })
    }

    /// Replaces each secret by `[redacted:kind]`. Returns the text and the number of secrets of each kind. Redacting the result again
    /// changes nothing.
    pub fn redact<'t>(&self, text: &'t str) -> (Cow<'t, str>, Vec<Redaction>) {
        let mut counts = Vec::new();
        let mut text = Cow::Borrowed(text);
        // A secret may only be recognized once an adjacent one is replaced.
        for _ in 0..MAX_PASSES {
            let found = self.find(&text);
            if found.is_empty() {
                break;
            }
            text = Cow::Owned(self.replace(&text, &found, &mut counts));
        }
        (text, counts)
    }

    fn replace(
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
            out.push_str(PLACEHOLDER_START);
            out.push_str(kind);
            out.push_str(PLACEHOLDER_END);
            done = span.end;
            add(counts, kind, 1);
        }
        out.push_str(&text[done..]);
        out
    }

    /// Returns the ranges of placeholders. The kind must be that of a rule: a text about redaction may contain only the beginning of a
    /// placeholder, or a secret in the brackets.
    fn placeholders(&self, text: &str) -> Vec<Range<usize>> {
        text.match_indices(PLACEHOLDER_START)
            .filter_map(|(start, open)| {
                let inside = start + open.len();
                let closed = |rule: &&Rule| {
                    let rest = text[inside..].strip_prefix(&rule.kind);
                    rest.is_some_and(|rest| rest.starts_with(PLACEHOLDER_END))
                };
                let rule = self.rules.iter().find(closed)?;
                Some(start..inside + rule.kind.len() + PLACEHOLDER_END.len())
            })
            .collect()
    }

    /// Returns the ranges of secrets, in order and without overlap, each with the index of the first rule that matches.
    fn find(&self, text: &str) -> Vec<(Range<usize>, usize)> {
        let mut tried = vec![false; self.rules.len()];
        for word in self.keywords.find_overlapping_iter(text) {
            tried[self.rule_of_keyword[word.pattern().as_usize()]] = true;
        }
        let placeholders = self.placeholders(text);
        let mut spans: Vec<(Range<usize>, usize)> = Vec::new();
        for (at, rule) in self.rules.iter().enumerate().filter(|(at, _)| tried[*at]) {
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

/// Adds to the count of a kind. The list is sorted by kind.
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
