//! INI and `setup.cfg`, as Python's `configparser` reads them: no crate that does so keeps the lines.

use super::{Setting, is_key, is_short};

/// Reads `[section]` headers with `key = value` and `key: value` lines.
pub(super) fn settings(text: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut section = String::new();
    let lines: Vec<&str> = text.lines().collect();
    let is_continuation = |line: &&str| line.starts_with([' ', '\t']) && !line.trim().is_empty();
    for (number, line) in lines.iter().enumerate() {
        let code = line.trim();
        if code.is_empty() || code.starts_with(['#', ';']) || is_continuation(line) {
            continue;
        }
        if let Some(header) = code.strip_prefix('[') {
            section = header.split(']').next().unwrap_or(header).trim().to_owned();
            continue;
        }
        let Some(at) = code.find(['=', ':']) else {
            continue;
        };
        let (key, value) = (code[..at].trim(), code[at + 1..].trim());
        let is_whole = !lines.get(number + 1).is_some_and(is_continuation);
        if is_whole && is_key(key) && is_short(value) {
            let name = if section.is_empty() {
                key.to_owned()
            } else {
                format!("{section}.{key}")
            };
            found.push(Setting {
                name,
                value: value.to_owned(),
                line: number as u32,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::shown;
    use super::*;

    #[test]
    fn values_of_one_line_are_read() {
        let text =
            "[tox]\nenvlist = py39\nmany =\n  a = 1\n  b\n[x]\nlong = first\n  second\nk: v\n";
        assert_eq!(
            shown(&settings(text)),
            ["1: tox.envlist = py39", "8: x.k = v"]
        );
    }
}
