//! How Python prints, strips and compares values. Templates print values this way in both modes; the rest serves the mode that reproduces
//! sdg_hub.

use std::{cmp::Ordering, fmt::Write as _, sync::LazyLock};

use fancy_regex::Regex;
use serde_json::Value;

/// `str.strip()`: unlike Rust's `trim`, it takes the separators U+001C to U+001F for white space.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

/// `repr(float)`.
pub(crate) fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    format!("{value:?}")
}

/// What `str()` makes of a value.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => {
            let mut out = String::new();
            repr(&mut out, other);
            out
        }
    }
}

/// What `repr()` makes of a value.
fn repr(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => match number.as_f64() {
            Some(value) if number.is_f64() => out.push_str(&float(value)),
            _ => out.push_str(&number.to_string()),
        },
        Value::String(text) => quoted(out, text),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                repr(out, item);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (i, (key, item)) in entries.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                quoted(out, key);
                out.push_str(": ");
                repr(out, item);
            }
            out.push('}');
        }
    }
}

/// `repr(str)`.
pub(crate) fn repr_text(text: &str) -> String {
    let mut out = String::new();
    quoted(&mut out, text);
    out
}

fn quoted(out: &mut String, text: &str) {
    #[expect(
        clippy::expect_used,
        reason = "the pattern is a constant; a test compiles it"
    )]
    static UNPRINTABLE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^[\p{C}\p{Z}]$").expect("a valid pattern"));
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.push(quote);
    let mut buffer = [0; 4];
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            ' '..='~' => out.push(c),
            c if !UNPRINTABLE
                .is_match(c.encode_utf8(&mut buffer))
                .unwrap_or(false) =>
            {
                out.push(c);
            }
            // Writing to a string cannot fail.
            c => {
                let code = u32::from(c);
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
}

/// What `json.dumps(value, ensure_ascii=False)` writes, with `indent=2` if `pretty`.
pub(crate) fn json(value: &Value, pretty: bool) -> String {
    let mut out = String::new();
    write_json(&mut out, value, pretty.then_some(0));
    out
}

fn write_json(out: &mut String, value: &Value, indent: Option<usize>) {
    let (open, close, items): (char, char, Vec<(Option<&String>, &Value)>) = match value {
        Value::Array(items) => ('[', ']', items.iter().map(|item| (None, item)).collect()),
        Value::Object(entries) => {
            let items = entries.iter().map(|(key, item)| (Some(key), item));
            ('{', '}', items.collect())
        }
        Value::Number(number) if number.is_f64() => {
            out.push_str(&float(number.as_f64().unwrap_or(f64::NAN)));
            return;
        }
        other => {
            out.push_str(&other.to_string());
            return;
        }
    };
    let new_line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', 2 * depth));
    };
    out.push(open);
    for (i, (key, item)) in items.iter().enumerate() {
        match indent {
            Some(depth) => {
                out.push_str(if i > 0 { "," } else { "" });
                new_line(out, depth + 1);
            }
            None => out.push_str(if i > 0 { ", " } else { "" }),
        }
        if let Some(key) = key {
            out.push_str(&Value::from(key.as_str()).to_string());
            out.push_str(": ");
        }
        write_json(out, item, indent.map(|depth| depth + 1));
    }
    if let (Some(depth), false) = (indent, items.is_empty()) {
        new_line(out, depth);
    }
    out.push(close);
}

/// `a == b`: numbers and booleans by value, never a text with a number.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => return a.partial_cmp(&b) == Some(Ordering::Equal),
        (None, None) => {}
        _ => return false,
    }
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, value)| b.get(key).is_some_and(|other| equal(value, other)))
        }
        _ => a == b,
    }
}

/// Compares two numbers or two texts; `None` where Python raises a `TypeError`.
pub(crate) fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => number(a)?.partial_cmp(&number(b)?),
    }
}

/// A number that compares as Python's numbers do: whole ones exactly.
#[derive(Clone, Copy)]
enum Number {
    Whole(i128),
    Float(f64),
}

impl Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (*self, *other) {
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(&b)),
            (Self::Whole(a), Self::Float(b)) => (a as f64).partial_cmp(&b),
            (Self::Float(a), Self::Whole(b)) => a.partial_cmp(&(b as f64)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(&b),
        }
    }
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Bool(value) => Some(Number::Whole(i128::from(*value))),
        Value::Number(number) => number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from))
            .map(Number::Whole)
            .or_else(|| number.as_f64().map(Number::Float)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_print_as_in_python() {
        let value = json!([
            "a'b", "c\"d'", null, true, 1.0, 1e16, 1e15, 1e-5, 0.0001, {"k": ["x\né\u{2028}\u{7}😀\u{a0}"]}
        ]);
        assert_eq!(
            text(&value),
            r#"["a'b", 'c"d\'', None, True, 1.0, 1e+16, 1000000000000000.0, 1e-05, 0.0001, {'k': ['x\né\u2028\x07😀\xa0']}]"#
        );
        assert_eq!(float(f64::NAN), "nan");
        assert_eq!(float(-0.0), "-0.0");
    }

    #[test]
    fn a_text_is_never_equal_to_a_number() {
        assert!(equal(&json!(1), &json!(1.0)));
        assert!(equal(&json!(true), &json!(1)));
        assert!(!equal(&json!("1"), &json!(1)));
        assert_eq!(compare(&json!("5"), &json!(3)), None);
    }
}
