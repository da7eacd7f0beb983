//! Rows that share their columns. Cells are shared between rows, as a reply that holds many questions copies its row for each.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Map, Value};

/// One input or output row, its columns in order.
pub type Row = Map<String, Value>;

/// A value, or `None` where the row has no such column.
pub(crate) type Cell = Option<Arc<Value>>;

#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    pub columns: Vec<Arc<str>>,
    pub records: Vec<Record>,
}

#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// One cell per column of the table.
    pub cells: Vec<Cell>,
    /// The number of the input row that this one comes from.
    pub origin: usize,
}

impl Table {
    /// Makes a table whose columns are those of all rows, in the order of their first appearance.
    pub fn from_rows(rows: impl IntoIterator<Item = Row>) -> Self {
        let mut columns: Vec<Arc<str>> = Vec::new();
        let mut places: HashMap<Arc<str>, usize> = HashMap::new();
        let mut records = Vec::new();
        for (origin, row) in rows.into_iter().enumerate() {
            let mut cells: Vec<Cell> = vec![None; columns.len()];
            for (name, value) in row {
                let place = places.get(name.as_str()).copied().unwrap_or_else(|| {
                    let name: Arc<str> = name.into();
                    columns.push(Arc::clone(&name));
                    cells.push(None);
                    places.insert(name, columns.len() - 1);
                    columns.len() - 1
                });
                cells[place] = Some(Arc::new(value));
            }
            records.push(Record { cells, origin });
        }
        for record in &mut records {
            record.cells.resize(columns.len(), None);
        }
        Self { columns, records }
    }

    pub fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| &**name == column)
    }

    /// Appends a column whose cells are filled in afterwards, one per record.
    pub fn push_column(&mut self, name: &Arc<str>) {
        self.columns.push(Arc::clone(name));
    }

    /// Keeps the columns for which `keep` is true.
    pub fn retain_columns(&mut self, keep: impl Fn(&str) -> bool) {
        let kept: Vec<bool> = self.columns.iter().map(|name| keep(name)).collect();
        if kept.iter().all(|keep| *keep) {
            return;
        }
        let mut flags = kept.iter();
        self.columns
            .retain(|_| flags.next().copied().unwrap_or(true));
        for record in &mut self.records {
            let mut flags = kept.iter();
            record
                .cells
                .retain(|_| flags.next().copied().unwrap_or(true));
        }
    }

    /// The rows; a cell without a value becomes null.
    pub fn into_rows(self) -> impl Iterator<Item = Row> {
        let columns = self.columns;
        self.records.into_iter().map(move |record| {
            columns
                .iter()
                .zip(record.cells)
                .map(|(name, cell)| {
                    (
                        name.to_string(),
                        cell.map_or(Value::Null, Arc::unwrap_or_clone),
                    )
                })
                .collect()
        })
    }
}

impl Record {
    /// A copy with further cells.
    pub fn with(&self, cells: impl IntoIterator<Item = Cell>) -> Self {
        Self {
            cells: self.cells.iter().cloned().chain(cells).collect(),
            origin: self.origin,
        }
    }
}

pub(crate) fn cell(value: impl Into<Value>) -> Cell {
    Some(Arc::new(value.into()))
}
