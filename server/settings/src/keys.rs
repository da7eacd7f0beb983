//! Reading settings one key at a time, so that a bad key is reported by its place and the others still apply.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

/// One key with its value, as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    pub path: Vec<String>,
    pub value: Value,
    /// One-based, where the source has lines.
    pub line: Option<usize>,
}

impl Leaf {
    pub fn key(&self) -> String {
        self.path.join(".")
    }

    /// Whether it says something about the process that all editors share.
    pub fn is_shared(&self) -> bool {
        let empty = self
            .value
            .as_object()
            .is_some_and(|section| section.is_empty());
        !empty && self.path.first().is_some_and(|section| section == "host")
    }

    pub fn fault(&self, message: &str) -> Fault {
        Fault {
            key: Some(self.key()),
            line: self.line,
            message: message.to_owned(),
        }
    }

    /// An otherwise empty document with this key in it.
    fn alone(&self) -> Value {
        self.path
            .iter()
            .rev()
            .fold(self.value.clone(), |inner, key| {
                Value::Object(Map::from_iter([(key.clone(), inner)]))
            })
    }
}

/// What is wrong with one key, or with the text as a whole.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    pub line: Option<usize>,
    pub key: Option<String>,
    pub message: String,
}

/// The keys of a TOML text, in the order of their lines.
pub(super) fn of_toml(text: &str) -> Result<Vec<Leaf>, Fault> {
    let line_at = |offset: usize| {
        text.as_bytes()
            .iter()
            .take(offset)
            .filter(|byte| **byte == b'\n')
            .count()
            + 1
    };
    let table = DeTable::parse(text).map_err(|error| Fault {
        line: error.span().map(|span| line_at(span.start)),
        key: None,
        message: format!("this is not TOML: {}", error.message().replace('\n', ", ")),
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
                value: json_of(inner),
                line: Some(line_at(key.span().start)),
            }),
        }
        path.pop();
    }
}

fn json_of(value: &DeValue) -> Value {
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
        DeValue::Array(items) => items.iter().map(|item| json_of(item.get_ref())).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), json_of(value.get_ref())))
            .collect(),
    }
}

/// The keys of an editor's settings. Editors like `index.maxFileBytes`, nested or dotted; null stands for "not set".
pub(super) fn of_json(value: &Value) -> Result<Vec<Leaf>, Fault> {
    let mut leaves = Vec::new();
    match value {
        Value::Null => {}
        Value::Object(object) => walk_json(object, &mut Vec::new(), &mut leaves),
        _ => {
            return Err(Fault {
                line: None,
                key: None,
                message: "the settings should be an object".into(),
            });
        }
    }
    Ok(leaves)
}

fn walk_json(object: &Map<String, Value>, path: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
    for (key, value) in object {
        let before = path.len();
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
        path.truncate(before);
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

/// Reads what can be read of `leaves`; `explain` may say more of a key that `T` refuses.
pub(super) fn read<T>(leaves: &[Leaf], explain: impl Fn(&Leaf) -> Option<String>) -> (T, Vec<Fault>)
where
    T: DeserializeOwned + Default,
{
    let mut accepted = Value::Object(Map::new());
    let mut faults = Vec::new();
    for leaf in leaves {
        match serde_json::from_value::<T>(leaf.alone()) {
            Ok(_) => merge(&mut accepted, leaf.alone()),
            Err(error) => {
                let message = explain(leaf).unwrap_or_else(|| worded(&error.to_string()));
                faults.push(Fault {
                    line: leaf.line,
                    key: Some(leaf.key()),
                    message,
                });
            }
        }
    }
    // Each key was accepted on its own and none depends on another.
    (serde_json::from_value(accepted).unwrap_or_default(), faults)
}

/// serde's message in the words of this program.
fn worded(error: &str) -> String {
    if let Some(rest) = error.strip_prefix("unknown field ") {
        return format!(
            "unknown key {}",
            rest.replace(", expected ", "; known here: ")
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
