//! The `block_config` of one block: reads keys and reports what is missing, misspelt or of the wrong type.

use std::{path::Path, sync::Arc};

use serde_json::Value;

use crate::yaml::{Data, Entry, LoadError, Location, Node};

/// A column that a flow file names, and the line where it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnRef {
    pub name: Arc<str>,
    pub line: usize,
}

/// `input_cols` or `output_cols`: a name, a list of names, or names mapped to other names.
#[derive(Debug, Clone)]
pub(crate) enum ColumnSpec {
    List(Vec<ColumnRef>),
    Map(Vec<(ColumnRef, ColumnRef)>),
}

/// The keys that every block has.
const COMMON_KEYS: [&str; 4] = ["block_name", "block_type", "input_cols", "output_cols"];

pub(crate) struct Config<'a> {
    pub file: &'a Arc<Path>,
    pub block_type: &'a str,
    pub block_name: &'a str,
    node: &'a Node,
}

impl<'a> Config<'a> {
    /// Fails when `node` has a key that is neither common nor among `keys`.
    pub fn new(
        file: &'a Arc<Path>,
        block_type: &'a str,
        node: &'a Node,
        keys: &[&str],
    ) -> Result<Self, LoadError> {
        let mut config = Self {
            file,
            block_type,
            block_name: "",
            node,
        };
        let Some(entries) = node.entries() else {
            return Err(config.invalid(node.line, "`block_config` must be a mapping"));
        };
        for entry in entries {
            if !keys.contains(&entry.key.as_str()) && !COMMON_KEYS.contains(&entry.key.as_str()) {
                let known = keys.iter().chain(&COMMON_KEYS).copied();
                return Err(config.invalid(
                    entry.line,
                    format!(
                        "{block_type} has no key `{}`{}",
                        entry.key,
                        did_you_mean(&entry.key, known)
                    ),
                ));
            }
        }
        config.block_name = config.required_text("block_name")?;
        Ok(config)
    }

    pub fn invalid(&self, line: usize, problem: impl Into<String>) -> LoadError {
        LoadError::Invalid {
            at: Location {
                file: Arc::clone(self.file),
                line,
            },
            problem: problem.into(),
        }
    }

    /// The line of the key, or of the block if the key is absent.
    pub fn line_of(&self, key: &str) -> usize {
        self.node
            .get(key)
            .map_or(self.node.line, |entry| entry.line)
    }

    /// The key's entry, unless it is absent or null.
    pub fn get(&self, key: &str) -> Option<&'a Entry> {
        self.node
            .get(key)
            .filter(|entry| !matches!(entry.value.data, Data::Scalar(Value::Null)))
    }

    pub fn required(&self, key: &str) -> Result<&'a Entry, LoadError> {
        self.get(key).ok_or_else(|| {
            self.invalid(
                self.node.line,
                format!("{} needs the key `{key}`", self.block_type),
            )
        })
    }

    pub fn required_text(&self, key: &str) -> Result<&'a str, LoadError> {
        let entry = self.required(key)?;
        entry
            .value
            .text()
            .ok_or_else(|| self.wrong_type(entry, "a text"))
    }

    pub fn text(&self, key: &str) -> Result<Option<&'a str>, LoadError> {
        self.get(key).map(|_| self.required_text(key)).transpose()
    }

    pub fn flag(&self, key: &str, default: bool) -> Result<bool, LoadError> {
        match self.get(key) {
            None => Ok(default),
            Some(entry) => match &entry.value.data {
                Data::Scalar(Value::Bool(value)) => Ok(*value),
                _ => Err(self.wrong_type(entry, "true or false")),
            },
        }
    }

    pub fn whole_number(&self, key: &str) -> Result<Option<u64>, LoadError> {
        self.get(key)
            .map(|entry| {
                entry
                    .value
                    .value()
                    .as_u64()
                    .ok_or_else(|| self.wrong_type(entry, "a whole number of at least 0"))
            })
            .transpose()
    }

    pub fn number(&self, key: &str) -> Result<Option<f64>, LoadError> {
        self.get(key)
            .map(|entry| {
                entry
                    .value
                    .value()
                    .as_f64()
                    .ok_or_else(|| self.wrong_type(entry, "a number"))
            })
            .transpose()
    }

    /// A text, or a list of texts.
    pub fn texts(&self, key: &str) -> Result<Option<Vec<String>>, LoadError> {
        let Some(entry) = self.get(key) else {
            return Ok(None);
        };
        let texts = match entry.value.items() {
            None => entry.value.text().map(|text| vec![text.to_owned()]),
            Some(items) => items
                .iter()
                .map(|item| item.text().map(ToOwned::to_owned))
                .collect(),
        };
        texts
            .map(Some)
            .ok_or_else(|| self.wrong_type(entry, "a text or a list of texts"))
    }

    /// `input_cols` or `output_cols`; an absent one is an empty list.
    pub fn column_spec(&self, key: &str) -> Result<ColumnSpec, LoadError> {
        let Some(entry) = self.get(key) else {
            return Ok(ColumnSpec::List(Vec::new()));
        };
        let column = |name: &str, line| ColumnRef {
            name: name.into(),
            line,
        };
        let spec = match &entry.value.data {
            Data::Scalar(Value::String(name)) => {
                Some(ColumnSpec::List(vec![column(name, entry.line)]))
            }
            Data::List(items) => items
                .iter()
                .map(|item| item.text().map(|name| column(name, item.line)))
                .collect::<Option<_>>()
                .map(ColumnSpec::List),
            Data::Map(entries) => entries
                .iter()
                .map(|pair| {
                    let target = pair.value.text()?;
                    Some((column(&pair.key, pair.line), column(target, pair.line)))
                })
                .collect::<Option<_>>()
                .map(ColumnSpec::Map),
            Data::Scalar(_) => None,
        };
        spec.ok_or_else(|| self.wrong_type(entry, "a column, a list of columns or a mapping"))
    }

    /// `input_cols` or `output_cols` as a list.
    pub fn columns(&self, key: &str) -> Result<Vec<ColumnRef>, LoadError> {
        match self.column_spec(key)? {
            ColumnSpec::List(columns) => Ok(columns),
            ColumnSpec::Map(_) => Err(self.invalid(
                self.line_of(key),
                format!("`{key}` of {} is a list, not a mapping", self.block_type),
            )),
        }
    }

    /// The one column of `input_cols` or `output_cols`.
    pub fn column(&self, key: &str) -> Result<ColumnRef, LoadError> {
        match <[ColumnRef; 1]>::try_from(self.columns(key)?) {
            Ok([column]) => Ok(column),
            Err(columns) => Err(self.invalid(
                self.line_of(key),
                format!(
                    "`{key}` of {} needs exactly one column and has {}",
                    self.block_type,
                    columns.len()
                ),
            )),
        }
    }

    /// `input_cols` as a mapping from existing to new columns.
    pub fn column_map(&self) -> Result<Vec<(ColumnRef, ColumnRef)>, LoadError> {
        match self.column_spec("input_cols")? {
            ColumnSpec::Map(map) if !map.is_empty() => Ok(map),
            _ => Err(self.invalid(
                self.line_of("input_cols"),
                format!(
                    "`input_cols` of {} maps existing columns to new ones",
                    self.block_type
                ),
            )),
        }
    }

    pub fn wrong_type(&self, entry: &Entry, expected: &str) -> LoadError {
        self.invalid(
            entry.line,
            format!("`{}` of {} must be {expected}", entry.key, self.block_type),
        )
    }
}

/// Returns `; did you mean …?` if one of `known` resembles `name`, otherwise nothing.
pub(crate) fn did_you_mean<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map_or_else(String::new, |(_, candidate)| {
            format!("; did you mean `{candidate}`?")
        })
}
