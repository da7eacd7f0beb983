//! `repo-lsp dataset stats`: counts samples by kind and split, and drops by reason.

use std::io::Write;

use trainer_bridge::{Statistics, read_manifest};

use super::super::arguments::Global;
use super::super::output::{self, FAINT, STRONG};
use super::{Outcome, explain, folder, name_or_newest};

/// Count the samples of a dataset by kind and split, and what was dropped
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Name of the dataset [default: the newest]
    name: Option<String>,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let folder = folder(global)?;
    let name = name_or_newest(args.name.as_deref(), &folder)?;
    let manifest = read_manifest(&folder, &name).map_err(explain)?;
    if global.json {
        output::json(&serde_json::to_value(&manifest)?)?;
    } else {
        print(&name, &manifest.statistics)?;
    }
    Ok(Outcome::Done)
}

fn print(name: &str, statistics: &Statistics) -> anyhow::Result<()> {
    let mut out = output::stdout();
    let number = |count: u64| output::count(count as usize);
    writeln!(out, "{STRONG}{name}{STRONG:#}")?;
    writeln!(
        out,
        "{FAINT}{:<20} {:>9} {:>9} {:>9} {:>9}{FAINT:#}",
        "kind", "train", "valid", "test", "answers"
    )?;
    for (kind, counts) in &statistics.kinds {
        writeln!(
            out,
            "{kind:<20} {:>9} {:>9} {:>9} {:>9}",
            number(counts.train),
            number(counts.valid),
            number(counts.test),
            number(counts.answers)
        )?;
    }
    if !statistics.dropped.is_empty() {
        writeln!(out, "\n{FAINT}dropped{FAINT:#}")?;
    }
    for (reason, kinds) in &statistics.dropped {
        let of: Vec<_> = kinds
            .iter()
            .map(|(kind, count)| format!("{kind} {}", number(*count)))
            .collect();
        let total = kinds.values().sum();
        writeln!(
            out,
            "{:>9}  {} {FAINT}({}){FAINT:#}",
            number(total),
            reason.describe(),
            of.join(", ")
        )?;
    }
    if !statistics.excluded.is_empty() {
        writeln!(out, "\n{FAINT}files left out{FAINT:#}")?;
    }
    for (reason, count) in &statistics.excluded {
        writeln!(out, "{:>9}  {reason}", number(*count))?;
    }
    let coverage = &statistics.coverage;
    writeln!(
        out,
        "\n{} of {} files have a sample; {} secrets were redacted",
        number(coverage.covered_files),
        number(coverage.files),
        number(statistics.redacted)
    )?;
    out.flush()?;
    Ok(())
}
