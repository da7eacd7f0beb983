//! The keys of configuration files with their values: TOML, INI and YAML.
//!
//! Only values on one line are taken. A line inside a multi-line value is never mistaken for a key.

use super::{Context, Fact, FactKind, one_line};
use crate::repository::{SourceFile, citation};
use crate::source_text::{balanced, code_block};

/// Larger files are data, not configuration.
const MAX_BYTES: usize = 20_000;

/// Keys of one file; those that come first.
const MAX_KEYS: usize = 40;

/// A key with its value, both as they are written.
struct Setting {
    /// The tables or parents and the key, joined by dots.
    name: String,
    value: String,
    line: u32,
}

pub(super) fn facts(context: &Context) -> Vec<Fact> {
    let files = context
        .repository
        .files
        .iter()
        .filter(|file| file.text.len() <= MAX_BYTES && !file.test);
    files
        .flat_map(|file| {
            settings(file)
                .into_iter()
                .map(|setting| fact(file, &setting))
        })
        .collect()
}

fn fact(file: &SourceFile, setting: &Setting) -> Fact {
    let lines = one_line(setting.line);
    let block = code_block(file.language.id(), file.line(setting.line).trim());
    Fact {
        kind: FactKind::Configuration,
        arguments: vec![
            ("name", format!("`{}`", setting.name)),
            ("file", format!("`{}`", file.path)),
        ],
        reasoning: None,
        answer: format!(
            "`{}` is set to {} in {}:\n\n{block}",
            setting.name,
            grounding::markdown::code(&setting.value),
            citation(&file.path, lines)
        ),
        source: file.source(lines),
        document: file.path.clone(),
        split: file.split,
    }
}

fn settings(file: &SourceFile) -> Vec<Setting> {
    let extension = file
        .path
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension);
    let mut settings = match (file.language.id(), extension) {
        ("toml", _) => sections(&file.text, '#', true),
        (_, "ini" | "cfg") => sections(&file.text, ';', false),
        ("yaml", _) => yaml(&file.text),
        _ => Vec::new(),
    };
    // A key that is set twice, in lists of tables or for several documents, has no single value.
    let names: Vec<String> = settings
        .iter()
        .map(|setting| setting.name.clone())
        .collect();
    settings.retain(|setting| names.iter().filter(|name| **name == setting.name).count() == 1);
    settings.truncate(MAX_KEYS);
    settings
}

/// Reads `[section]` headers with `key = value` lines. In TOML a value may go on over several lines, and has a syntax of its own.
fn sections(text: &str, comment: char, toml: bool) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut section = String::new();
    // The end of a value that goes on: a quote of three characters, or brackets.
    let mut open_quote: Option<&str> = None;
    let mut depth = 0_i32;
    for (number, line) in (0_u32..).zip(text.lines()) {
        let code = line.trim();
        if let Some(quote) = open_quote {
            if code.contains(quote) {
                open_quote = None;
            }
            continue;
        }
        if depth > 0 {
            depth += bracket_depth(code);
            continue;
        }
        if code.is_empty() || code.starts_with([comment, '#', ';']) {
            continue;
        }
        if let Some(header) = code.strip_prefix('[') {
            // A list of tables has several values for a key.
            section = match header.strip_suffix(']') {
                Some(name) if !name.starts_with('[') => name.trim().to_owned(),
                _ => String::from("\u{0}"),
            };
            continue;
        }
        // An indented line continues an INI value.
        if !toml && line.starts_with([' ', '\t']) {
            continue;
        }
        let separator = if toml {
            code.find('=')
        } else {
            code.find(['=', ':'])
        };
        let Some(at) = separator else { continue };
        let (key, value) = (code[..at].trim(), code[at + 1..].trim());
        if toml {
            open_quote = ["\"\"\"", "'''"]
                .into_iter()
                .find(|quote| value.matches(quote).count() == 1);
            depth = bracket_depth(value);
        }
        let next_goes_on = !toml
            && text
                .lines()
                .nth(number as usize + 1)
                .is_some_and(|next| next.starts_with([' ', '\t']) && !next.trim().is_empty());
        let complete = open_quote.is_none() && depth == 0 && !next_goes_on;
        let value = if toml { without_comment(value) } else { value };
        if complete && is_key(key) && is_short(value) && section != "\u{0}" {
            let key = key.trim_matches(['"', '\'']);
            let name = if section.is_empty() {
                key.to_owned()
            } else {
                format!("{section}.{key}")
            };
            found.push(Setting {
                name,
                value: value.to_owned(),
                line: number,
            });
        }
    }
    found
}

/// Reads mappings of scalars by their indentation. Lists, anchors and block texts are passed over.
fn yaml(text: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    // The indentation and name of each enclosing key.
    let mut parents: Vec<(usize, &str)> = Vec::new();
    // Lines with a deeper indentation belong to a list or a block text.
    let mut skipped: Option<usize> = None;
    for (number, line) in (0_u32..).zip(text.lines()) {
        let code = line.trim();
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        if code == "---" || line.contains('\t') || code.starts_with('%') {
            // Another document may set the same keys; tabs are no indentation.
            if number > 0 && !found.is_empty() {
                return Vec::new();
            }
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        if skipped.is_some_and(|of| indent > of) {
            continue;
        }
        skipped = None;
        if code.starts_with('-') {
            skipped = Some(indent.saturating_sub(1));
            continue;
        }
        let Some((key, value)) = code.split_once(':') else {
            skipped = Some(indent);
            continue;
        };
        let value = without_comment(value.trim());
        parents.retain(|(of, _)| *of < indent);
        let plain = !value.starts_with(['|', '>', '&', '*', '{', '[', '!'])
            && code
                .as_bytes()
                .get(key.len() + 1)
                .is_none_or(|byte| *byte == b' ');
        if value.is_empty() && plain {
            parents.push((indent, key));
        } else if plain && is_key(key) && is_short(value) {
            let names = parents.iter().map(|(_, name)| *name).chain([key]);
            let name = names.collect::<Vec<_>>().join(".");
            found.push(Setting {
                name,
                value: value.to_owned(),
                line: number,
            });
            // A plain value may go on in deeper lines.
            skipped = Some(indent);
            if text.lines().nth(number as usize + 1).is_some_and(|next| {
                let deeper = next.len() - next.trim_start().len() > indent;
                deeper && !next.trim().is_empty() && !next.trim().starts_with('#')
            }) {
                found.pop();
            }
        } else {
            skipped = Some(indent);
        }
    }
    found
}

fn is_key(key: &str) -> bool {
    let bare = key.trim_matches(['"', '\'']);
    !bare.is_empty()
        && bare.len() <= 60
        && bare
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

fn is_short(value: &str) -> bool {
    !value.is_empty() && value.len() <= 120
}

/// Removes a comment after a value: `#` after a space, outside of quotes.
fn without_comment(value: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in value.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c == '#' && before.is_whitespace() => return value[..at].trim_end(),
            _ => {}
        }
        before = c;
    }
    value
}

/// By how much a line deepens the nesting of brackets, outside of quotes.
fn bracket_depth(code: &str) -> i32 {
    if let Some(open) = code.find(['[', '{'])
        && balanced(code, open, "python")
            .is_some_and(|end| !code[end..].contains(['[', '{', ']', '}']))
    {
        return 0;
    }
    let code = without_comment(code);
    let count = |mark: [char; 2]| code.matches(mark).count() as i32;
    count(['[', '{']) - count([']', '}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(settings: &[Setting]) -> Vec<String> {
        settings
            .iter()
            .map(|s| format!("{}: {} = {}", s.line, s.name, s.value))
            .collect()
    }

    #[test]
    fn toml_values_of_one_line_are_read() {
        let text = "a = 1 # one\n[t.x]\nb = \"p # q\"\nlist = [\n  \"c = 2\",\n]\ntext = \"\"\"\nd = 3\n\"\"\"\nflat = [1, 2]\n[[many]]\ne = 4\n";
        assert_eq!(
            shown(&sections(text, '#', true)),
            ["0: a = 1", "2: t.x.b = \"p # q\"", "9: t.x.flat = [1, 2]"]
        );
    }

    #[test]
    fn ini_values_that_go_on_are_passed_over() {
        let text =
            "[tox]\nenvlist = py39\nmany =\n  a = 1\n  b\n[x]\nlong = first\n  second\nk: v\n";
        assert_eq!(
            shown(&sections(text, ';', false)),
            ["1: tox.envlist = py39", "8: x.k = v"]
        );
    }

    #[test]
    fn yaml_mappings_are_read_by_indentation() {
        let text = "a: 1\nb:\n  c: 'x: y' # note\n  d:\n    - e: 2\n  f: |\n    g: 3\nurl: http://x\nlist:\n- h: 4\nlong: one\n  two\nlast: yes\n";
        assert_eq!(
            shown(&yaml(text)),
            [
                "0: a = 1",
                "2: b.c = 'x: y'",
                "7: url = http://x",
                "12: last = yes"
            ]
        );
        assert!(yaml("a: 1\n---\na: 2\n").is_empty());
    }
}
