//! `repo-lsp samples show`: everything that is known of one interaction.

use std::io::Write;

use anyhow::bail;
use serde_json::{Value, json};
use settings::paths::Dirs;

use super::super::arguments::Global;
use super::super::output;
use super::{Outcome, existing, find_id, nothing_yet, render};

/// Show everything that is kept of one interaction
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples show 0193a4             question, answer, sources, and what came of it
  repo-lsp samples show 0193a4 --json | jq .generations")]
pub(crate) struct Args {
    /// The id of an interaction, or as much of its beginning as no other has
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) fn run(args: &Args, global: &Global, dirs: &Dirs) -> anyhow::Result<Outcome> {
    let Some(store) = existing(dirs)? else {
        return nothing_yet(global, None);
    };
    let id = find_id(&store, &args.id)?;
    let Some(recorded) = store.get(&id)? else {
        bail!("{id} has been forgotten a moment ago");
    };
    let learned = store.which_generations_used(&id)?;
    if global.json {
        let mut value = render::as_json(&recorded);
        let generations = learned.iter().map(
            |one| json!({ "label": one.label, "dataset": one.dataset, "tainted": one.tainted }),
        );
        value["generations"] = generations.collect::<Value>();
        output::json(&value)?;
        return Ok(Outcome::Done);
    }
    let mut out = output::stdout();
    render::whole(&mut out, &recorded, &learned)?;
    out.flush()?;
    Ok(Outcome::Done)
}
