//! `repo-lsp samples show`: shows one interaction.

use std::io::Write;

use anyhow::bail;
use serde_json::{Value, json};
use settings::paths::Dirs;

use super::super::arguments::Global;
use super::super::output;
use super::{Outcome, existing, find_id, nothing_yet, render};

/// Show everything that is recorded about one interaction
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples show 0193a4             show question, answer, sources and feedback
  repo-lsp samples show 0193a4 --json | jq .generations")]
pub(crate) struct Args {
    /// Id of the interaction, or a unique prefix of it
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) fn run(args: &Args, global: &Global, dirs: &Dirs) -> anyhow::Result<Outcome> {
    let Some(store) = existing(dirs)? else {
        return nothing_yet(global, None);
    };
    let id = find_id(&store, &args.id)?;
    let Some(recorded) = store.get(&id)? else {
        bail!("{id} was just forgotten");
    };
    let learned = store.generations_using(&id)?;
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
    render::interaction(&mut out, &recorded, &learned)?;
    out.flush()?;
    Ok(Outcome::Done)
}
