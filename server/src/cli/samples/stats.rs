//! `repo-lsp samples stats`: counts recorded interactions.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};
use settings::paths::{self, Dirs};
use trainer_bridge::{StatsRow, Verdict};

use super::super::arguments::Global;
use super::super::output::{self, FAINT, STRONG, WARN};
use super::{Outcome, existing, filter, nothing_yet, render};

/// Count interactions by workspace, kind and verdict
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples stats                   count interactions of all workspaces
  repo-lsp samples stats --workspace .
  repo-lsp samples stats --json | jq .bytes")]
pub(crate) struct Args {}

pub(super) fn run(_: &Args, global: &Global, dirs: &Dirs) -> anyhow::Result<Outcome> {
    let Some(store) = existing(dirs)? else {
        return nothing_yet(
            global,
            Some(&json!({ "rows": [], "bytes": 0, "set_aside": [] })),
        );
    };
    let mut stats = store.stats()?;
    if let Some(workspace) = filter::named(global) {
        filter::check_workspace(&store, &workspace)?;
        stats
            .rows
            .retain(|row| filter::within(&row.workspace, &workspace));
    }
    let set_aside = store.set_aside_files();
    if global.json {
        let rows = stats.rows.iter().map(|row| {
            json!({ "workspace": row.workspace, "kind": row.kind, "verdict": row.verdict, "count": row.count })
        });
        output::json(&json!({
            "rows": rows.collect::<Value>(), "bytes": stats.bytes, "file": dirs.samples(), "set_aside": set_aside,
        }))?;
    } else {
        let mut out = output::stdout();
        table(&mut out, &stats.rows)?;
        writeln!(
            out,
            "{FAINT}{} in {}{FAINT:#}",
            output::bytes(stats.bytes),
            paths::tilde(&dirs.samples())
        )?;
        for file in &set_aside {
            let file = paths::tilde(file);
            writeln!(
                out,
                "{WARN}damaged, set aside{WARN:#}  {file}; it may still contain interactions, delete it if you do not need them"
            )?;
        }
        out.flush()?;
    }
    if stats.rows.is_empty() {
        output::say("nothing found");
        return Ok(Outcome::Unsuccessful);
    }
    Ok(Outcome::Done)
}

/// The counts of each verdict, by kind.
type CountsByKind<'r> = BTreeMap<&'r str, Vec<(Option<Verdict>, u64)>>;

/// Prints a line for each workspace, and below it one for each kind: `ask  12   3 good · 1 bad · 8 no verdict`.
fn table(out: &mut dyn Write, rows: &[StatsRow]) -> anyhow::Result<()> {
    let mut workspaces: BTreeMap<&str, CountsByKind> = BTreeMap::new();
    for row in rows {
        let kinds = workspaces.entry(&row.workspace).or_default();
        kinds
            .entry(&row.kind)
            .or_default()
            .push((row.verdict, row.count));
    }
    let width = rows
        .iter()
        .map(|row| row.kind.chars().count())
        .max()
        .unwrap_or(0);
    for (workspace, kinds) in workspaces {
        let total: u64 = kinds.values().flatten().map(|(_, count)| count).sum();
        writeln!(
            out,
            "{STRONG}{}{STRONG:#}  {FAINT}{}{FAINT:#}",
            render::workspace(workspace),
            output::counted(total as usize, "interaction")
        )?;
        for (kind, verdicts) in kinds {
            let total: u64 = verdicts.iter().map(|(_, count)| count).sum();
            let parts: Vec<String> = verdicts
                .iter()
                .map(|(verdict, count)| {
                    format!(
                        "{} {}",
                        output::count(*count as usize),
                        render::verdict(*verdict)
                    )
                })
                .collect();
            writeln!(
                out,
                "  {:<width$}  {:>7}   {FAINT}{}{FAINT:#}",
                render::plain(kind),
                output::count(total as usize),
                parts.join(" · ")
            )?;
        }
    }
    Ok(())
}
