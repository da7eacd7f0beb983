//! `repo-lsp dataset diff`: what changed from one dataset to another.

use std::io::Write;

use trainer_bridge::compare_datasets;

use super::super::arguments::Global;
use super::super::output::{self, FAINT};
use super::{Outcome, explain, folder};

/// Compare two datasets by their questions and answers
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Name of the first dataset
    first: String,

    /// Name of the second dataset
    second: String,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let comparison =
        compare_datasets(&folder(global)?, &args.first, &args.second).map_err(explain)?;
    if global.json {
        output::json(&serde_json::to_value(&comparison)?)?;
        return Ok(Outcome::Done);
    }
    let mut out = output::stdout();
    let number = |count: u64| output::count(count as usize);
    writeln!(
        out,
        "{FAINT}{:<20} {:>9} {:>9} {:>9}{FAINT:#}",
        "kind", "added", "removed", "changed"
    )?;
    for (kind, counts) in &comparison.kinds {
        writeln!(
            out,
            "{kind:<20} {:>9} {:>9} {:>9}",
            number(counts.added),
            number(counts.removed),
            number(counts.changed)
        )?;
    }
    writeln!(
        out,
        "{} in both",
        output::counted(comparison.same as usize, "sample")
    )?;
    out.flush()?;
    Ok(Outcome::Done)
}
