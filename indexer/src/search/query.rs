//! Parses a query into weighted terms, identifiers and paths.
//!
//! A query may be a question, or a bug report with a title, code and a traceback. These parts are not equally relevant, so each
//! occurrence of a term adds the weight of its part, and the sum is damped: ln(1 + Σ weights).

use std::sync::OnceLock;

use regex::Regex;
use rustc_hash::FxHashMap;

use crate::tokens::tokenize;

const TITLE_WEIGHT: f32 = 2.0;
const PROSE_WEIGHT: f32 = 1.0;
const CODE_WEIGHT: f32 = 0.5;
const TRACEBACK_WEIGHT: f32 = 0.2;

/// A word in the query that is written like an identifier: `` `name` ``, `name(…)`, `owner.name`, `CamelCase`, `snake_case`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedIdentifier {
    pub name: String,
    pub qualifier: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct ParsedQuery {
    /// Terms with their damped weights, in the order of first occurrence.
    pub terms: Vec<(String, f32)>,
    pub identifiers: Vec<NamedIdentifier>,
    /// Whether the query consists of a single name.
    pub lone: bool,
    /// Paths and dotted module names as `/`-separated suffixes, without extension.
    pub paths: Vec<String>,
}

fn regex(cell: &'static OnceLock<Regex>, pattern: &str) -> &'static Regex {
    // All patterns are constants, which the tests compile.
    cell.get_or_init(|| Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}")))
}

pub(crate) fn parse(text: &str) -> ParsedQuery {
    static COMMENT: OnceLock<Regex> = OnceLock::new();
    static URL: OnceLock<Regex> = OnceLock::new();
    let text = regex(&COMMENT, r"(?s)<!--.*?-->").replace_all(text, " ");
    let text = regex(&URL, r#"https?://[^\s)>\]"']+"#).replace_all(&text, " ");
    let mut weights: FxHashMap<String, (usize, f32)> = FxHashMap::default();
    for (line, weight) in weighted_lines(&text) {
        tokenize(line, |token| {
            let next = weights.len();
            weights.entry(token.to_owned()).or_insert((next, 0.0)).1 += weight;
        });
    }
    let mut terms: Vec<_> = weights.into_iter().collect();
    terms.sort_unstable_by_key(|(_, (order, _))| *order);
    let terms = terms
        .into_iter()
        .map(|(term, (_, weight))| (term, weight.ln_1p()))
        .collect();
    let mut identifiers = identifiers(&text);
    let name = text.trim();
    let lone = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || "_.:#".contains(c));
    if lone && identifiers.is_empty() {
        identifiers.push(NamedIdentifier {
            name: name.to_owned(),
            qualifier: None,
        });
    }
    ParsedQuery {
        terms,
        identifiers,
        lone,
        paths: paths(&text),
    }
}

/// Returns each line with the weight of the part of the query it belongs to.
fn weighted_lines(text: &str) -> Vec<(&str, f32)> {
    static FRAME: OnceLock<Regex> = OnceLock::new();
    let frame = regex(
        &FRAME,
        r#"^\s*(File "[^"]+", line \d+|at \S+ ?\(.*:\d+|E   |\S+\.py:\d+: |thread '.*' panicked)|^Traceback \(most recent"#,
    );
    let several = text.lines().filter(|line| !line.trim().is_empty()).count() > 1;
    let (mut fenced, mut titled, mut tracing) = (false, false, false);
    let mut lines = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            (fenced, tracing) = (!fenced, false);
            continue;
        }
        if trimmed.is_empty() {
            tracing = tracing && fenced;
            continue;
        }
        tracing |= frame.is_match(line);
        let weight = if tracing {
            TRACEBACK_WEIGHT
        } else if several && !titled && !fenced {
            TITLE_WEIGHT
        } else if fenced
            || line.starts_with("    ")
            || line.starts_with('\t')
            || trimmed.starts_with(">>>")
        {
            CODE_WEIGHT
        } else {
            PROSE_WEIGHT
        };
        titled = true;
        lines.push((line, weight));
    }
    lines
}

fn identifiers(text: &str) -> Vec<NamedIdentifier> {
    static DOTTED: OnceLock<Regex> = OnceLock::new();
    let dotted = regex(
        &DOTTED,
        r"(`)?([A-Za-z_]\w*(?:(?:\.|::|#|->)[A-Za-z_]\w*)*)(`|\()?",
    );
    let mut found: Vec<NamedIdentifier> = Vec::new();
    for captures in dotted.captures_iter(text) {
        let ticked = captures.get(1).is_some() || captures.get(3).is_some();
        let mut names: Vec<&str> = captures[2]
            .split(['.', ':', '#', '>', '-'])
            .filter(|name| !name.is_empty())
            .collect();
        let qualified = names.len() > 1;
        while let Some(name) = names.pop() {
            let spelled = name.trim_matches('_').contains('_')
                || name.chars().skip(1).any(char::is_uppercase)
                    && name.chars().any(char::is_lowercase);
            if name.len() > 2 && (ticked || qualified || spelled || name.starts_with("__")) {
                let identifier = NamedIdentifier {
                    name: name.to_owned(),
                    qualifier: names.last().map(|owner| (*owner).to_owned()),
                };
                if !found.contains(&identifier) {
                    found.push(identifier);
                }
            }
        }
    }
    found
}

fn paths(text: &str) -> Vec<String> {
    static PATH: OnceLock<Regex> = OnceLock::new();
    let pattern = regex(&PATH, r"[\w.-]+(?:[/\\][\w.-]+)+|\w+(?:\.\w+)+");
    let mut found = Vec::new();
    for path in pattern.find_iter(text) {
        let path = path.as_str().replace('\\', "/");
        let (folder, name) = path
            .rsplit_once('/')
            .map_or(("", &*path), |(folder, name)| (folder, name));
        // `a/b.py` and `b.py` name a file; `pkg.module` names one too, with dots for slashes.
        let named_file = name
            .rsplit_once('.')
            .filter(|(stem, extension)| !stem.is_empty() && (1..=4).contains(&extension.len()));
        let mut suffixes = Vec::new();
        if let Some((stem, _)) = named_file {
            suffixes.push(if folder.is_empty() {
                stem.to_owned()
            } else {
                format!("{folder}/{stem}")
            });
        }
        if folder.is_empty() && path.contains('.') {
            suffixes.push(path.replace('.', "/"));
        } else if named_file.is_none() {
            suffixes.push(path.clone());
        }
        for suffix in suffixes {
            if suffix.len() > 2 && !found.contains(&suffix) {
                found.push(suffix);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_report_have_different_weights() {
        let text = "Crash in merge\n\nIt dies.\n<!-- template -->\n```python\nmerge(dataset)\n```\n```\nTraceback (most recent call last):\n  File \"x/core/merge.py\", line 3, in run\n```\n";
        let parsed = parse(text);
        let weight = |term: &str| {
            parsed
                .terms
                .iter()
                .find(|(t, _)| t == term)
                .map(|(_, w)| *w)
        };
        assert_eq!(weight("crash"), Some(2.0_f32.ln_1p()));
        assert_eq!(weight("dataset"), Some(0.5_f32.ln_1p()));
        assert_eq!(weight("templat"), None);
        assert_eq!(weight("recent"), Some(0.2_f32.ln_1p()));
        assert!(weight("merg") > weight("crash"));
        assert!(parsed.paths.contains(&"x/core/merge".to_owned()));
    }

    #[test]
    fn identifiers_are_recognised_by_their_form() {
        let names = |text: &str| {
            parse(text)
                .identifiers
                .into_iter()
                .map(|m| m.name)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            names("How does `commit` differ from flush_all in IndexWriter?"),
            "commit flush_all IndexWriter"
        );
        assert_eq!(names("call merge() on it"), "merge");
        assert_eq!(names("Plain words only, USA included."), "");
        let owner = parse("Flask.route").identifiers;
        assert_eq!(
            owner[0],
            NamedIdentifier {
                name: "route".into(),
                qualifier: Some("Flask".into())
            }
        );
    }

    #[test]
    fn dotted_names_are_also_paths() {
        assert!(
            parse("see flask.json.provider")
                .paths
                .contains(&"flask/json/provider".to_owned())
        );
        assert!(
            parse("in provider.py")
                .paths
                .contains(&"provider".to_owned())
        );
    }
}
