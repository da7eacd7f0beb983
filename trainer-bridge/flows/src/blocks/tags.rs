//! `TagParserBlock`: takes the parts between tags out of a text, a row for each.

use serde_json::Value;

use super::{
    Block, Context, filter,
    pairing::{self, Mark, Tags},
    place_of,
};
use crate::{
    config::{ColumnRef, Config},
    pandas, python,
    table::{Cell, Record, Table, cell},
    yaml::LoadError,
};

/// `save_reasoning_content` stands in flows of sdg_hub, which does nothing with it. `max_rows` is an addition of this engine.
pub(super) const KEYS: &[&str] = &[
    "start_tags",
    "end_tags",
    "parser_cleanup_tags",
    "save_reasoning_content",
    "max_rows",
];

/// How many rows a plan expects of a reply that may hold several, unless `max_rows` says it.
pub(super) const EXPECTED_ROWS: usize = 5;

pub(super) struct TagParser {
    input: ColumnRef,
    outputs: Vec<ColumnRef>,
    tags: Vec<Tags>,
    cleanup: Vec<String>,
    max_rows: Option<usize>,
    /// The column that a later filter decides by. The others then only explain it.
    verdict: Option<usize>,
}

impl TagParser {
    pub fn load(config: &Config<'_>) -> Result<Self, LoadError> {
        let starts = config.texts("start_tags")?.unwrap_or_default();
        let ends = config.texts("end_tags")?.unwrap_or_default();
        let outputs = config.columns("output_cols")?;
        if starts.len() != ends.len() || starts.len() != outputs.len() || starts.is_empty() {
            return Err(config.invalid(
                config.line_of("start_tags"),
                format!(
                    "there are {} start tags, {} end tags and {} output columns; they belong together",
                    starts.len(),
                    ends.len(),
                    outputs.len()
                ),
            ));
        }
        config.flag("save_reasoning_content", false)?;
        Ok(Self {
            input: config.column("input_cols")?,
            outputs,
            tags: starts.into_iter().zip(ends).collect(),
            cleanup: config.texts("parser_cleanup_tags")?.unwrap_or_default(),
            max_rows: max_rows(config)?,
            verdict: None,
        })
    }

    /// sdg_hub's way: the parts of each column are found apart from each other, empty ones are left out, and the n-th of one column goes with
    /// the n-th of another.
    fn zipped(&self, text: &str) -> Vec<Vec<String>> {
        let parts: Vec<Vec<&str>> = self.tags.iter().map(|tags| parts(text, tags)).collect();
        let rows = parts.iter().map(Vec::len).min().unwrap_or(0);
        (0..rows)
            .map(|row| parts.iter().map(|column| self.clean(column[row])).collect())
            .collect()
    }

    fn clean(&self, text: &str) -> String {
        clean(text, &self.cleanup)
    }

    /// Our way for a text: returns the rows and reports what belongs to none.
    fn paired(&self, text: &str, origin: usize, cx: &mut Context) -> Vec<Vec<Cell>> {
        let marks = pairing::marks(text, &self.tags);
        if let Some(verdict) = self.verdict {
            return self
                .judged(&marks, verdict, text, origin, cx)
                .into_iter()
                .collect();
        }
        let found = pairing::group(&marks, self.tags.len());
        if found.groups.is_empty() {
            let reason = if python::strip(text).is_empty() {
                "the reply is empty".to_owned()
            } else {
                format!("the reply has no `{}`", self.outputs[0].name)
            };
            cx.drop(origin, reason, text);
        }
        for mark in &found.extra {
            let name = &self.outputs[mark.column].name;
            cx.drop(
                origin,
                format!("a `{name}` belongs to no other part"),
                mark.content,
            );
        }
        let mut rows = Vec::new();
        for group in found.groups {
            let absent = group.iter().position(|part| part.is_none_or(str::is_empty));
            if let Some(column) = absent {
                let name = &self.outputs[column].name;
                let sample = group.iter().flatten().find(|part| !part.is_empty());
                let reason = if group[column].is_some() {
                    "is empty"
                } else {
                    "is missing"
                };
                cx.drop(origin, format!("`{name}` {reason}"), sample.unwrap_or(&""));
                continue;
            }
            rows.push(
                group
                    .iter()
                    .flatten()
                    .map(|part| cell(self.clean(part)))
                    .collect(),
            );
        }
        rows
    }

    /// The verdict of a text, which needs no explanation. Several verdicts have to agree.
    fn judged(
        &self,
        marks: &[Mark<'_>],
        verdict: usize,
        text: &str,
        origin: usize,
        cx: &mut Context,
    ) -> Option<Vec<Cell>> {
        let mut verdicts = marks
            .iter()
            .filter(|mark| mark.column == verdict && !mark.content.is_empty());
        let Some(first) = verdicts.next() else {
            let name = &self.outputs[verdict].name;
            cx.drop(origin, format!("the reply has no `{name}`"), text);
            return None;
        };
        if verdicts.any(|other| filter::plain(other.content) != filter::plain(first.content)) {
            cx.drop(
                origin,
                "the verdicts of the reply contradict each other",
                text,
            );
            return None;
        }
        let cells = (0..self.tags.len()).map(|column| {
            if column == verdict {
                cell(self.clean(first.content))
            } else {
                let part = pairing::companion(marks, first, column);
                cell(part.map_or(Value::Null, |part| self.clean(part).into()))
            }
        });
        Some(cells.collect())
    }
}

impl Block for TagParser {
    fn reads(&self) -> Vec<&ColumnRef> {
        vec![&self.input]
    }

    fn writes(&self) -> Vec<&ColumnRef> {
        self.outputs.iter().collect()
    }

    fn set_deciding_columns(&mut self, columns: &[&str]) {
        self.verdict = self
            .outputs
            .iter()
            .position(|output| columns.contains(&&*output.name));
    }

    fn expected_rows(&self) -> usize {
        let several = self
            .tags
            .iter()
            .any(|(start, end)| !start.is_empty() && !end.is_empty());
        match self.verdict {
            Some(_) => 1,
            None if several => self.max_rows.unwrap_or(EXPECTED_ROWS),
            None => 1,
        }
    }

    fn run(&self, table: Table, cx: &mut Context) -> Result<Table, String> {
        let place = place_of(&table, &self.input)?;
        let max_rows = cx.max_rows.or(self.max_rows);
        parse(
            table,
            place,
            &self.outputs,
            max_rows,
            cx,
            |text, origin, cx| {
                Ok(if cx.compat {
                    let rows = self.zipped(text).into_iter();
                    rows.map(|row| row.into_iter().map(cell).collect())
                        .collect()
                } else {
                    self.paired(text, origin, cx)
                })
            },
        )
    }
}

pub(super) fn max_rows(config: &Config<'_>) -> Result<Option<usize>, LoadError> {
    let number = config.whole_number("max_rows")?;
    Ok(number.and_then(|number| usize::try_from(number).ok()))
}

/// Removes texts that the flow wants out of what was parsed.
pub(super) fn clean(text: &str, unwanted: &[String]) -> String {
    unwanted
        .iter()
        .fold(text.to_owned(), |text, unwanted| text.replace(unwanted, ""))
}

/// Replaces each row by those that `parse_text` makes of its text. A list of texts becomes one row with lists.
pub(super) fn parse(
    mut table: Table,
    place: usize,
    outputs: &[ColumnRef],
    max_rows: Option<usize>,
    cx: &mut Context,
    mut parse_text: impl FnMut(&str, usize, &mut Context) -> Result<Vec<Vec<Cell>>, String>,
) -> Result<Table, String> {
    let mut records: Vec<Record> = Vec::with_capacity(table.records.len());
    for record in &table.records {
        match record.cells[place].as_deref() {
            Some(Value::String(text)) if !(cx.compat && text.is_empty()) => {
                let mut rows = parse_text(text, record.origin, cx)?;
                if let Some(max_rows) = max_rows {
                    for row in rows.drain(max_rows.min(rows.len())..) {
                        let sample = row.first().cloned().flatten();
                        let sample = sample.map_or_else(String::new, |cell| python::text(&cell));
                        let reason = format!("more than {max_rows} rows of one reply");
                        cx.drop(record.origin, reason, &sample);
                    }
                }
                records.extend(rows.into_iter().map(|cells| record.with(cells)));
            }
            Some(Value::Array(items)) => {
                let mut columns: Vec<Vec<Value>> = vec![Vec::new(); outputs.len()];
                let mut found = false;
                for text in items.iter().filter_map(Value::as_str) {
                    for row in parse_text(text, record.origin, cx)? {
                        found = true;
                        for (column, cell) in columns.iter_mut().zip(row) {
                            column.extend(cell.map(std::sync::Arc::unwrap_or_clone));
                        }
                    }
                }
                if found {
                    records.push(record.with(columns.into_iter().map(cell)));
                }
            }
            _ if cx.compat => {}
            _ => cx.drop(record.origin, "there is no text to parse", ""),
        }
    }
    table.records = records;
    for output in outputs {
        table.push_column(&output.name);
    }
    if cx.compat {
        pandas::infer(&mut table);
    }
    Ok(table)
}

/// The parts of a text between two tags, stripped and without empty ones, found as Python's regular expression `start(.*?)end` finds them.
fn parts<'t>(text: &'t str, (start, end): &Tags) -> Vec<&'t str> {
    let mut found = Vec::new();
    let mut keep = |part: &'t str| {
        let part = python::strip(part);
        if !part.is_empty() {
            found.push(part);
        }
    };
    if end.is_empty() {
        if let Some((_, rest)) = text.split_once(start.as_str()) {
            keep(rest);
        }
        return found;
    }
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(start.as_str()) {
        let Some((part, next)) = after.split_once(end.as_str()) else {
            break;
        };
        keep(part);
        rest = next;
    }
    found
}
