//! YAML with the line of every node, so that an error names file and line.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::Value;

/// A line of a flow or prompt file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    pub file: Arc<Path>,
    /// The first line is 1.
    pub line: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// Why a flow cannot be used. Each message is one line.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{at}: {problem}")]
    Invalid { at: Location, problem: String },
    #[error("there is no built-in flow `{name}`; there are {known}")]
    UnknownFlow { name: String, known: String },
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub line: usize,
    pub data: Data,
}

#[derive(Debug, Clone)]
pub(crate) enum Data {
    /// A scalar; never a list or an object.
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub key: String,
    pub line: usize,
    pub value: Node,
}

/// Parses the first document of a file.
pub(crate) fn parse(file: &Arc<Path>, text: &str) -> Result<Node, LoadError> {
    let invalid = |line, problem| LoadError::Invalid {
        at: Location {
            file: Arc::clone(file),
            line,
        },
        problem,
    };
    let documents = MarkedYaml::load_from_str(text)
        .map_err(|error| invalid(error.marker().line(), error.info().to_owned()))?;
    let Some(document) = documents.first() else {
        return Err(invalid(1, "the file is empty".to_owned()));
    };
    convert(document).map_err(|line| invalid(line, "this value cannot be read".to_owned()))
}

/// Converts a node; the error is the line of a node that has no meaning here.
fn convert(node: &MarkedYaml<'_>) -> Result<Node, usize> {
    let line = node.span.start.line();
    let data = match &node.data {
        YamlData::Value(scalar) => Data::Scalar(match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(value) => Value::Bool(*value),
            Scalar::Integer(value) => Value::from(*value),
            Scalar::FloatingPoint(value) => Value::from(value.into_inner()),
            Scalar::String(value) => Value::String(value.to_string()),
        }),
        YamlData::Sequence(items) => {
            Data::List(items.iter().map(convert).collect::<Result<_, _>>()?)
        }
        YamlData::Mapping(entries) => Data::Map(
            entries
                .iter()
                .map(|(key, value)| {
                    let key_line = key.span.start.line();
                    let Data::Scalar(name) = convert(key)?.data else {
                        return Err(key_line);
                    };
                    Ok(Entry {
                        key: match name {
                            Value::String(name) => name,
                            other => other.to_string(),
                        },
                        line: key_line,
                        value: convert(value)?,
                    })
                })
                .collect::<Result<_, _>>()?,
        ),
        YamlData::Tagged(_, inner) => return convert(inner),
        YamlData::Representation(..) | YamlData::Alias(_) | YamlData::BadValue => return Err(line),
    };
    Ok(Node { line, data })
}

impl Node {
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries()?.iter().find(|entry| entry.key == key)
    }

    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.data {
            Data::Map(entries) => Some(entries),
            _ => None,
        }
    }

    pub fn items(&self) -> Option<&[Node]> {
        match &self.data {
            Data::List(items) => Some(items),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The node as JSON.
    pub fn value(&self) -> Value {
        match &self.data {
            Data::Scalar(value) => value.clone(),
            Data::List(items) => Value::Array(items.iter().map(Node::value).collect()),
            Data::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.value.value()))
                    .collect(),
            ),
        }
    }
}
