//! `repo-lsp model gc`: removes old generations and leftover files.

use std::io::Write;

use serde_json::{Value, json};

use super::super::arguments::Global;
use super::super::output::{self, FAINT};
use super::{Outcome, library};

/// Remove old generations of all models, and leftover files
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp model gc --dry-run              list what would be removed, with sizes
  repo-lsp model gc

The current and the previous generation of each model are kept, and models that an adapter is based on. Incomplete downloads are \
removed, unless they are in progress.")]
pub(crate) struct Args {
    /// List what would be removed, without removing it
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let garbage = library()?.gc(args.dry_run)?;
    if global.json {
        let garbage = garbage
            .iter()
            .map(|found| json!({ "what": found.what, "path": found.path, "bytes": found.bytes }));
        output::json(
            &json!({ "dry_run": args.dry_run, "removed": garbage.collect::<Vec<Value>>() }),
        )?;
        return Ok(Outcome::Done);
    }
    let mut out = output::stdout();
    for found in &garbage {
        let size = output::bytes(found.bytes);
        writeln!(
            out,
            "{size:>7}  {}  {FAINT}{}{FAINT:#}",
            found.what,
            settings::paths::tilde(&found.path)
        )?;
    }
    let total = output::bytes(garbage.iter().map(|found| found.bytes).sum());
    match (garbage.is_empty(), args.dry_run) {
        (true, _) => writeln!(out, "nothing to remove")?,
        (false, true) => writeln!(out, "{total} would be freed")?,
        (false, false) => writeln!(out, "{total} freed")?,
    }
    out.flush()?;
    Ok(Outcome::Done)
}
