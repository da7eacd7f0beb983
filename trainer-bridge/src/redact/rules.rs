//! Reads `rules.toml` and finds the matches of a rule. Conditions that a pattern cannot express are in [`super::checks`].

use std::ops::Range;

use regex::Regex;
use serde::Deserialize;

use super::checks::{Check, Found};
use super::values::entropy;

/// A compiled rule.
pub(super) struct Rule {
    pub(super) kind: String,
    pub(super) keywords: Vec<String>,
    regex: Regex,
    /// Indexes of the groups that capture the secret. Empty if the whole match is the secret.
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
    rule: Vec<RuleText>,
}

/// A rule in `rules.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    id: String,
    /// The kind in the placeholder, which several rules may share. Defaults to the id.
    kind: Option<String>,
    keywords: Vec<String>,
    regex: String,
    #[serde(default)]
    entropy: f64,
    check: Option<String>,
    /// Where the format is documented, for readers of the file.
    #[serde(rename = "source")]
    _source: String,
}

pub(super) fn read(toml: &str) -> Result<Vec<Rule>, RulesError> {
    let file: File = toml::from_str(toml)?;
    file.rule.into_iter().map(Rule::new).collect()
}

impl Rule {
    fn new(text: RuleText) -> Result<Self, RulesError> {
        let RuleText { id, .. } = text;
        if text.keywords.is_empty() {
            return Err(RulesError::NoKeyword(id));
        }
        let regex = match Regex::new(&text.regex) {
            Ok(regex) => regex,
            Err(error) => {
                return Err(RulesError::Expression {
                    id,
                    reason: error.to_string(),
                });
            }
        };
        let check = match text.check {
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
            kind: text.kind.unwrap_or(id),
            keywords: text.keywords,
            regex,
            groups,
            entropy: text.entropy,
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

/// Returns the range to replace for a match, or `None` if the match lies within placeholders. A match that extends into a placeholder
/// includes it.
fn beside_placeholders(
    placeholders: &[Range<usize>],
    secret: Range<usize>,
) -> Option<Range<usize>> {
    // Returns the placeholder that contains the position.
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
