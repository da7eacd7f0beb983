//! TOML, read by the `toml` crate, which says where each value is.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Setting, is_key, is_short};

pub(super) fn settings(text: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    if let Ok(table) = DeTable::parse(text) {
        collect(text, table.get_ref(), &mut Vec::new(), &mut found);
    }
    found.sort_by_key(|setting| setting.line);
    found
}

fn collect<'t>(
    text: &str,
    table: &'t DeTable,
    parents: &mut Vec<&'t str>,
    found: &mut Vec<Setting>,
) {
    for (key, value) in table {
        let name: &str = key.get_ref();
        // With a dot in a key, the joined name would mean another one.
        if !is_key(name) || name.contains('.') {
            continue;
        }
        parents.push(name);
        let written = text.get(value.span()).unwrap_or_default();
        match value.get_ref() {
            // A table with a header, or one that dotted keys make. One in braces is a value.
            DeValue::Table(inner) if !written.starts_with('{') => {
                collect(text, inner, parents, found);
            }
            // A list of tables with headers has several values for a key.
            DeValue::Array(_) if !written.starts_with('[') || is_list_of_tables(value) => {}
            _ if is_short(written) => found.push(Setting {
                name: parents.join("."),
                value: written.to_owned(),
                line: text[..key.span().start].matches('\n').count() as u32,
            }),
            _ => {}
        }
        parents.pop();
    }
}

fn is_list_of_tables(value: &Spanned<DeValue>) -> bool {
    match value.get_ref() {
        DeValue::Array(items) => items
            .iter()
            .any(|item| matches!(item.get_ref(), DeValue::Table(_))),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::shown;
    use super::*;

    #[test]
    fn values_of_one_line_are_read() {
        let text = r##"
a = 1 # one
"quoted" = 'p # q'
escaped = "a \" # b" # c
dotted.key = true
"do.t" = 1
[t.x] # a comment after a header
b = "p # q"
list = [
  "c = 2",
]
exclude = [
  "foo]",
  "key = value",
]
text = """
d = 3
"""
flat = [1, 2]
inline = { version = "1", features = ["x"] }
[[many]]
e = 4
"##;
        assert_eq!(
            shown(&settings(text)),
            [
                "1: a = 1",
                "2: quoted = 'p # q'",
                "3: escaped = \"a \\\" # b\"",
                "4: dotted.key = true",
                "7: t.x.b = \"p # q\"",
                "18: t.x.flat = [1, 2]",
                "19: t.x.inline = { version = \"1\", features = [\"x\"] }",
            ]
        );
        assert!(settings("a = ").is_empty());
    }
}
