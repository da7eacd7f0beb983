//! Reads `rules.toml`, and finds what one rule matches. What a match must hold beside its shape is for [`super::checks`].

use std::ops::Range;

use regex::Regex;
use serde::Deserialize;

use super::checks::{Check, Found};
use super::values::entropy;

/// One rule, ready for use.
pub(super) struct Rule {
    pub(super) kind: String,
    pub(super) keywords: Vec<String>,
    regex: Regex,
    /// Groups that hold the secret; none if the whole match is one.
    groups: Vec<usize>,
    entropy: f64,
    check: Option<Check>,
}

#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("the redaction rules cannot be read: {0}")]
    Form(#[from] toml::de::Error),
    #[error("the redaction rule `{id}` has no valid expression: {reason}")]
    Expression { id: String, reason: String },
    #[error("the redaction rule `{id}` names a check that does not exist: `{check}`")]
    Check { id: String, check: String },
    #[error("the redaction rule `{0}` has no keyword, so it would never be tried")]
    NoKeyword(String),
    #[error("the keywords of the redaction rules cannot be searched for: {0}")]
    Keywords(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Written>,
}

/// A rule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    /// What it is replaced by; its id if there is one rule only.
    kind: Option<String>,
    keywords: Vec<String>,
    regex: String,
    #[serde(default)]
    entropy: f64,
    check: Option<String>,
    /// Where the shape is documented; for whoever reads the file.
    #[serde(rename = "source")]
    _source: String,
}

pub(super) fn read(toml: &str) -> Result<Vec<Rule>, RulesError> {
    let file: File = toml::from_str(toml)?;
    file.rule.into_iter().map(Rule::new).collect()
}

impl Rule {
    fn new(written: Written) -> Result<Self, RulesError> {
        let Written { id, .. } = written;
        if written.keywords.is_empty() {
            return Err(RulesError::NoKeyword(id));
        }
        let regex = match Regex::new(&written.regex) {
            Ok(regex) => regex,
            Err(error) => {
                return Err(RulesError::Expression {
                    id,
                    reason: error.to_string(),
                });
            }
        };
        let check = match written.check {
            None => None,
            Some(name) => match Check::named(&name) {
                Some(check) => Some(check),
                None => return Err(RulesError::Check { id, check: name }),
            },
        };
        let groups = regex
            .capture_names()
            .enumerate()
            .filter(|(_, name)| name.is_some_and(|name| name.starts_with("secret")))
            .map(|(at, _)| at)
            .collect();
        Ok(Self {
            kind: written.kind.unwrap_or(id),
            keywords: written.keywords,
            regex,
            groups,
            entropy: written.entropy,
            check,
        })
    }

    pub(super) fn find<'t>(
        &'t self,
        text: &'t str,
        placeholders: &'t [Range<usize>],
    ) -> impl Iterator<Item = Range<usize>> + 't {
        self.regex.captures_iter(text).filter_map(move |captures| {
            let whole = captures.get(0)?;
            let secret = match &self.groups[..] {
                [] => whole,
                groups => groups.iter().find_map(|group| captures.get(*group))?,
            };
            let span = beside_placeholders(placeholders, secret.range())?;
            let found = Found {
                text,
                before: &text[whole.start()..secret.start()],
                secret: secret.range(),
            };
            let holds = !secret.is_empty()
                && entropy(secret.as_str()) >= self.entropy
                && self.check.is_none_or(|check| check.holds(&found));
            holds.then_some(span)
        })
    }
}

/// What stands in the place of a secret is none; a secret that runs into a placeholder takes it along.
fn beside_placeholders(
    placeholders: &[Range<usize>],
    secret: Range<usize>,
) -> Option<Range<usize>> {
    // The placeholder that holds what stands at `at`.
    let around = |at: usize| {
        let next = placeholders.partition_point(|span| span.end <= at);
        placeholders.get(next).filter(|span| span.start <= at)
    };
    if around(secret.start).is_some_and(|span| span.start < secret.start) {
        return None;
    }
    let last = secret.end.checked_sub(1).and_then(around);
    let end = last.map_or(secret.end, |span| span.end);
    let mut own = secret.start;
    while let Some(span) = around(own) {
        own = span.end;
    }
    (own < end).then_some(secret.start..end)
}
