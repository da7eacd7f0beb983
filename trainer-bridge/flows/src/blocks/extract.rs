//! `LLMResponseExtractorBlock`: takes the text out of replies, one row per reply.

use serde_json::Value;

use super::{Block, Context, place_of};
use crate::{
    config::{ColumnRef, Config},
    pandas,
    table::{Cell, Record, Table, cell},
    yaml::LoadError,
};

pub(super) const KEYS: &[&str] = &[
    "extract_content",
    "extract_reasoning_content",
    "extract_tool_calls",
    "expand_lists",
    "field_prefix",
];

pub(super) struct Extract {
    input: ColumnRef,
    /// The fields of a reply, and the columns they go to.
    fields: Vec<(&'static str, ColumnRef)>,
    expand_lists: bool,
}

impl Extract {
    pub fn load(config: &Config<'_>) -> Result<Self, LoadError> {
        let prefix = match config.text("field_prefix")? {
            None | Some("") => format!("{}_", config.block_name),
            Some(prefix) => prefix.to_owned(),
        };
        let mut fields = Vec::new();
        for (key, field, default) in [
            ("extract_content", "content", true),
            ("extract_reasoning_content", "reasoning_content", false),
            ("extract_tool_calls", "tool_calls", false),
        ] {
            if config.flag(key, default)? {
                let column = ColumnRef {
                    name: format!("{prefix}{field}").into(),
                    line: config.line_of("block_name"),
                };
                fields.push((field, column));
            }
        }
        if fields.is_empty() {
            return Err(config.invalid(
                config.line_of("extract_content"),
                "the block extracts nothing: set one of `extract_content`, `extract_reasoning_content` and `extract_tool_calls`",
            ));
        }
        Ok(Self {
            input: config.column("input_cols")?,
            fields,
            expand_lists: config.flag("expand_lists", true)?,
        })
    }

    /// The fields that a reply has; `None` if it has none of them.
    fn fields_of(&self, reply: &Value) -> Option<Vec<Cell>> {
        let reply = reply.as_object()?;
        let cells: Vec<Cell> = self
            .fields
            .iter()
            .map(|(field, _)| match reply.get(*field)? {
                Value::Null if *field == "tool_calls" => cell(Vec::<Value>::new()),
                Value::Null => cell(""),
                value => cell(value.clone()),
            })
            .collect();
        cells.iter().any(Option::is_some).then_some(cells)
    }

    /// All replies of a row in lists.
    fn lists(&self, found: &[Vec<Cell>]) -> Vec<Cell> {
        (0..self.fields.len())
            .map(|field| {
                let values = found.iter().filter_map(|cells| cells[field].as_deref());
                cell(values.cloned().collect::<Vec<Value>>())
            })
            .collect()
    }
}

impl Block for Extract {
    fn reads(&self) -> Vec<&ColumnRef> {
        vec![&self.input]
    }

    fn writes(&self) -> Vec<&ColumnRef> {
        self.fields.iter().map(|(_, column)| column).collect()
    }

    fn run(&self, mut table: Table, cx: &mut Context) -> Result<Table, String> {
        let place = place_of(&table, &self.input)?;
        let mut records: Vec<Record> = Vec::new();
        for record in &table.records {
            let (replies, is_list) = match record.cells[place].as_deref() {
                Some(Value::Array(replies)) => (replies.as_slice(), true),
                Some(reply @ Value::Object(_)) => (std::slice::from_ref(reply), false),
                other => {
                    if !cx.compat {
                        let sample = other.map_or_else(String::new, Value::to_string);
                        cx.drop(record.origin, "this is no reply", &sample);
                    }
                    continue;
                }
            };
            let found: Vec<Vec<Cell>> = replies
                .iter()
                .filter_map(|reply| self.fields_of(reply))
                .collect();
            if found.len() < replies.len() && !cx.compat {
                for reply in replies
                    .iter()
                    .filter(|reply| self.fields_of(reply).is_none())
                {
                    cx.drop(
                        record.origin,
                        "the reply lacks the fields",
                        &reply.to_string(),
                    );
                }
            }
            if found.is_empty() {
                if cx.compat && !(is_list && replies.is_empty()) {
                    return Err(format!(
                        "no reply in `{}` has any of the fields",
                        self.input.name
                    ));
                }
                continue;
            }
            if is_list && !self.expand_lists {
                records.push(record.with(self.lists(&found)));
            } else {
                records.extend(found.into_iter().map(|cells| record.with(cells)));
            }
        }
        table.records = records;
        for (_, column) in &self.fields {
            table.push_column(&column.name);
        }
        if cx.compat {
            drop_empty_columns(&mut table, self.fields.len());
            pandas::infer(&mut table);
        }
        Ok(table)
    }
}

/// Removes those of the last `count` columns that no row has: pandas never heard of them.
fn drop_empty_columns(table: &mut Table, count: usize) {
    let first = table.columns.len() - count;
    let empty: Vec<String> = (first..table.columns.len())
        .filter(|place| {
            table
                .records
                .iter()
                .all(|record| record.cells[*place].is_none())
        })
        .map(|place| table.columns[place].to_string())
        .collect();
    table.retain_columns(|name| !empty.iter().any(|empty| empty == name));
}
