//! Running a flow over rows.
//!
//! By default each input row is a table of its own, and several are under way at a time; results come out in the order of the input. When
//! sdg_hub is reproduced, all rows are one table that passes each block as a whole, because there a row can depend on others.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use crate::{
    blocks::{Context, Kind},
    config::did_you_mean,
    dispatch::{CallCounts, Dispatcher},
    drops::{Dropped, Drops},
    flow::Flow,
    pandas,
    progress::Progress,
    table::{Row, Table},
    yaml::Location,
};

/// Whose behaviour a run follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compat {
    /// Questions and answers are paired by their place in the text, a verdict needs no explanation, and what fails costs its own rows only.
    #[default]
    Off,
    /// Exactly the rows of sdg_hub 0.9.4, and an error where it ends with one.
    SdgHub,
}

#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    pub compat: Compat,
    /// Replies per prompt for all blocks, in place of what the flow says.
    pub n: Option<u32>,
    /// By the name of a block; takes precedence over `n`.
    pub blocks: BTreeMap<String, BlockOptions>,
}

/// What overrides the settings of one block.
#[derive(Debug, Clone, Copy, Default)]
pub struct BlockOptions {
    pub n: Option<u32>,
    /// The most rows that a parser makes of one reply.
    pub max_rows: Option<usize>,
}

#[derive(Debug, Default)]
pub struct RunOutput {
    /// In the order of the input: by row, then reply, then part of the reply.
    pub rows: Vec<Row>,
    pub dropped: Vec<Dropped>,
    /// How many input rows led to no row.
    pub rows_without_result: usize,
    pub calls: CallCounts,
    /// Why the last request that failed did so.
    pub last_error: Option<String>,
}

/// Why a run ends without rows. Each message is one line.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("there are no input rows")]
    NoInput,
    #[error("the input has {count} duplicate rows")]
    DuplicateRows { count: usize },
    #[error("the input lacks the columns {}", columns.join(", "))]
    MissingColumns { columns: Vec<String> },
    #[error("the flow has no block `{name}`{hint}")]
    UnknownBlock { name: String, hint: String },
    #[error("{at}: {problem}")]
    Columns { at: Location, problem: String },
    /// sdg_hub ends the run when a block leaves no row at all.
    #[error("{at}: the block `{block}` leaves no row")]
    EmptyDataset { block: String, at: Location },
    #[error("{at}: the block `{block}` failed: {problem}")]
    Block {
        block: String,
        at: Location,
        problem: String,
    },
}

/// Runs `flow` over `rows`. `progress` is called after each reply.
pub async fn run(
    flow: &Flow,
    rows: Vec<Row>,
    dispatcher: &Dispatcher,
    options: &RunOptions,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<RunOutput, RunError> {
    let before = dispatcher.counts();
    let compat = options.compat == Compat::SdgHub;
    let mut drops = Drops::default();
    let input_len = rows.len();
    let table = prepare(flow, rows, options, &mut drops)?;
    let chats = flow
        .steps
        .iter()
        .filter(|step| matches!(step.kind, Kind::Chat(_)))
        .count();
    let run = Run {
        flow,
        input: table.columns.clone(),
        dispatcher,
        options,
        before,
        progress,
        start: Instant::now(),
        done: AtomicUsize::new(0),
        total: table.records.len() * chats,
    };
    let tables: Vec<Table> = if compat {
        vec![table]
    } else {
        let columns = table.columns;
        let alone = |record| Table {
            columns: columns.clone(),
            records: vec![record],
        };
        table.records.into_iter().map(alone).collect()
    };
    // Twice as many rows as requests in flight, so that rows between two requests leave no slot idle. More would only hold memory.
    let window = dispatcher.limits().in_flight.clamp(1, 256) * 2;
    let results: Vec<(Table, Drops)> = stream::iter(tables)
        .map(|table| run.table(table, chats))
        .buffered(window)
        .try_collect()
        .await?;

    let mut output = RunOutput::default();
    let mut origins = HashSet::new();
    for (table, table_drops) in results {
        origins.extend(table.records.iter().map(|record| record.origin));
        output.rows.extend(table.into_rows());
        drops.merge(table_drops);
    }
    output.dropped = drops.into_vec();
    output.rows_without_result = input_len - origins.len();
    output.calls = run.calls();
    output.last_error = dispatcher.last_error();
    Ok(output)
}

/// Checks the input, and drops the rows that a run cannot use.
pub(crate) fn prepare(
    flow: &Flow,
    rows: Vec<Row>,
    options: &RunOptions,
    drops: &mut Drops,
) -> Result<Table, RunError> {
    let compat = options.compat == Compat::SdgHub;
    if rows.is_empty() {
        return Err(RunError::NoInput);
    }
    let mut table = Table::from_rows(rows);
    if compat {
        pandas::infer(&mut table);
    }
    if let Some(name) = unknown_block(flow, options) {
        let hint = did_you_mean(name, flow.steps.iter().map(|step| &*step.name));
        return Err(RunError::UnknownBlock {
            name: name.clone(),
            hint,
        });
    }
    let required: Vec<Option<usize>> = flow
        .required_columns
        .iter()
        .map(|name| table.place(name))
        .collect();
    let missing = flow
        .required_columns
        .iter()
        .zip(&required)
        .filter(|(_, place)| place.is_none());
    let missing: Vec<String> = missing.map(|(name, _)| name.to_string()).collect();
    if !missing.is_empty() {
        return Err(RunError::MissingColumns { columns: missing });
    }
    if !compat {
        flow.check_columns(table.columns.clone())
            .map_err(|(at, problem)| RunError::Columns { at, problem })?;
    }
    let mut seen = HashSet::new();
    let mut duplicates = 0;
    table.records.retain(|record| {
        let values: Vec<&Value> = record
            .cells
            .iter()
            .map(|cell| cell.as_deref().unwrap_or(&Value::Null))
            .collect();
        let hash = blake3::hash(&serde_json::to_vec(&values).unwrap_or_default());
        if !seen.insert(hash) {
            duplicates += 1;
            drops.add(
                (0, "input"),
                record.origin,
                "the row equals an earlier one",
                "",
            );
            return false;
        }
        let absent = flow
            .required_columns
            .iter()
            .zip(&required)
            .find(|(_, place)| {
                place.is_some_and(|place| record.cells[place].as_deref().is_none_or(Value::is_null))
            });
        match absent {
            Some((name, _)) if !compat => {
                let reason = format!("the row has no `{name}`");
                drops.add((0, "input"), record.origin, reason, "");
                false
            }
            _ => true,
        }
    });
    if compat && duplicates > 0 {
        return Err(RunError::DuplicateRows { count: duplicates });
    }
    Ok(table)
}

fn unknown_block<'o>(flow: &Flow, options: &'o RunOptions) -> Option<&'o String> {
    let known: HashSet<&str> = flow.steps.iter().map(|step| &*step.name).collect();
    options
        .blocks
        .keys()
        .find(|name| !known.contains(name.as_str()))
}

struct Run<'a> {
    flow: &'a Flow,
    /// The columns of the input.
    input: Vec<Arc<str>>,
    dispatcher: &'a Dispatcher,
    options: &'a RunOptions,
    before: CallCounts,
    progress: &'a (dyn Fn(Progress) + Sync),
    start: Instant,
    done: AtomicUsize,
    total: usize,
}

impl Run<'_> {
    /// Passes one table through all blocks.
    async fn table(&self, mut table: Table, chats: usize) -> Result<(Table, Drops), RunError> {
        let compat = self.options.compat == Compat::SdgHub;
        let input_rows = table.records.len();
        let mut chats_left = chats;
        let mut cx = Context {
            compat,
            ..Context::default()
        };
        for (position, step) in self.flow.steps.iter().enumerate() {
            let failed = |problem| RunError::Block {
                block: step.name.to_string(),
                at: step.at.clone(),
                problem,
            };
            if compat {
                self.check_step(position, &table)?;
            }
            let overrides = self
                .options
                .blocks
                .get(&*step.name)
                .copied()
                .unwrap_or_default();
            cx.position = position + 1;
            cx.block = Arc::clone(&step.name);
            cx.max_rows = overrides.max_rows;
            table = match &step.kind {
                Kind::Prompt(prompt) => prompt.run(table, &mut cx).map_err(failed)?,
                Kind::Other(block) => block.run(table, &mut cx).map_err(failed)?,
                Kind::Chat(chat) => {
                    let n = overrides.n.or(self.options.n).unwrap_or(chat.n).max(1);
                    let report = || self.report();
                    let table = chat
                        .run(table, n, &mut cx, self.dispatcher, &report)
                        .await
                        .map_err(failed)?;
                    self.done.fetch_add(input_rows, Ordering::Relaxed);
                    chats_left -= 1;
                    table
                }
            };
            if table.records.is_empty() {
                if compat {
                    return Err(RunError::EmptyDataset {
                        block: step.name.to_string(),
                        at: step.at.clone(),
                    });
                }
                self.done
                    .fetch_add(input_rows * chats_left, Ordering::Relaxed);
                break;
            }
            table.retain_columns(|name| self.flow.keeps(name, position, &self.input));
        }
        self.report();
        if !table.records.is_empty() {
            table.retain_columns(|name| self.flow.is_output(name, &self.input));
        }
        Ok((table, cx.drops))
    }

    /// What sdg_hub checks before a block runs.
    fn check_step(&self, position: usize, table: &Table) -> Result<(), RunError> {
        let step = &self.flow.steps[position];
        let failed = |problem| RunError::Block {
            block: step.name.to_string(),
            at: step.at.clone(),
            problem,
        };
        for column in step.reads() {
            if table.place(&column.name).is_none() {
                return Err(failed(format!("there is no column `{}`", column.name)));
            }
        }
        for column in step.writes() {
            if table.place(&column.name).is_some() {
                return Err(failed(format!(
                    "the column `{}` exists already",
                    column.name
                )));
            }
        }
        Ok(())
    }

    fn report(&self) {
        (self.progress)(Progress {
            done: self.done.load(Ordering::Relaxed),
            total: self.total,
            calls: self.calls(),
            elapsed: self.start.elapsed(),
        });
    }

    /// The requests since the run began.
    fn calls(&self) -> CallCounts {
        self.dispatcher.counts() - self.before
    }
}
