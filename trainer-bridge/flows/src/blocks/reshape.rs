//! Blocks that make several rows of one, or choose between columns.

use std::sync::Arc;

use super::{Block, Context, place_of, transform};
use crate::{
    config::{ColumnRef, Config},
    pandas,
    table::{Table, cell},
    yaml::LoadError,
};

/// `RowMultiplierBlock`, without shuffling.
pub(super) struct Multiply(usize);

impl Multiply {
    pub fn load(config: &Config<'_>) -> Result<Self, LoadError> {
        if config.flag("shuffle", false)? {
            return Err(config.invalid(
                config.line_of("shuffle"),
                "rows keep the order of the input: remove `shuffle`",
            ));
        }
        match config.whole_number("num_samples")?.map(usize::try_from) {
            Some(Ok(count)) if count > 0 => Ok(Self(count)),
            _ => Err(config.invalid(
                config.line_of("num_samples"),
                "RowMultiplierBlock needs `num_samples` of at least 1",
            )),
        }
    }
}

impl Block for Multiply {
    fn reads(&self) -> Vec<&ColumnRef> {
        Vec::new()
    }

    fn writes(&self) -> Vec<&ColumnRef> {
        Vec::new()
    }

    fn expected_rows(&self) -> usize {
        self.0
    }

    fn run(&self, mut table: Table, _: &mut Context) -> Result<Table, String> {
        table.records = table
            .records
            .iter()
            .flat_map(|record| std::iter::repeat_n(record, self.0).cloned())
            .collect();
        Ok(table)
    }
}

/// `MeltColumnsBlock`: a row per column, all rows of the first column first.
pub(super) struct Melt {
    inputs: Vec<ColumnRef>,
    /// For the value and for the name of its column.
    outputs: Vec<ColumnRef>,
}

impl Melt {
    pub fn load(config: &Config<'_>) -> Result<Self, LoadError> {
        let outputs = config.columns("output_cols")?;
        if outputs.len() != 2 {
            return Err(config.invalid(
                config.line_of("output_cols"),
                "`output_cols` of MeltColumnsBlock names two columns: for the value and for the name",
            ));
        }
        let inputs = config.columns("input_cols")?;
        if inputs.is_empty() {
            return Err(config.invalid(
                config.line_of("input_cols"),
                "`input_cols` of MeltColumnsBlock names the columns to melt",
            ));
        }
        Ok(Self { inputs, outputs })
    }
}

impl Block for Melt {
    fn reads(&self) -> Vec<&ColumnRef> {
        self.inputs.iter().collect()
    }

    fn writes(&self) -> Vec<&ColumnRef> {
        self.outputs.iter().collect()
    }

    fn consumes_input(&self) -> bool {
        true
    }

    fn expected_rows(&self) -> usize {
        self.inputs.len()
    }

    fn run(&self, table: Table, cx: &mut Context) -> Result<Table, String> {
        let places = transform::places_of(&table, &self.inputs)?;
        let kept: Vec<usize> = (0..table.columns.len())
            .filter(|place| !places.contains(place))
            .collect();
        let mut columns: Vec<Arc<str>> = kept
            .iter()
            .map(|place| Arc::clone(&table.columns[*place]))
            .collect();
        // pandas puts the name first.
        columns.push(Arc::clone(&self.outputs[1].name));
        columns.push(Arc::clone(&self.outputs[0].name));
        let mut records = Vec::with_capacity(table.records.len() * places.len());
        for (input, place) in self.inputs.iter().zip(&places) {
            for record in &table.records {
                let mut melted = record.clone();
                melted.cells = kept
                    .iter()
                    .map(|place| record.cells[*place].clone())
                    .collect();
                melted.cells.push(cell(&*input.name));
                melted.cells.push(record.cells[*place].clone());
                records.push(melted);
            }
        }
        let mut table = Table { columns, records };
        if cx.compat {
            pandas::infer(&mut table);
        }
        Ok(table)
    }
}

/// `IndexBasedMapperBlock`: copies the column that a choice names.
pub(super) struct Choose {
    inputs: Vec<ColumnRef>,
    /// A choice, and the column it stands for.
    map: Vec<(String, ColumnRef)>,
    /// The columns that hold choices, and the columns to write.
    choices: Vec<(ColumnRef, ColumnRef)>,
}

impl Choose {
    pub fn load(config: &Config<'_>) -> Result<Self, LoadError> {
        let map_entry = config.required("choice_map")?;
        let map: Vec<(String, ColumnRef)> = map_entry
            .value
            .entries()
            .unwrap_or_default()
            .iter()
            .map(|entry| {
                let name = entry.value.text()?.into();
                Some((
                    entry.key.clone(),
                    ColumnRef {
                        name,
                        line: entry.line,
                    },
                ))
            })
            .collect::<Option<_>>()
            .filter(|map: &Vec<_>| !map.is_empty())
            .ok_or_else(|| config.wrong_type(map_entry, "a mapping from choices to columns"))?;
        let outputs = config.columns("output_cols")?;
        let choices = config.texts("choice_cols")?.unwrap_or_default();
        if choices.len() != outputs.len() || choices.is_empty() {
            return Err(config.invalid(
                config.line_of("choice_cols"),
                format!(
                    "`choice_cols` has {} columns and `output_cols` {}; they belong together",
                    choices.len(),
                    outputs.len()
                ),
            ));
        }
        let line = config.line_of("choice_cols");
        let columns = choices.into_iter().map(|name| ColumnRef {
            name: name.into(),
            line,
        });
        Ok(Self {
            inputs: config.columns("input_cols")?,
            map,
            choices: columns.zip(outputs).collect(),
        })
    }
}

impl Block for Choose {
    fn reads(&self) -> Vec<&ColumnRef> {
        let mapped = self.map.iter().map(|(_, column)| column);
        let choices = self.choices.iter().map(|(choice, _)| choice);
        self.inputs.iter().chain(mapped).chain(choices).collect()
    }

    fn writes(&self) -> Vec<&ColumnRef> {
        self.choices.iter().map(|(_, output)| output).collect()
    }

    fn run(&self, mut table: Table, cx: &mut Context) -> Result<Table, String> {
        let sources: Vec<usize> = self
            .map
            .iter()
            .map(|(_, column)| place_of(&table, column))
            .collect::<Result<_, _>>()?;
        let choices: Vec<usize> = self
            .choices
            .iter()
            .map(|(choice, _)| place_of(&table, choice))
            .collect::<Result<_, _>>()?;
        let records = std::mem::take(&mut table.records);
        'records: for mut record in records {
            for choice in &choices {
                let wanted = transform::value_of(&record.cells[*choice]);
                let found = self
                    .map
                    .iter()
                    .position(|(name, _)| wanted.as_str() == Some(name));
                match found {
                    Some(found) => record.cells.push(record.cells[sources[found]].clone()),
                    None if cx.compat => {
                        return Err(format!("the choice {wanted} is not in `choice_map`"));
                    }
                    None => {
                        let sample = wanted.to_string();
                        cx.drop(record.origin, "the choice is not in `choice_map`", &sample);
                        continue 'records;
                    }
                }
            }
            table.records.push(record);
        }
        for (_, output) in &self.choices {
            table.push_column(&output.name);
        }
        Ok(table)
    }
}
