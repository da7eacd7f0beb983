//! `repo-lsp index`: updates the index.

use std::io::Write;

use anyhow::bail;
use repo_indexer::{IndexAccess, RefreshScope};
use serde_json::json;

use super::context::{Context, Opened};
use super::output::{self, FAINT, STRONG};
use super::{Outcome, status};

/// Bring the index up to date with the files of the workspace
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp index                         index the files that changed since the last run
  repo-lsp index --rebuild               discard the index and index all files
  repo-lsp index --workspace ~/src/app   index another repository

Other commands update the index before they run, and a running editor keeps it up to date.
It is safe to interrupt this command at any time.")]
pub(crate) struct Args {
    /// Discard the index and index all files again
    #[arg(long)]
    rebuild: bool,
}

pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let scope = if args.rebuild {
        RefreshScope::Rebuild
    } else {
        RefreshScope::All
    };
    let Opened {
        index,
        report,
        took,
    } = context.open_fresh(scope)?;
    if args.rebuild && index.access() == IndexAccess::Reader {
        bail!(
            "another process keeps this index up to date, so it cannot be rebuilt now. Close that editor or command first"
        );
    }
    let status = index.snapshot().status();
    if context.json {
        let report = report.map(|report| {
            json!({
                "indexed": report.indexed, "removed": report.removed,
                "unchanged": report.unchanged, "skipped": report.skipped,
            })
        });
        let role = if report.is_some() { "writer" } else { "reader" };
        output::json(&json!({
            "workspace": context.root, "role": role, "report": report, "milliseconds": took.as_millis() as u64,
            "files": status.files, "symbols": status.symbols, "modules": status.modules,
        }))?;
        return Ok(Outcome::Done);
    }
    let mut out = output::stdout();
    match report {
        None => writeln!(
            out,
            "another process keeps this index up to date; nothing to do"
        )?,
        Some(report) => {
            let mut parts = Vec::new();
            if report.indexed > 0 {
                parts.push(format!("{} read", output::counted(report.indexed, "file")));
            }
            if report.removed > 0 {
                parts.push(format!("{} removed", output::count(report.removed)));
            }
            if parts.is_empty() {
                parts.push("no changes".into());
            }
            let took = output::duration(took);
            writeln!(
                out,
                "{STRONG}indexed{STRONG:#}     {} {FAINT}in {took}{FAINT:#}",
                parts.join(" · ")
            )?;
        }
    }
    writeln!(
        out,
        "{STRONG}index{STRONG:#}       {}",
        status::figures(&status)
    )?;
    if let Some(skipped) = status::skipped_line(&status) {
        writeln!(out, "{STRONG}skipped{STRONG:#}     {skipped}")?;
    }
    out.flush()?;
    Ok(Outcome::Done)
}
