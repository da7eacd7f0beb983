//! YAML, read by `saphyr`, which says where each scalar is.

use std::sync::LazyLock;

use regex::Regex;
use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

use super::{Setting, is_key, is_short};

static ALIAS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)(?:^|[\s\[,:{-])\*[A-Za-z0-9_-]+").ok());

/// Aliases are copied where they are used, and aliases of aliases would fill the memory.
const MAX_ALIASES: usize = 16;

/// Reads the scalars of nested mappings. A file with several documents may set a key several times, so it has no settings.
pub(super) fn settings(text: &str) -> Vec<Setting> {
    let aliases = ALIAS
        .as_ref()
        .map_or(0, |alias| alias.find_iter(text).count());
    if aliases > MAX_ALIASES {
        return Vec::new();
    }
    let documents = MarkedYaml::load_from_str(text).unwrap_or_default();
    let mut found = Vec::new();
    if let [document] = documents.as_slice() {
        let lines: Vec<&str> = text.lines().collect();
        collect(&lines, document, &mut Vec::new(), &mut found);
    }
    found
}

fn collect(lines: &[&str], node: &MarkedYaml, parents: &mut Vec<String>, found: &mut Vec<Setting>) {
    let YamlData::Mapping(entries) = &node.data else {
        return;
    };
    for (key, value) in entries {
        let YamlData::Value(Scalar::String(name)) = &key.data else {
            continue;
        };
        if !is_key(name) || name.contains('.') {
            continue;
        }
        parents.push(name.to_string());
        match &value.data {
            YamlData::Mapping(_) => collect(lines, value, parents, found),
            YamlData::Value(scalar) => {
                let line = key.span.start.line() - 1;
                let written = written(lines, key, value);
                // A quoted value may go on in the next line, and a block has its first line there. An alias stands for another value.
                let is_whole = match scalar {
                    Scalar::String(content) => written.is_some_and(|written| {
                        written == &**content || written.starts_with(['"', '\''])
                    }),
                    Scalar::Null => false,
                    _ => true,
                };
                if let Some(value) = written.filter(|value| is_whole && is_short(value)) {
                    found.push(Setting {
                        name: parents.join("."),
                        value: value.to_owned(),
                        line: line as u32,
                    });
                }
            }
            _ => {}
        }
        parents.pop();
    }
}

/// Returns the text of a value on the line of its key.
fn written<'l>(lines: &[&'l str], key: &MarkedYaml, value: &MarkedYaml) -> Option<&'l str> {
    let (start, end) = (value.span.start, value.span.end);
    if start.line() != key.span.start.line() || end.line() != start.line() {
        return None;
    }
    let line = *lines.get(start.line() - 1)?;
    let at = |column: usize| {
        let place = line.char_indices().nth(column);
        place.map_or(line.len(), |(at, _)| at)
    };
    let text = line.get(at(start.col())..at(end.col()))?.trim();
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => up_to_quote(text, quote),
        _ => Some(text),
    }
}

/// Returns a quoted scalar without what follows it: its span reaches up to the end of the line (saphyr-parser 0.3.4).
fn up_to_quote(text: &str, quote: char) -> Option<&str> {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = quote == '"',
            _ if c == quote && text[at + 1..].starts_with(quote) && quote == '\'' => {
                is_escaped = true
            }
            _ if c == quote => return text.get(..=at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::shown;
    use super::*;

    #[test]
    fn scalars_of_mappings_are_read() {
        let text = "a: 1\nb:\n  c: 'x: ''y' # note's\n  d:\n    - e: 2\n  f: |\n    g: 3\nurl: http://x # y\nlist:\n- h: 4\nlong: one\n  two\nit: It's fine # todo\nflow: {x: 5}\nlast: yes\n";
        assert_eq!(
            shown(&settings(text)),
            [
                "0: a = 1",
                "2: b.c = 'x: ''y'",
                "7: url = http://x",
                "12: it = It's fine",
                "13: flow.x = 5",
                "14: last = yes"
            ]
        );
        assert!(settings("a: 1\n---\na: 2\n").is_empty());
        assert!(settings("a: [\n").is_empty());
    }

    #[test]
    fn aliases_are_not_multiplied() {
        assert_eq!(
            shown(&settings("a: &x 1\nb: *x\nc: 2\n")).last().unwrap(),
            "2: c = 2"
        );
        let many = "b: [*x, *x]\n".repeat(20);
        assert!(settings(&format!("a: &x 1\n{many}")).is_empty());
    }
}
