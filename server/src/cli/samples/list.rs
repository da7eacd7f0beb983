//! `repo-lsp samples list`: lists interactions, newest first, one per line.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::{Value, json};
use settings::paths::Dirs;
use trainer_bridge::{Interaction, Store};

use super::super::arguments::Global;
use super::super::output::{self, FAINT, STRONG};
use super::filter::{self, Filters};
use super::{Outcome, existing, nothing_yet, render};

/// List interactions, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples list                                 list all workspaces; ✓ good, ✗ bad, ✎ corrected, · no verdict
  repo-lsp samples list --workspace . --since 7d        list this folder and its subfolders
  repo-lsp samples list --verdict bad --files 'src/**/*.rs'
  repo-lsp samples list --json | jq -r '.[].question'

Times are in UTC.")]
pub(crate) struct Args {
    #[command(flatten)]
    filters: Filters,

    /// Maximum number of interactions
    #[arg(long, short = 'n', default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

/// The minimum length of the id prefixes that are shown.
pub(super) const MIN_ID_LEN: usize = 8;

pub(super) fn run(args: &Args, global: &Global, dirs: &Dirs) -> anyhow::Result<Outcome> {
    let Some(store) = existing(dirs)? else {
        return nothing_yet(global, Some(&json!([])));
    };
    let limit = args.limit as usize;
    let filter = args.filters.to_filter(&store, filter::named(global))?;
    // One more than the limit shows whether there are more.
    let mut listing = store.list(&filter, limit + 1, None)?;
    let more = listing.rows.len() > limit;
    listing.rows.truncate(limit);
    if listing.unreadable > 0 {
        let count = output::counted(listing.unreadable as usize, "interaction");
        output::warning(format!("{count} skipped because of damage"));
    }
    if global.json {
        output::json(&listing.rows.iter().map(render::as_json).collect::<Value>())?;
    } else {
        let rows = listing.rows.iter().map(|recorded| &recorded.interaction);
        table(&store, &rows.collect::<Vec<_>>())?;
    }
    if listing.rows.is_empty() {
        output::say("nothing found");
        return Ok(Outcome::Unsuccessful);
    }
    if more && !global.json {
        output::say(&format!(
            "{FAINT}there are more; use --limit N to show them{FAINT:#}"
        ));
    }
    Ok(Outcome::Done)
}

fn table(store: &Store, rows: &[&Interaction]) -> anyhow::Result<()> {
    let mut out = output::stdout();
    let ids = rows
        .iter()
        .map(|row| store.short_id(&row.id, MIN_ID_LEN))
        .collect::<Result<Vec<_>, _>>()?;
    let widest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let id_width = widest(&mut ids.iter().map(|id| id.chars().count()));
    let kind_width = widest(&mut rows.iter().map(|row| row.kind.chars().count()));
    for (row, id) in rows.iter().zip(&ids) {
        let files: BTreeSet<&str> = row
            .citations
            .iter()
            .map(|citation| &*citation.file)
            .collect();
        let files = output::counted(files.len(), "file");
        let used = id_width + kind_width + 35;
        writeln!(
            out,
            "{STRONG}{:<id_width$}{STRONG:#}  {FAINT}{}{FAINT:#}  {:<kind_width$}  {}  {FAINT}{files:>8}{FAINT:#}  {}",
            render::plain(id),
            output::date(row.time),
            render::plain(&row.kind),
            render::mark(row.verdict),
            output::fit(&shorten(&render::one_line(&row.question)), used),
        )?;
    }
    out.flush()?;
    Ok(())
}

/// Shortens a question, also where there is no terminal whose width limits it.
fn shorten(question: &str) -> String {
    const MAX_CHARS: usize = 120;
    if question.chars().count() <= MAX_CHARS {
        return question.to_owned();
    }
    question.chars().take(MAX_CHARS - 1).chain(['…']).collect()
}
