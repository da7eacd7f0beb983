//! `ColumnValueFilterBlock`: keeps the rows whose value passes a comparison.

use std::{cmp::Ordering, sync::Arc};

use serde_json::Value;

use super::{Block, Context, place_of};
use crate::{
    config::{ColumnRef, Config, did_you_mean},
    python,
    table::{Cell, Table},
    yaml::{Data, LoadError},
};

const OPERATIONS: [(&str, Operation); 8] = [
    ("eq", Operation::Equal),
    ("ne", Operation::NotEqual),
    ("lt", Operation::Ordered(&[Ordering::Less])),
    ("le", Operation::Ordered(&[Ordering::Less, Ordering::Equal])),
    ("gt", Operation::Ordered(&[Ordering::Greater])),
    (
        "ge",
        Operation::Ordered(&[Ordering::Greater, Ordering::Equal]),
    ),
    ("contains", Operation::Contains),
    ("in", Operation::In),
];

#[derive(Debug, Clone, Copy)]
enum Operation {
    Equal,
    NotEqual,
    Ordered(&'static [Ordering]),
    Contains,
    In,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conversion {
    Float,
    Int,
}

pub(super) struct Filter {
    inputs: Vec<ColumnRef>,
    /// A row passes if it passes with one of them.
    values: Vec<Value>,
    operation: Operation,
    conversion: Option<Conversion>,
    /// Why a row is dropped.
    reason: String,
}

impl Filter {
    pub fn load(config: &Config<'_>) -> Result<Self, LoadError> {
        let inputs = config.columns("input_cols")?;
        let Some(column) = inputs.first() else {
            return Err(config.invalid(
                config.line_of("input_cols"),
                "`input_cols` of ColumnValueFilterBlock names the column to filter by",
            ));
        };
        let filter_value = &config.required("filter_value")?.value;
        let values: Vec<Value> = match &filter_value.data {
            Data::List(items) => items.iter().map(|item| item.value()).collect(),
            _ => vec![filter_value.value()],
        };
        let name = config.required_text("operation")?;
        let Some((_, operation)) = OPERATIONS.iter().find(|(known, _)| *known == name) else {
            let known = OPERATIONS.map(|(known, _)| known);
            return Err(config.invalid(
                config.line_of("operation"),
                format!(
                    "there is no operation `{name}`{}; there are {}",
                    did_you_mean(name, known),
                    known.join(", ")
                ),
            ));
        };
        let conversion = match config.text("convert_dtype")? {
            None => None,
            Some("float") => Some(Conversion::Float),
            Some("int") => Some(Conversion::Int),
            Some(other) => {
                return Err(config.invalid(
                    config.line_of("convert_dtype"),
                    format!("`convert_dtype` is `float` or `int`, not `{other}`"),
                ));
            }
        };
        let texts: Vec<String> = values.iter().map(python::text).collect();
        let reason = format!(
            "`{}` fails the filter `{name} {}`",
            column.name,
            texts.join(" or ")
        );
        Ok(Self {
            inputs,
            values,
            operation: *operation,
            conversion,
            reason,
        })
    }

    /// `Err` names the two values that Python refuses to compare.
    fn passes(&self, value: &Value) -> Result<bool, String> {
        for wanted in &self.values {
            if self.compare(value, wanted).ok_or_else(|| {
                format!(
                    "{} cannot be compared with {}",
                    python::text(value),
                    python::text(wanted)
                )
            })? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `None` where Python raises a `TypeError`.
    fn compare(&self, value: &Value, wanted: &Value) -> Option<bool> {
        match self.operation {
            Operation::Equal => Some(python::equal(value, wanted)),
            Operation::NotEqual => Some(!python::equal(value, wanted)),
            Operation::Ordered(accepted) => {
                Some(accepted.contains(&python::compare(value, wanted)?))
            }
            Operation::Contains => contains(value, wanted),
            Operation::In => contains(wanted, value),
        }
    }

    /// Compares texts as a reader does: case, white space around and a final full stop do not matter, and nothing is part of no text.
    fn passes_leniently(&self, value: &Value) -> Result<bool, String> {
        let Value::String(text) = value else {
            return self.passes(value);
        };
        let text = plain(text);
        if text.is_empty() && matches!(self.operation, Operation::In) {
            return Ok(false);
        }
        if matches!(self.operation, Operation::Ordered(_)) {
            return self.passes(value);
        }
        let values = self.values.iter().map(|value| match value {
            Value::String(text) => Value::String(plain(text)),
            other => other.clone(),
        });
        let lenient = Self {
            inputs: Vec::new(),
            values: values.collect(),
            operation: self.operation,
            conversion: None,
            reason: String::new(),
        };
        lenient.passes(&Value::String(text))
    }

    fn convert(&self, table: &mut Table, place: usize) {
        let Some(conversion) = self.conversion else {
            return;
        };
        for record in &mut table.records {
            record.cells[place] = convert(&record.cells[place], conversion);
        }
        // A gap turns the whole column into floating-point numbers in pandas.
        if table
            .records
            .iter()
            .any(|record| record.cells[place].is_none())
        {
            for record in &mut table.records {
                record.cells[place] = convert(&record.cells[place], Conversion::Float);
            }
        }
    }
}

impl Block for Filter {
    fn reads(&self) -> Vec<&ColumnRef> {
        self.inputs.iter().collect()
    }

    fn writes(&self) -> Vec<&ColumnRef> {
        Vec::new()
    }

    fn decides_by(&self) -> Option<&str> {
        self.inputs.first().map(|column| &*column.name)
    }

    fn run(&self, mut table: Table, cx: &mut Context) -> Result<Table, String> {
        let place = place_of(&table, &self.inputs[0])?;
        if cx.compat {
            self.convert(&mut table, place);
        }
        let records = std::mem::take(&mut table.records);
        for mut record in records {
            if let (Some(conversion), false) = (self.conversion, cx.compat) {
                let original = record.cells[place].take();
                record.cells[place] = convert(&original, conversion);
                if let (Some(original), None) = (&original, &record.cells[place]) {
                    cx.drop(
                        record.origin,
                        "the value is no number",
                        &python::text(original),
                    );
                    continue;
                }
            }
            let value = match &record.cells[place] {
                None => &Value::Null,
                Some(value) => value,
            };
            if value.is_null() {
                if !cx.compat {
                    cx.drop(record.origin, "there is no value to compare", "");
                }
                continue;
            }
            let passes = if cx.compat {
                self.passes(value)?
            } else {
                match self.passes_leniently(value) {
                    Ok(passes) => passes,
                    Err(problem) => {
                        cx.drop(record.origin, "the value cannot be compared", &problem);
                        continue;
                    }
                }
            };
            if passes {
                table.records.push(record);
            } else if !cx.compat {
                cx.drop(record.origin, self.reason.clone(), &python::text(value));
            }
        }
        Ok(table)
    }
}

/// `item in container`.
fn contains(container: &Value, item: &Value) -> Option<bool> {
    match (container, item) {
        (Value::String(container), Value::String(item)) => Some(container.contains(&**item)),
        (Value::Array(items), item) => Some(items.iter().any(|other| python::equal(other, item))),
        (Value::Object(entries), item) => {
            Some(item.as_str().is_some_and(|key| entries.contains_key(key)))
        }
        _ => None,
    }
}

/// A verdict without case, white space, quotes, emphasis and final punctuation.
pub(super) fn plain(text: &str) -> String {
    let around = |c: char| c.is_whitespace() || matches!(c, '*' | '_' | '`' | '"' | '\'');
    let text = text.trim_matches(around);
    let text = text.trim_end_matches(['.', '!', ',', ';', ':']);
    text.trim_matches(around).to_lowercase()
}

/// `float(…)` or `int(…)`; no value where Python raises an error.
fn convert(cell: &Cell, conversion: Conversion) -> Cell {
    let converted = match (cell.as_deref()?, conversion) {
        (Value::Bool(value), Conversion::Float) => Value::from(f64::from(u8::from(*value))),
        (Value::Bool(value), Conversion::Int) => Value::from(u8::from(*value)),
        (Value::Number(number), Conversion::Float) => Value::from(number.as_f64()?),
        (Value::Number(number), Conversion::Int) if number.is_f64() => {
            // Truncation, as in Python; a float beyond 64 bits is none that anyone filters by.
            Value::from(number.as_f64()? as i64)
        }
        (Value::Number(number), Conversion::Int) => Value::Number(number.clone()),
        (Value::String(text), conversion) => {
            let digits = without_underscores(python::strip(text))?;
            match conversion {
                Conversion::Float => Value::from(digits.parse::<f64>().ok()?),
                Conversion::Int => Value::from(digits.parse::<i64>().ok()?),
            }
        }
        _ => return None,
    };
    // NaN and infinity have no JSON; as a gap they fail every comparison but `lt` and `gt` with infinity.
    (!converted.is_null()).then(|| Arc::new(converted))
}

/// Python allows single underscores between digits.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    for (i, byte) in bytes.iter().enumerate() {
        let digit = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at))
                .is_some_and(u8::is_ascii_digit)
        };
        if *byte == b'_' && !(digit(i.checked_sub(1)) && digit(Some(i + 1))) {
            return None;
        }
    }
    Some(text.replace('_', ""))
}
