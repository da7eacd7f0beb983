//! What pandas does to the values of a column when a table is made from rows. sdg_hub does so after each block that makes new rows, and prompts
//! show it: an integer beside a gap becomes `3.0`, `None` among texts becomes `nan`.

use std::sync::Arc;

use serde_json::Value;

use crate::table::{Cell, Table};

/// Applies the inference of pandas 3 to every column. A cell without a value is NaN.
pub(crate) fn infer(table: &mut Table) {
    for place in 0..table.columns.len() {
        infer_column(table, place);
    }
}

fn infer_column(table: &mut Table, place: usize) {
    let (mut texts, mut whole, mut floats, mut others, mut nulls, mut missing) =
        (false, false, false, false, false, false);
    for record in &table.records {
        match record.cells[place].as_deref() {
            None => missing = true,
            Some(Value::Null) => nulls = true,
            Some(Value::String(_)) => texts = true,
            Some(Value::Number(number)) if number.is_f64() => floats = true,
            Some(Value::Number(_)) => whole = true,
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => others = true,
        }
    }
    let numbers = whole || floats;
    if others || (texts && numbers) {
        return;
    }
    let gaps = nulls || missing;
    if texts {
        if nulls {
            map_cells(table, place, nulls_to_missing);
        }
    } else if numbers {
        if floats || gaps {
            map_cells(table, place, |cell| match cell.as_deref() {
                Some(Value::Number(number)) if !number.is_f64() => {
                    *cell = number.as_f64().map(|value| Arc::new(Value::from(value)));
                }
                _ => nulls_to_missing(cell),
            });
        }
    } else if nulls && missing {
        map_cells(table, place, nulls_to_missing);
    }
}

fn map_cells(table: &mut Table, place: usize, change: impl Fn(&mut Cell)) {
    for record in &mut table.records {
        change(&mut record.cells[place]);
    }
}

fn nulls_to_missing(cell: &mut Cell) {
    if matches!(cell.as_deref(), Some(Value::Null)) {
        *cell = None;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `...` stands for a row without the column and for NaN.
    fn check(values: &[&str], expected: &[&str]) {
        let rows = values.iter().map(|value| match *value {
            "..." => json!({"y": 1}),
            value => json!({"x": serde_json::from_str::<Value>(value).unwrap(), "y": 1}),
        });
        let mut table = Table::from_rows(rows.map(|row| row.as_object().unwrap().clone()));
        infer(&mut table);
        let place = table.place("x").unwrap();
        let shown: Vec<String> = (table.records.iter())
            .map(|record| {
                record.cells[place]
                    .as_ref()
                    .map_or("...".into(), |v| v.to_string())
            })
            .collect();
        assert_eq!(shown, expected, "{values:?}");
    }

    #[test]
    fn columns_become_what_pandas_makes_of_them() {
        check(&[r#""a""#, "null"], &[r#""a""#, "..."]);
        check(&["null", "null"], &["null", "null"]);
        check(&["null", "..."], &["...", "..."]);
        check(&["1", "null"], &["1.0", "..."]);
        check(&["1", "2.5"], &["1.0", "2.5"]);
        check(&["true", "null"], &["true", "null"]);
        check(&["true", "1"], &["true", "1"]);
        check(&[r#""a""#, "1", "null"], &[r#""a""#, "1", "null"]);
        check(&[r#"["b"]"#, "null"], &[r#"["b"]"#, "null"]);
    }
}
