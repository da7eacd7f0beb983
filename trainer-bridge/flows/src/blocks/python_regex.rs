//! Python's regular expressions on top of `fancy-regex`: its syntax where it differs, and what `re.findall` finds.

use fancy_regex::{Captures, Regex, RegexBuilder};

/// Steps back that a search may take. The crate's own limit is reached by a reply of some pages.
const BACKTRACK_LIMIT: usize = 200_000_000;

#[derive(Debug)]
pub(super) struct PythonRegex {
    regex: Regex,
}

impl PythonRegex {
    /// Compiles a pattern as `re.compile(pattern, re.DOTALL)` does.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let regex = RegexBuilder::new(&translate(pattern))
            .backtrack_limit(BACKTRACK_LIMIT)
            .build()
            .map_err(|error| error.to_string().replace('\n', " "))?;
        Ok(Self { regex })
    }

    /// The number of groups.
    pub fn groups(&self) -> usize {
        self.regex.captures_len() - 1
    }

    /// What `findall` returns: for each match its groups, or the whole match if the pattern has no group. A group that took no part is empty.
    pub fn find_all<'t>(&self, text: &'t str) -> Result<Vec<Vec<&'t str>>, String> {
        let mut found = Vec::new();
        let mut at = 0;
        // The end of the last match, if that was empty: Python does not find another empty one there.
        let mut empty_at = None;
        while at <= text.len() {
            let captures = self
                .regex
                .captures_from_pos(text, at)
                .map_err(|error| error.to_string())?;
            let Some(whole) = captures.as_ref().and_then(|captures| captures.get(0)) else {
                break;
            };
            if whole.as_str().is_empty() && empty_at == Some(whole.start()) {
                at = next_char(text, whole.start());
                continue;
            }
            found.push(self.parts(captures.as_ref()));
            at = whole.end();
            empty_at = whole.as_str().is_empty().then_some(at);
        }
        Ok(found)
    }

    fn parts<'t>(&self, captures: Option<&Captures<'t>>) -> Vec<&'t str> {
        let part = |i| {
            captures
                .and_then(|captures| captures.get(i))
                .map_or("", |part| part.as_str())
        };
        match self.groups() {
            0 => vec![part(0)],
            groups => (1..=groups).map(part).collect(),
        }
    }
}

fn next_char(text: &str, at: usize) -> usize {
    at + text[at..].chars().next().map_or(1, char::len_utf8)
}

/// Rewrites what means something else to `fancy-regex`.
fn translate(pattern: &str) -> String {
    let multiline = pattern
        .strip_prefix("(?")
        .and_then(|rest| rest.split_once(')'))
        .is_some_and(|(flags, _)| flags.chars().all(char::is_alphabetic) && flags.contains('m'));
    let mut out = String::from("(?s)");
    let mut chars = pattern.char_indices().peekable();
    let mut class = Class::Outside;
    while let Some((at, c)) = chars.next() {
        match (c, class) {
            ('\\', _) => {
                let escaped = chars.next().map_or('\\', |(_, c)| c);
                push_escape(&mut out, escaped, class != Class::Outside);
                if class != Class::Outside {
                    class = Class::Inside;
                }
            }
            ('[', Class::Outside) => {
                out.push('[');
                class = Class::Begin;
                if chars.next_if(|(_, c)| *c == '^').is_some() {
                    out.push('^');
                }
            }
            (']', Class::Inside) => {
                out.push(']');
                class = Class::Outside;
            }
            // A `]` right at the beginning stands for itself, as do these within a class.
            (']' | '[' | '&' | '~', Class::Begin | Class::Inside) => {
                out.push('\\');
                out.push(c);
                class = Class::Inside;
            }
            (_, Class::Begin) => {
                out.push(c);
                class = Class::Inside;
            }
            // Python's `$` also matches before a line feed at the very end.
            ('$', Class::Outside) if !multiline => out.push_str(r"(?=\n?\z)"),
            ('{', Class::Outside) => push_brace(&mut out, &pattern[at + 1..]),
            _ => out.push(c),
        }
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Outside,
    Begin,
    Inside,
}

/// White space of Python beside that of Unicode.
const SEPARATORS: &str = r"\x1c-\x1f";

fn push_escape(out: &mut String, escaped: char, in_class: bool) {
    match (escaped, in_class) {
        ('Z', false) => out.push_str(r"\z"),
        ('s', false) => out.push_str(&format!(r"[\s{SEPARATORS}]")),
        ('s', true) => out.push_str(&format!(r"\s{SEPARATORS}")),
        ('S', false) => out.push_str(&format!(r"[^\s{SEPARATORS}]")),
        ('w', false) => out.push_str(r"[\p{L}\p{N}_]"),
        ('w', true) => out.push_str(r"\p{L}\p{N}_"),
        ('W', false) => out.push_str(r"[^\p{L}\p{N}_]"),
        // `\<` and `\>` are word boundaries to the crate, and some others no escape at all.
        (c, _) if c.is_alphanumeric() => {
            out.push('\\');
            out.push(c);
        }
        ('<' | '>' | ' ' | '"' | '\'' | '/' | '%' | '@' | '!' | ',' | ';' | ':' | '=' | '`', _) => {
            out.push(escaped);
        }
        (c, _) if c.is_ascii_punctuation() => {
            out.push('\\');
            out.push(c);
        }
        (c, _) => out.push(c),
    }
}

/// A brace that begins no repetition stands for itself; `{,n}` means `{0,n}`.
fn push_brace(out: &mut String, rest: &str) {
    let repetition = rest
        .split_once('}')
        .map(|(inside, _)| inside)
        .filter(|inside| {
            let (min, max) = inside.split_once(',').unwrap_or((inside, "0"));
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            digits(min) && digits(max) && *inside != "," && !inside.is_empty()
        });
    match repetition {
        Some(inside) if inside.starts_with(',') => out.push_str("{0"),
        Some(_) => out.push('{'),
        None => out.push_str(r"\{"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expected: &[&[&str]]) {
        let regex = PythonRegex::new(pattern).unwrap();
        assert_eq!(regex.find_all(text).unwrap(), expected, "{pattern}");
    }

    #[test]
    fn finds_what_python_finds() {
        check("x*", "axb", &[&[""], &["x"], &[""], &[""]]);
        check("a$", "a\n", &[&["a"]]);
        check(r"a\Z", "a\n", &[]);
        check(r"(a)|(b)", "ab", &[&["a", ""], &["", "b"]]);
        check(r"\s", "\u{1c}", &[&["\u{1c}"]]);
        check(r"[\s]+", " \u{1f}", &[&[" \u{1f}"]]);
        check(r"[[\]]+", "[]", &[&["[]"]]);
        check(r"[]x]+", "]x", &[&["]x"]]);
        check(r"{a}", "{a}", &[&["{a}"]]);
        check(r"a{,2}b", "aab", &[&["aab"]]);
        check(r"\w+", "x²_", &[&["x²_"]]);
        check(r"\d", "\u{661}", &[&["\u{661}"]]);
        check(r"(?m)^a$", "a\na\n", &[&["a"], &["a"]]);
        check(r"\<b\>", "<b>", &[&["<b>"]]);
    }

    #[test]
    fn a_long_text_does_not_reach_the_limit() {
        let text = format!("1. {}", "word ".repeat(40_000));
        let regex = PythonRegex::new(r"(?:^|\n)\s*\d+\.\s+(.*?)(?=\n\s*\d+\.\s+|\Z)").unwrap();
        assert_eq!(regex.find_all(&text).unwrap().len(), 1);
    }
}
