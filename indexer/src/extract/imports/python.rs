//! `import a.b as c, d` and `from ..a.b import (c as d, e)`.

use crate::facts::Import;

use super::import;

pub(super) fn collect(statement: &str, line: u32, out: &mut Vec<Import>) {
    let words = words(statement);
    match words.split_first() {
        Some((&"import", modules)) => {
            for module in items(modules) {
                out.push(import(module.replace('.', "/"), Vec::new(), line));
            }
        }
        Some((&"from", rest)) => {
            let Some(at) = rest.iter().position(|word| *word == "import") else { return };
            let module: String = rest[..at].concat();
            let names = items(&rest[at + 1..]).map(Into::into).collect();
            out.push(import(path(&module), names, line));
        }
        _ => {}
    }
}

/// The statement's words; commas are words, parentheses, comments and continuation marks are nothing.
fn words(statement: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for line in statement.lines() {
        let code = line.split('#').next().unwrap_or(line);
        for part in code.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '\\' | ';')) {
            for (index, word) in part.split(',').enumerate() {
                if index > 0 {
                    words.push(",");
                }
                if !word.is_empty() {
                    words.push(word);
                }
            }
        }
    }
    words
}

/// The first word of each item between commas, so without its `as …`.
fn items<'a>(words: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    words.split(|word| *word == ",").filter_map(|item| item.first().copied())
}

/// One leading dot is this package, each further one a package up.
fn path(module: &str) -> String {
    let name = module.trim_start_matches('.');
    let name_path = name.replace('.', "/");
    match module.len() - name.len() {
        0 => name_path,
        1 if name.is_empty() => ".".into(),
        1 => format!("./{name_path}"),
        dots => {
            let up = "../".repeat(dots - 1);
            format!("{up}{name_path}").trim_end_matches('/').into()
        }
    }
}
