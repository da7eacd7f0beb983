//! `repo-lsp dataset list`: lists the datasets of the workspace.

use std::io::Write;

use serde_json::json;
use trainer_bridge::list_datasets;

use super::super::arguments::Global;
use super::super::output::{self, FAINT, STRONG};
use super::{Outcome, folder};

/// List the datasets of this workspace, the newest first
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(super) fn run(_: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let entries = list_datasets(&folder(global)?);
    if global.json {
        let rows: Vec<_> = entries
            .iter()
            .map(|entry| match &entry.manifest {
                Ok(manifest) => json!({
                    "name": entry.name, "folder": entry.folder, "samples": manifest.statistics.samples(),
                    "kinds": manifest.statistics.kinds.len(),
                }),
                Err(reason) => json!({ "name": entry.name, "folder": entry.folder, "damaged": reason }),
            })
            .collect();
        output::json(&json!(rows))?;
    } else {
        let mut out = output::stdout();
        for entry in &entries {
            match &entry.manifest {
                Ok(manifest) => writeln!(
                    out,
                    "{STRONG}{:<24}{STRONG:#}  {:>16}  {FAINT}{} kinds, {} dropped{FAINT:#}",
                    entry.name,
                    output::counted(manifest.statistics.samples() as usize, "sample"),
                    manifest.statistics.kinds.len(),
                    output::count(manifest.statistics.dropped_total() as usize),
                )?,
                Err(reason) => writeln!(out, "{STRONG}{:<24}{STRONG:#}  {reason}", entry.name)?,
            }
        }
        out.flush()?;
    }
    if entries.is_empty() {
        output::say(
            "there is no dataset of this workspace yet; `repo-lsp dataset build` makes one",
        );
        return Ok(Outcome::Unsuccessful);
    }
    Ok(Outcome::Done)
}
