//! The questions for each kind of fact, from `phrasings.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::FactKind;

static PHRASINGS: LazyLock<BTreeMap<String, Vec<String>>> =
    LazyLock::new(|| toml::from_str(include_str!("phrasings.toml")).unwrap_or_default());

/// Returns `count` different questions, or all there are if there are fewer. A question that needs an argument which the fact does not have is
/// left out. Which of them come first depends on `seed`, so that
/// with a small count all phrasings occur over many facts.
pub(super) fn questions(
    kind: FactKind,
    arguments: &[(&'static str, &str)],
    seed: &str,
    count: usize,
) -> Vec<String> {
    let Some(templates) = PHRASINGS.get(kind.name()) else {
        return Vec::new();
    };
    let has_all = |template: &&String| {
        let mut names = template
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next());
        names.all(|name| arguments.iter().any(|(known, _)| *known == name))
    };
    let templates: Vec<&String> = templates.iter().filter(has_all).collect();
    let start = first_number(seed) as usize % templates.len().max(1);
    let chosen = templates
        .iter()
        .cycle()
        .skip(start)
        .take(count.min(templates.len()));
    chosen.map(|template| fill(template, arguments)).collect()
}

/// Replaces `{name}` by the argument of that name. An argument is not searched again, whatever it contains.
fn fill(template: &str, arguments: &[(&'static str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}') else {
            break;
        };
        let name = &rest[open + 1..open + close];
        if let Some((_, value)) = arguments.iter().find(|(known, _)| *known == name) {
            out.push_str(value);
        }
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}

/// A number that depends on the text only.
pub(super) fn first_number(text: &str) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..8]);
    u64::from_le_bytes(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_twelve_different_questions_that_use_all_arguments() {
        for kind in FactKind::ALL {
            let templates = &PHRASINGS[kind.name()];
            let different: std::collections::BTreeSet<_> = templates.iter().collect();
            assert_eq!(different.len(), templates.len(), "{kind:?}");
            let least = if kind == FactKind::Requirement { 8 } else { 12 };
            assert!(templates.len() >= least, "{kind:?}");
            for template in templates {
                assert!(template.contains('{'), "{kind:?}: {template}");
                assert!(!template.to_lowercase().contains("docstring"), "{template}");
            }
        }
        assert_eq!(PHRASINGS.len(), FactKind::ALL.len());
    }

    #[test]
    fn arguments_are_inserted_as_they_are() {
        let filled = fill("{a} or {b}{c}", &[("a", "{b}"), ("b", "x}")]);
        assert_eq!(filled, "{b} or x}");
    }

    #[test]
    fn fewer_questions_start_elsewhere_for_another_subject() {
        let of = |seed: &str| questions(FactKind::Location, &[("name", "`f`")], seed, 2);
        assert_eq!(of("a").len(), 2);
        assert_eq!(of("a"), of("a"));
        let different: std::collections::BTreeSet<_> =
            (0..40).flat_map(|n| of(&n.to_string())).collect();
        assert!(different.len() > 8);
    }
}
