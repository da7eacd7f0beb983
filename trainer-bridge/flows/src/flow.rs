//! A flow: its metadata and blocks, loaded and checked.

use std::{
    collections::{HashMap, HashSet},
    fmt, fs,
    path::Path,
    sync::Arc,
};

use crate::{
    blocks::{self, Kind, ReadFile, Step},
    built_in,
    config::{ColumnRef, did_you_mean},
    yaml::{self, Entry, LoadError, Location, Node},
};

/// A chain of blocks over rows.
pub struct Flow {
    pub name: String,
    pub id: String,
    pub description: String,
    /// The columns that every input row must have.
    pub required_columns: Vec<Arc<str>>,
    /// The columns that a run keeps beside those of the input; all if `None`.
    pub output_columns: Option<Vec<Arc<str>>>,
    pub(crate) steps: Vec<Step>,
    /// The last block that reads a column.
    last_reader: HashMap<Arc<str>, usize>,
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow")
            .field("name", &self.name)
            .field("blocks", &self.steps.len())
            .finish_non_exhaustive()
    }
}

impl Flow {
    /// Loads a flow file and the prompt files it refers to.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        Self::read(path, &|path| fs::read_to_string(path))
    }

    /// Loads a flow of [`crate::built_in_flows`] by its name.
    pub fn built_in(name: &str) -> Result<Self, LoadError> {
        let path = built_in::path(name).ok_or_else(|| LoadError::UnknownFlow {
            name: name.to_owned(),
            known: built_in::built_in_flows().join(", "),
        })?;
        Self::read(&path, &built_in::read)
    }

    fn read(path: &Path, read: ReadFile<'_>) -> Result<Self, LoadError> {
        let text = read(path).map_err(|source| LoadError::Read {
            path: path.to_owned(),
            source,
        })?;
        let file: Arc<Path> = path.into();
        let document = yaml::parse(&file, &text)?;
        let reader = Reader { file: &file };
        reader.keys(&document, "a flow", &["metadata", "blocks", "parameters"])?;
        let metadata = reader.metadata(&document)?;
        let blocks = reader
            .entry(&document, "blocks")
            .and_then(|entry| entry.value.items())
            .filter(|items| !items.is_empty())
            .ok_or_else(|| reader.invalid(document.line, "a flow needs a list of `blocks`"))?;
        let mut steps = blocks
            .iter()
            .map(|node| blocks::load(&file, node, read))
            .collect::<Result<Vec<Step>, _>>()?;
        let mut names = HashSet::new();
        for step in &steps {
            if !names.insert(Arc::clone(&step.name)) {
                let problem = format!("there are two blocks with the name `{}`", step.name);
                return Err(reader.invalid(step.at.line, problem));
            }
        }
        find_verdicts(&mut steps);
        let mut last_reader = HashMap::new();
        for (i, step) in steps.iter().enumerate() {
            for column in step.reads() {
                last_reader.insert(Arc::clone(&column.name), i);
            }
        }
        let mut flow = Self {
            name: metadata.name,
            id: metadata.id,
            description: metadata.description,
            required_columns: Vec::new(),
            output_columns: metadata.output_columns.as_ref().map(|columns| {
                columns
                    .iter()
                    .map(|column| Arc::clone(&column.name))
                    .collect()
            }),
            steps,
            last_reader,
        };
        let known = match &metadata.required {
            Some(required) => {
                flow.required_columns.clone_from(required);
                required.iter().chain(&metadata.optional).cloned().collect()
            }
            None => {
                flow.required_columns = flow.unwritten_columns();
                flow.required_columns.clone()
            }
        };
        let left = flow
            .check_columns(known)
            .map_err(|(at, problem)| LoadError::Invalid { at, problem })?;
        for column in metadata.output_columns.iter().flatten() {
            if !left.contains(&column.name) {
                let hint = did_you_mean(&column.name, left.iter().map(|name| &**name));
                let problem = format!("no block writes the output column `{}`{hint}", column.name);
                return Err(reader.invalid(column.line, problem));
            }
        }
        Ok(flow)
    }

    /// Follows the columns through all blocks and returns those that are left. Fails where a block reads a column that does not exist, or
    /// writes one that does.
    pub(crate) fn check_columns(
        &self,
        input: Vec<Arc<str>>,
    ) -> Result<Vec<Arc<str>>, (Location, String)> {
        let mut columns = input.clone();
        for (i, step) in self.steps.iter().enumerate() {
            let at = |line| Location {
                file: Arc::clone(&step.at.file),
                line,
            };
            for column in step.reads() {
                if !columns.contains(&column.name) {
                    let hint = did_you_mean(&column.name, columns.iter().map(|name| &**name));
                    let problem = format!(
                        "the block `{}` reads the column `{}`, which does not exist there{hint}",
                        step.name, column.name
                    );
                    return Err((at(column.line), problem));
                }
            }
            for column in step.writes() {
                if columns.contains(&column.name) {
                    let problem = format!(
                        "the block `{}` writes the column `{}`, which exists already",
                        step.name, column.name
                    );
                    return Err((at(column.line), problem));
                }
            }
            if step.consumes_input() {
                let consumed: Vec<_> = step.reads();
                columns.retain(|name| !consumed.iter().any(|column| column.name == *name));
            }
            columns.extend(
                step.writes()
                    .into_iter()
                    .map(|column| Arc::clone(&column.name)),
            );
            columns.retain(|name| self.keeps(name, i, &input));
        }
        Ok(columns)
    }

    /// Whether a column is kept after the block at `position`: columns that no later block reads are dropped early unless they are wanted.
    pub(crate) fn keeps(&self, column: &str, position: usize, input: &[Arc<str>]) -> bool {
        self.is_output(column, input)
            || self
                .last_reader
                .get(column)
                .is_none_or(|last| *last > position)
    }

    /// Whether a column is among those of the result.
    pub(crate) fn is_output(&self, column: &str, input: &[Arc<str>]) -> bool {
        self.output_columns
            .as_ref()
            .is_none_or(|columns| columns.iter().chain(input).any(|name| &**name == column))
    }

    /// The columns that blocks read and no earlier block writes.
    fn unwritten_columns(&self) -> Vec<Arc<str>> {
        let (mut written, mut unwritten) = (HashSet::new(), Vec::new());
        for step in &self.steps {
            for column in step.reads() {
                if written.insert(Arc::clone(&column.name)) {
                    unwritten.push(Arc::clone(&column.name));
                }
            }
            written.extend(
                step.writes()
                    .into_iter()
                    .map(|column| Arc::clone(&column.name)),
            );
        }
        unwritten
    }
}

/// Tells each parser which of its columns is a verdict: one that a later filter decides by, while nothing reads its other columns.
fn find_verdicts(steps: &mut [Step]) {
    for i in 0..steps.len() {
        let (before, later) = steps.split_at_mut(i + 1);
        let mut deciding: Vec<&str> = Vec::new();
        let mut read: Vec<&str> = Vec::new();
        for step in later.iter() {
            match &step.kind {
                Kind::Other(block) if block.decides_by().is_some() => {
                    deciding.extend(block.decides_by());
                }
                _ => read.extend(step.reads().into_iter().map(|column| &*column.name)),
            }
        }
        if let Kind::Other(block) = &mut before[i].kind {
            let written: Vec<Arc<str>> = block
                .writes()
                .iter()
                .map(|column| Arc::clone(&column.name))
                .collect();
            if !written.iter().any(|name| read.contains(&&**name)) {
                block.set_deciding_columns(&deciding);
            }
        }
    }
}

struct Metadata {
    name: String,
    id: String,
    description: String,
    /// `None` if the flow does not say what it requires.
    required: Option<Vec<Arc<str>>>,
    optional: Vec<Arc<str>>,
    output_columns: Option<Vec<ColumnRef>>,
}

struct Reader<'a> {
    file: &'a Arc<Path>,
}

impl Reader<'_> {
    fn invalid(&self, line: usize, problem: impl Into<String>) -> LoadError {
        LoadError::Invalid {
            at: Location {
                file: Arc::clone(self.file),
                line,
            },
            problem: problem.into(),
        }
    }

    /// Fails when a mapping has a key that is not among `known`.
    fn keys(&self, node: &Node, what: &str, known: &[&str]) -> Result<(), LoadError> {
        let Some(entries) = node.entries() else {
            return Err(self.invalid(node.line, format!("{what} must be a mapping")));
        };
        match entries
            .iter()
            .find(|entry| !known.contains(&entry.key.as_str()))
        {
            None => Ok(()),
            Some(entry) => {
                let hint = did_you_mean(&entry.key, known.iter().copied());
                Err(self.invalid(
                    entry.line,
                    format!("{what} has no key `{}`{hint}", entry.key),
                ))
            }
        }
    }

    fn entry<'n>(&self, node: &'n Node, key: &str) -> Option<&'n Entry> {
        node.get(key).filter(|entry| !entry.value.value().is_null())
    }

    fn metadata(&self, document: &Node) -> Result<Metadata, LoadError> {
        let Some(metadata) = self.entry(document, "metadata").map(|entry| &entry.value) else {
            return Err(self.invalid(document.line, "a flow needs `metadata` with a `name`"));
        };
        self.keys(
            metadata,
            "the metadata",
            &[
                "name",
                "id",
                "description",
                "version",
                "author",
                "recommended_models",
                "tags",
                "license",
                "dataset_requirements",
                "output_columns",
            ],
        )?;
        let text = |key: &str| match self.entry(metadata, key) {
            None => Ok(String::new()),
            Some(entry) => entry.value.text().map(ToOwned::to_owned).ok_or_else(|| {
                self.invalid(
                    entry.line,
                    format!("`{key}` of the metadata must be a text"),
                )
            }),
        };
        let name = text("name")?;
        if name.is_empty() {
            return Err(self.invalid(metadata.line, "the metadata need a `name`"));
        }
        let (mut required, mut optional) = (None, Vec::new());
        if let Some(requirements) = self.entry(metadata, "dataset_requirements") {
            let requirements = &requirements.value;
            self.keys(
                requirements,
                "`dataset_requirements`",
                &[
                    "required_columns",
                    "optional_columns",
                    "min_samples",
                    "max_samples",
                    "column_types",
                    "description",
                ],
            )?;
            let names = |key| {
                let columns = self.columns(requirements, key)?;
                let columns = columns.map(|columns| {
                    columns
                        .into_iter()
                        .map(|column| column.name)
                        .collect::<Vec<_>>()
                });
                Ok::<_, LoadError>(columns)
            };
            required = names("required_columns")?;
            optional = names("optional_columns")?.unwrap_or_default();
        }
        Ok(Metadata {
            name,
            id: text("id")?,
            description: text("description")?,
            required,
            optional,
            output_columns: self.columns(metadata, "output_columns")?,
        })
    }

    fn columns(&self, node: &Node, key: &str) -> Result<Option<Vec<ColumnRef>>, LoadError> {
        let Some(entry) = self.entry(node, key) else {
            return Ok(None);
        };
        let columns = entry.value.items().and_then(|items| {
            items
                .iter()
                .map(|item| {
                    Some(ColumnRef {
                        name: item.text()?.trim().into(),
                        line: item.line,
                    })
                })
                .collect::<Option<Vec<_>>>()
        });
        columns
            .map(Some)
            .ok_or_else(|| self.invalid(entry.line, format!("`{key}` must be a list of columns")))
    }
}
