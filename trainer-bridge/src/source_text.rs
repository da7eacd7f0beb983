//! Reads calls, parameters and arguments out of source text without a grammar: by balanced brackets and quotes.
//!
//! What cannot be read with certainty is left out, since a fact has to be true.

use repo_indexer::LineRange;

use crate::repository::SourceFile;

/// Returns the end of the bracket that opens at `open`, just after the closing one. `None` if it is not closed.
pub(crate) fn balanced(text: &str, open: usize, language: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = open;
    while at < bytes.len() {
        match bytes[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' | b'`' => at = skip_quoted(text, at)?,
            // A lifetime or label, not a character.
            b'\'' if language == "rust" && !is_character(&text[at..]) => {}
            b'\'' => at = skip_quoted(text, at)?,
            b'#' if matches!(language, "python" | "ruby") => at = line_end(text, at),
            b'/' if bytes.get(at + 1) == Some(&b'/') && language != "python" => {
                at = line_end(text, at);
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end)
}

fn is_character(text: &str) -> bool {
    let mut chars = text.chars().skip(1);
    match chars.next() {
        Some('\\') => true,
        Some(_) => chars.next() == Some('\''),
        None => false,
    }
}

/// Returns the position of the closing quote of the text that begins at `open`.
fn skip_quoted(text: &str, open: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = bytes[open];
    let triple = [quote; 3];
    if bytes[open..].starts_with(&triple) {
        let end = text[open + 3..].find(std::str::from_utf8(&triple).ok()?)?;
        return Some(open + 3 + end + 2);
    }
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            byte if byte == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Returns the text with the content of comments and quotes replaced by spaces. `None` if a quote is not closed.
pub(crate) fn without_comments_and_strings(text: &str, language: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'"' | b'`' => skip_quoted(text, at)? + 1,
            b'\'' if language != "rust" || is_character(&text[at..]) => skip_quoted(text, at)? + 1,
            b'#' if matches!(language, "python" | "ruby" | "php") => line_end(text, at),
            b'/' if language != "python" && bytes.get(at + 1) == Some(&b'/') => line_end(text, at),
            b'/' if language != "python" && bytes.get(at + 1) == Some(&b'*') => {
                text[at..].find("*/").map(|end| at + end + 2)?
            }
            _ => {
                at += 1;
                continue;
            }
        };
        out[at..end]
            .iter_mut()
            .filter(|byte| **byte != b'\n')
            .for_each(|byte| *byte = b' ');
        at = end;
    }
    String::from_utf8(out).ok()
}

/// Splits at commas outside of brackets and quotes, and trims the parts. Empty parts are left out.
pub(crate) fn split_arguments(text: &str, language: &str) -> Option<Vec<String>> {
    let bytes = text.as_bytes();
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    let mut angles = 0_i32;
    while at < bytes.len() {
        match bytes[at] {
            b'(' | b'[' | b'{' => at = balanced(text, at, language)? - 1,
            b'"' | b'`' => at = skip_quoted(text, at)?,
            b'\'' if language != "rust" || is_character(&text[at..]) => at = skip_quoted(text, at)?,
            b'#' if language == "python" => at = line_end(text, at),
            b'/' if bytes.get(at + 1) == Some(&b'/') && language != "python" => {
                at = line_end(text, at);
            }
            b'<' if language != "python" => angles += 1,
            b'>' if at > 0 && !matches!(bytes[at - 1], b'-' | b'=') && angles > 0 => angles -= 1,
            b',' if angles == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(text[start..].trim());
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    Some(parts.map(str::to_owned).collect())
}

/// Returns the parameters in a signature as they are written, without the receiver. `None` if they cannot be told for certain.
pub(crate) fn parameters(signature: &str, name: &str, language: &str) -> Option<Vec<String>> {
    let after = position_of_word(signature, name)? + name.len();
    let mut open = after + signature[after..].find(|c: char| !c.is_whitespace())?;
    match signature.as_bytes()[open] {
        b'[' => open = balanced(signature, open, language)?,
        b'<' => open = skip_generics(signature, open)?,
        _ => {}
    }
    open += signature[open..].find(|c: char| !c.is_whitespace())?;
    if signature.as_bytes()[open] != b'(' {
        return None;
    }
    let close = balanced(signature, open, language)?;
    let inside = &signature[open + 1..close - 1];
    // The commas of a lambda, and those after a comment, are not those of the list.
    if inside.contains("lambda")
        || inside.contains('#') && language == "python"
        || inside.contains("//")
    {
        return None;
    }
    let mut parts = split_arguments(inside, language)?;
    if parts.first().is_some_and(|first| is_receiver(first)) {
        parts.remove(0);
    }
    parts.retain(|part| !matches!(part.as_str(), "*" | "/" | "void"));
    Some(
        parts
            .iter()
            .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect(),
    )
}

fn is_receiver(parameter: &str) -> bool {
    let bare = parameter.trim_start_matches('&').trim_start_matches("mut ");
    let bare = bare.split(':').next().unwrap_or(bare).trim();
    matches!(bare, "self" | "cls") || bare.starts_with('\'') && bare.ends_with("self")
}

/// Returns the position after `<…>`.
fn skip_generics(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let bytes = text.as_bytes();
    for at in open..bytes.len() {
        match bytes[at] {
            b'<' => depth += 1,
            b'>' if bytes[at - 1] != b'-' && bytes[at - 1] != b'=' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

pub(crate) fn position_of_word(text: &str, word: &str) -> Option<usize> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let bounded = |at: &usize| {
        !text[..*at].ends_with(is_name) && !text[at + word.len()..].starts_with(is_name)
    };
    text.match_indices(word).map(|(at, _)| at).find(bounded)
}

/// Whether the keyword before a name says that it is defined here: `def name(…)` is no call.
fn is_definition(before: &str) -> bool {
    let keyword = before.split_whitespace().next_back();
    before.ends_with(' ')
        && keyword.is_some_and(|word| ["def", "fn", "func", "function"].contains(&word))
}

/// Lines that a call in an answer may have.
const MAX_CALL_LINES: u32 = 8;

/// Returns the text of the first call of `name` that begins on `line`, and its lines. `None` if there is none, or if it is long.
pub(crate) fn call_on_line(
    file: &SourceFile,
    line: u32,
    name: &str,
) -> Option<(String, LineRange)> {
    let language = file.language.id();
    let start = file.offset(line);
    let whole = file.line(line);
    let mut from = 0;
    loop {
        let at = from + position_of_word(&whole[from..], name)?;
        let after = &whole[at + name.len()..];
        let marks = after.len() - after.trim_start_matches('!').len();
        if after[marks..].starts_with('(') && !is_definition(&whole[..at]) {
            let open = start + at + name.len() + marks;
            let end = balanced(&file.text, open, language)?;
            let last = file.line_of(end - 1);
            let receiver = whole[..at].len() - receiver(&whole[..at]).len();
            let text = &file.text[start + receiver..end];
            let fits = last - line < MAX_CALL_LINES && text.len() <= 400 && !is_comment(whole);
            return fits.then(|| (text.to_owned(), LineRange { first: line, last }));
        }
        from = at + name.len();
    }
}

/// Returns the first call of `name` in some lines, as [`call_on_line`] does. The index knows the line of the first use, which need not be a call.
pub(crate) fn first_call(
    file: &SourceFile,
    lines: LineRange,
    name: &str,
) -> Option<(String, LineRange)> {
    (lines.first..=lines.last).find_map(|line| call_on_line(file, line, name))
}

/// Returns what a call is made on, as in `self.store.` of `x = self.store.open()`.
fn receiver(before: &str) -> &str {
    let start = before
        .char_indices()
        .rev()
        .find(|(_, c)| !(c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '>' | '-')))
        .map_or(0, |(at, c)| at + c.len_utf8());
    before[start..].trim_start_matches(['-', '>', ':', '.'])
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["#", "//", "*", "--", "\"\"\"", "'''"]
        .iter()
        .any(|mark| line.starts_with(mark))
}

/// Removes the indentation that all lines have in common.
pub(crate) fn dedent(text: &str) -> String {
    let filled = text.lines().filter(|line| !line.trim().is_empty());
    let common = filled
        .map(|line| line.len() - line.trim_start().len())
        .min();
    let lines = text
        .lines()
        .map(|line| line.get(common.unwrap_or(0)..).unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// Puts code into a Markdown code block that the code itself cannot close.
pub(crate) fn code_block(language: &str, code: &str) -> String {
    grounding::markdown::fence(language, code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_no_call() {
        for (before, expected) in [
            ("    def ", true),
            ("pub async fn ", true),
            ("return ", false),
            ("x = self.", false),
        ] {
            assert_eq!(is_definition(before), expected, "{before}");
        }
    }

    #[track_caller]
    fn check(signature: &str, name: &str, language: &str, expected: Option<&[&str]>) {
        let found = parameters(signature, name, language);
        let expected = expected.map(|list| list.iter().map(|part| (*part).to_owned()).collect());
        assert_eq!(found, expected, "{signature}");
    }

    #[test]
    fn parameters_are_told_apart() {
        check(
            "def f(a, b=(1, 2), *, c: dict[str, int] = {}, **kw)",
            "f",
            "python",
            Some(&["a", "b=(1, 2)", "c: dict[str, int] = {}", "**kw"]),
        );
        check("def f(self, x=\",\")", "f", "python", Some(&["x=\",\""]));
        check("def f(key=lambda a, b: 0)", "f", "python", None);
        check(
            "fn f<F: Fn(i32) -> u8, T>(&mut self, f: F, m: HashMap<K, V>) -> T",
            "f",
            "rust",
            Some(&["f: F", "m: HashMap<K, V>"]),
        );
        check(
            "fn f<'a>(self: &'a Self, c: char)",
            "f",
            "rust",
            Some(&["c: char"]),
        );
        check(
            "func (s *Server) Run(ctx context.Context, n int) error",
            "Run",
            "go",
            Some(&["ctx context.Context", "n int"]),
        );
        check(
            "func Map[T any, U any](xs []T, f func(T) U) []U",
            "Map",
            "go",
            Some(&["xs []T", "f func(T) U"]),
        );
        check("int f(void)", "f", "c", Some(&[]));
        check(
            "static Map<String, List<Integer>> f(Map<String, Integer> a, int b)",
            "f",
            "java",
            Some(&["Map<String, Integer> a", "int b"]),
        );
        check("f = (a, b) => 1", "f", "javascript", None);
        check("class f", "f", "python", None);
    }

    #[test]
    fn brackets_in_quotes_and_comments_do_not_count() {
        let text = "f(')', \"\"\")\"\"\", # )\n g(1))tail";
        assert_eq!(balanced(text, 1, "python"), Some(text.len() - 4));
        assert_eq!(balanced("f(&'a x)", 1, "rust"), Some(8));
        assert_eq!(balanced("f(", 1, "rust"), None);
    }

    #[test]
    fn common_indentation_is_removed() {
        assert_eq!(dedent("    f(\n\n        a,\n    )"), "f(\n\n    a,\n)");
        assert_eq!(dedent("def f():\n    g()"), "def f():\n    g()");
    }
}
