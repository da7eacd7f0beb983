//! Selects the part of a text to quote.

/// Returns the first paragraph of a documentation comment, at most `limit` characters.
///
/// A heading at the top is skipped. Tags (`@param`, `:param x:`) end the paragraph: they document parts of the definition.
pub fn first_paragraph(doc: &str, limit: usize) -> Option<String> {
    let mut lines = doc
        .lines()
        .map(str::trim_end)
        .skip_while(|l| l.trim().is_empty() || l.trim_start().starts_with('#'));
    let mut out = String::new();
    let mut fenced = false;
    for line in lines.by_ref() {
        let trimmed = line.trim_start();
        let ends = trimmed.is_empty()
            || trimmed.starts_with('@')
            || is_field(trimmed)
            || (!out.is_empty() && trimmed.starts_with('#'));
        if !fenced && ends {
            break;
        }
        fenced ^= trimmed.starts_with("```");
        out.push_str(line);
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    let shown = bounded(out.trim_start(), limit);
    (!shown.is_empty()).then_some(shown)
}

/// Returns whether a line begins a field of a Sphinx field list (`:param x: …`); a role (`:meth:`open``) does not.
fn is_field(line: &str) -> bool {
    const FIELDS: &[&str] = &[
        "param",
        "parameter",
        "arg",
        "argument",
        "key",
        "keyword",
        "kwarg",
        "type",
        "return",
        "returns",
        "rtype",
        "raise",
        "raises",
        "except",
        "exception",
        "yield",
        "yields",
        "ytype",
        "var",
        "ivar",
        "cvar",
        "vartype",
        "meta",
    ];
    let Some((field, after)) = line.strip_prefix(':').and_then(|rest| rest.split_once(':')) else {
        return false;
    };
    let name = field.split_whitespace().next().unwrap_or_default();
    FIELDS.contains(&name) && !after.starts_with('`')
}

/// Returns a signature of at most `limit` characters; `None` if it is empty. A cut after a bracket is marked with `…`.
pub fn signature(signature: &str, limit: usize) -> Option<String> {
    let mut shown = bounded(signature.trim(), limit);
    if shown.ends_with(['(', '[', '{']) {
        shown.push_str(" …");
    }
    (!shown.is_empty()).then_some(shown)
}

/// Returns the first line of a message, at most `limit` characters.
pub fn first_line(text: &str, limit: usize) -> String {
    bounded(text.trim_start().lines().next().unwrap_or_default(), limit)
}

/// Returns at most `limit` characters, cut at a word boundary if that loses little.
pub fn bounded(text: &str, limit: usize) -> String {
    let Some((at, _)) = text.char_indices().nth(limit) else {
        return text.to_owned();
    };
    let cut = &text[..at];
    let word = cut
        .rfind(char::is_whitespace)
        .filter(|&w| w > at * 3 / 4)
        .unwrap_or(at);
    format!("{} …", cut[..word].trim_end())
}

/// Returns lines `first..=last` (zero-based), at most `limit` of them, without their common indentation.
pub fn excerpt(text: &str, first: u32, last: u32, limit: usize) -> String {
    let wanted = (last.saturating_sub(first) as usize + 1).min(limit);
    dedent(text.lines().skip(first as usize).take(wanted))
}

/// Returns the window of at most `limit` lines with the most words of the question; the first of equals.
pub fn best_window(
    text: &str,
    first: u32,
    last: u32,
    words: &[String],
    limit: usize,
) -> (u32, u32) {
    let lines: Vec<&str> = text
        .lines()
        .skip(first as usize)
        .take((last.saturating_sub(first) + 1) as usize)
        .collect();
    let found: Vec<usize> = lines
        .iter()
        .map(|line| {
            let line = line.to_lowercase();
            words.iter().filter(|w| line.contains(w.as_str())).count()
        })
        .collect();
    let last_start = lines.len().saturating_sub(limit);
    let sum = |start: usize| found.iter().skip(start).take(limit).sum::<usize>();
    let start = (0..=last_start)
        .max_by_key(|&s| (sum(s), std::cmp::Reverse(s)))
        .unwrap_or(0);
    let end = (start + limit).min(lines.len()).max(start + 1) - 1;
    (first + start as u32, first + end as u32)
}

/// Returns the words of a question to look for in lines: lower case, longer than three characters.
pub fn words(question: &str) -> Vec<String> {
    let mut words: Vec<String> = question
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|w| w.chars().count() > 3)
        .map(str::to_lowercase)
        .collect();
    words.sort();
    words.dedup();
    words
}

fn dedent<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let lines: Vec<&str> = lines.map(str::trim_end).collect();
    let indent = |l: &&str| l.len() - l.trim_start().len();
    let common = lines
        .iter()
        .filter(|l| !l.is_empty())
        .map(indent)
        .min()
        .unwrap_or(0);
    let mut out = String::new();
    for line in &lines {
        out.push_str(if line.is_empty() {
            ""
        } else {
            line.get(common..).unwrap_or(line)
        });
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_ends_at_its_first_paragraph() {
        assert_eq!(
            first_paragraph("\nDoes a thing.\nWell.\n\nMore.", 99).unwrap(),
            "Does a thing.\nWell."
        );
        assert_eq!(
            first_paragraph("Opens it.\n@param path where", 99).unwrap(),
            "Opens it."
        );
        assert_eq!(
            first_paragraph("Opens it.\n# Examples", 99).unwrap(),
            "Opens it."
        );
        assert_eq!(
            first_paragraph("## What it does\nChecks.", 99).unwrap(),
            "Checks."
        );
        assert_eq!(first_paragraph(" \n", 99), None);
        assert_eq!(
            first_paragraph("one two three four", 9).unwrap(),
            "one two …"
        );
    }

    #[track_caller]
    fn check(doc: &str, shown: &str) {
        assert_eq!(first_paragraph(doc, 999).as_deref(), Some(shown));
    }

    #[test]
    fn a_role_is_part_of_its_sentence_a_field_is_not() {
        check(
            "Works like\n:meth:`open` does,\n:class:`~a.B` too.",
            "Works like\n:meth:`open` does,\n:class:`~a.B` too.",
        );
        check(":class:`A` of a thing.", ":class:`A` of a thing.");
        check("Ends in\n:type:`x` here.", "Ends in\n:type:`x` here.");
        for field in [
            ":param path: where",
            ":param str path: where",
            ":returns: what",
            ":rtype: int",
            ":raises ValueError: never",
            ":ivar x: its x",
            ":return:",
            "    :type path: str",
        ] {
            check(&format!("Opens it.\n{field}\nmore"), "Opens it.");
        }
    }

    #[test]
    fn a_signature_that_goes_on_says_so() {
        let check = |s: &str, shown: Option<&str>| assert_eq!(signature(s, 40).as_deref(), shown);
        check(" fn a(b: C) ", Some("fn a(b: C)"));
        check(
            "default_config = ImmutableDict(",
            Some("default_config = ImmutableDict( …"),
        );
        check("a = [", Some("a = [ …"));
        check("class A {", Some("class A { …"));
        check("  ", None);
    }

    #[test]
    fn the_window_holds_most_of_the_words() {
        let text = "a\nb\nmerge policy\nc\nsegment merge\nd\n";
        assert_eq!(
            best_window(text, 0, 5, &words("where does the segment merge"), 2),
            (3, 4)
        );
        assert_eq!(best_window(text, 0, 0, &[], 8), (0, 0));
        assert_eq!(best_window("", 0, 9, &[], 8), (0, 0));
    }

    #[test]
    fn an_excerpt_loses_its_common_indentation() {
        assert_eq!(
            excerpt("x\n    a\n      b\n\n    c\n", 1, 4, 9),
            "a\n  b\n\nc"
        );
    }
}
