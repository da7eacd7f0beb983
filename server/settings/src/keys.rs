//! Deserializes settings one key at a time, so that an invalid key is reported with its line and the other keys still apply.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

/// One key and its value, as written in the source.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    pub path: Vec<String>,
    pub value: Value,
    /// 1-based; none if the source has no lines, such as editor settings.
    pub line: Option<usize>,
}

impl Leaf {
    pub fn key(&self) -> String {
        self.path.join(".")
    }

    /// Returns whether the key is in the `host` section, which all editors share.
    pub fn is_host_setting(&self) -> bool {
        let empty = self
            .value
            .as_object()
            .is_some_and(|section| section.is_empty());
        !empty && self.path.first().is_some_and(|section| section == "host")
    }

    pub fn error(&self, message: String) -> KeyError {
        KeyError {
            key: Some(self.key()),
            line: self.line,
            message,
        }
    }

    /// Returns a document that contains only this key.
    fn as_document(&self) -> Value {
        self.path
            .iter()
            .rev()
            .fold(self.value.clone(), |inner, key| {
                Value::Object(Map::from_iter([(key.clone(), inner)]))
            })
    }
}

/// An error in one key or, without a key, in the whole source.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KeyError {
    pub line: Option<usize>,
    pub key: Option<String>,
    pub message: String,
}

/// Parses a TOML text into its keys, sorted by line.
pub(super) fn parse_toml(text: &str) -> Result<Vec<Leaf>, KeyError> {
    let line_at = |offset: usize| {
        text.as_bytes()
            .iter()
            .take(offset)
            .filter(|byte| **byte == b'\n')
            .count()
            + 1
    };
    let table = DeTable::parse(text).map_err(|error| KeyError {
        line: error.span().map(|span| line_at(span.start)),
        key: None,
        message: format!("invalid TOML: {}", error.message().replace('\n', ", ")),
    })?;
    let mut leaves = Vec::new();
    walk_toml(table.get_ref(), &mut Vec::new(), &line_at, &mut leaves);
    leaves.sort_by_key(|leaf| leaf.line);
    Ok(leaves)
}

fn walk_toml(
    table: &DeTable,
    path: &mut Vec<String>,
    line_at: &dyn Fn(usize) -> usize,
    leaves: &mut Vec<Leaf>,
) {
    for (key, value) in table.iter() {
        path.push(key.get_ref().to_string());
        match value.get_ref() {
            DeValue::Table(inner) if !inner.is_empty() => walk_toml(inner, path, line_at, leaves),
            inner => leaves.push(Leaf {
                path: path.clone(),
                value: to_json(inner),
                line: Some(line_at(key.span().start)),
            }),
        }
        path.pop();
    }
}

fn to_json(value: &DeValue) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::String(number.to_string()), Value::from),
        DeValue::Float(number) => number
            .as_str()
            .parse::<f64>()
            .map_or(Value::Null, Value::from),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(items) => items.iter().map(|item| to_json(item.get_ref())).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), to_json(value.get_ref())))
            .collect(),
    }
}

/// Parses an editor's settings into their keys. Keys may be nested or dotted, in `camelCase` or `snake_case`; null means "not set".
pub(super) fn parse_json(value: &Value) -> Result<Vec<Leaf>, KeyError> {
    let mut leaves = Vec::new();
    match value {
        Value::Null => {}
        Value::Object(object) => walk_json(object, &mut Vec::new(), &mut leaves),
        _ => {
            return Err(KeyError {
                line: None,
                key: None,
                message: "the settings must be an object".into(),
            });
        }
    }
    Ok(leaves)
}

fn walk_json(object: &Map<String, Value>, path: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
    for (key, value) in object {
        let parent_len = path.len();
        path.extend(key.split('.').map(snake_case));
        match value {
            Value::Null => {}
            Value::Object(inner) if !inner.is_empty() => walk_json(inner, path, leaves),
            _ => leaves.push(Leaf {
                path: path.clone(),
                value: value.clone(),
                line: None,
            }),
        }
        path.truncate(parent_len);
    }
}

fn snake_case(key: &str) -> String {
    let mut snake = String::with_capacity(key.len() + 2);
    for letter in key.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake.trim_start_matches('_').to_owned()
}

/// Deserializes all valid keys of `leaves` and returns an error for each other key. `explain` can replace the message for a key that
/// `T` rejects.
pub(super) fn read<T>(
    leaves: &[Leaf],
    explain: impl Fn(&Leaf) -> Option<String>,
) -> (T, Vec<KeyError>)
where
    T: DeserializeOwned + Default,
{
    let mut accepted = Value::Object(Map::new());
    let mut errors = Vec::new();
    for leaf in leaves {
        match serde_json::from_value::<T>(leaf.as_document()) {
            Ok(_) => merge(&mut accepted, leaf.as_document()),
            Err(error) => {
                let message = explain(leaf).unwrap_or_else(|| rephrase(&error.to_string()));
                errors.push(KeyError {
                    line: leaf.line,
                    key: Some(leaf.key()),
                    message,
                });
            }
        }
    }
    // Each key is valid on its own and none depends on another, so this does not fail.
    (serde_json::from_value(accepted).unwrap_or_default(), errors)
}

/// Rephrases an error message of serde for users.
fn rephrase(error: &str) -> String {
    if let Some(rest) = error.strip_prefix("unknown field ") {
        return format!(
            "unknown key {}",
            rest.replace(", expected ", "; valid keys: ")
                .replace("one of ", "")
        );
    }
    let error = error
        .trim_start_matches("invalid type: ")
        .trim_start_matches("invalid value: ");
    match error.split_once(", expected ") {
        Some((found, wanted)) => format!(
            "expected {}, not the {found}",
            wanted.replace("a sequence", "a list of strings")
        ),
        None => error.to_owned(),
    }
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}
