//! Blocks that copy, rename and join the columns of a row.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Block, Context, place_of};
use crate::{
    config::{ColumnRef, Config},
    python,
    table::{Cell, Table, cell},
    yaml::LoadError,
};

/// `DuplicateColumnsBlock`.
pub(super) struct Duplicate(Vec<(ColumnRef, ColumnRef)>);

impl Duplicate {
    pub fn load(config: &Config<'_>) -> Result<Self, LoadError> {
        config.column_map().map(Self)
    }
}

impl Block for Duplicate {
    fn reads(&self) -> Vec<&ColumnRef> {
        self.0.iter().map(|(source, _)| source).collect()
    }

    fn writes(&self) -> Vec<&ColumnRef> {
        self.0.iter().map(|(_, target)| target).collect()
    }

    fn run(&self, mut table: Table, _: &mut Context) -> Result<Table, String> {
        for (source, target) in &self.0 {
            let place = place_of(&table, source)?;
            for record in &mut table.records {
                record.cells.push(record.cells[place].clone());
            }
            table.push_column(&target.name);
        }
        Ok(table)
    }
}

/// `RenameColumnsBlock`.
pub(super) struct Rename(Vec<(ColumnRef, ColumnRef)>);

impl Rename {
    pub fn load(config: &Config<'_>) -> Result<Self, LoadError> {
        config.column_map().map(Self)
    }
}

impl Block for Rename {
    fn reads(&self) -> Vec<&ColumnRef> {
        self.0.iter().map(|(old, _)| old).collect()
    }

    fn writes(&self) -> Vec<&ColumnRef> {
        self.0.iter().map(|(_, new)| new).collect()
    }

    fn consumes_input(&self) -> bool {
        true
    }

    fn run(&self, mut table: Table, _: &mut Context) -> Result<Table, String> {
        for (old, new) in &self.0 {
            let place = place_of(&table, old)?;
            table.columns[place] = Arc::clone(&new.name);
        }
        Ok(table)
    }
}

/// `TextConcatBlock`.
pub(super) struct Concat {
    inputs: Vec<ColumnRef>,
    output: ColumnRef,
    separator: String,
}

impl Concat {
    pub fn load(config: &Config<'_>) -> Result<Self, LoadError> {
        let inputs = config.columns("input_cols")?;
        if inputs.is_empty() {
            return Err(config.invalid(
                config.line_of("input_cols"),
                "`input_cols` of TextConcatBlock names the columns to join",
            ));
        }
        Ok(Self {
            inputs,
            output: config.column("output_cols")?,
            separator: config.text("separator")?.unwrap_or("\n\n").to_owned(),
        })
    }
}

impl Block for Concat {
    fn reads(&self) -> Vec<&ColumnRef> {
        self.inputs.iter().collect()
    }

    fn writes(&self) -> Vec<&ColumnRef> {
        vec![&self.output]
    }

    fn run(&self, mut table: Table, cx: &mut Context) -> Result<Table, String> {
        let places = places_of(&table, &self.inputs)?;
        for record in &mut table.records {
            let mut texts = Vec::with_capacity(places.len());
            for place in &places {
                match record.cells[*place].as_deref() {
                    // pandas keeps a gap a gap when it converts a column to texts, and cannot join it.
                    None | Some(Value::Null) if cx.compat => {
                        return Err("a gap cannot be joined with texts".to_owned());
                    }
                    None | Some(Value::Null) => {}
                    Some(value) => texts.push(python::text(value)),
                }
            }
            record.cells.push(cell(texts.join(&self.separator)));
        }
        table.push_column(&self.output.name);
        Ok(table)
    }
}

/// `JSONStructureBlock`.
pub(super) struct Structure {
    inputs: Vec<ColumnRef>,
    output: ColumnRef,
    pretty: bool,
}

impl Structure {
    pub fn load(config: &Config<'_>) -> Result<Self, LoadError> {
        // Every value here can be written as JSON.
        config.flag("ensure_json_serializable", true)?;
        Ok(Self {
            inputs: config.columns("input_cols")?,
            output: config.column("output_cols")?,
            pretty: config.flag("pretty_print", false)?,
        })
    }
}

impl Block for Structure {
    fn reads(&self) -> Vec<&ColumnRef> {
        self.inputs.iter().collect()
    }

    fn writes(&self) -> Vec<&ColumnRef> {
        vec![&self.output]
    }

    fn run(&self, mut table: Table, _: &mut Context) -> Result<Table, String> {
        let places = places_of(&table, &self.inputs)?;
        for record in &mut table.records {
            let object: Map<String, Value> = self
                .inputs
                .iter()
                .zip(&places)
                .map(|(column, place)| {
                    let value = record.cells[*place].as_deref();
                    (column.name.to_string(), value.cloned().unwrap_or_default())
                })
                .collect();
            record
                .cells
                .push(cell(python::json(&Value::Object(object), self.pretty)));
        }
        table.push_column(&self.output.name);
        Ok(table)
    }
}

pub(super) fn places_of(table: &Table, columns: &[ColumnRef]) -> Result<Vec<usize>, String> {
    columns
        .iter()
        .map(|column| place_of(table, column))
        .collect()
}

/// The value of a cell, a gap being null.
pub(super) fn value_of(cell: &Cell) -> &Value {
    cell.as_deref().unwrap_or(&Value::Null)
}
