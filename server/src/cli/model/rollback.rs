//! `repo-lsp model rollback`: switches to the previous generation of a model.

use serde_json::json;

use super::super::arguments::Global;
use super::super::output;
use super::{Outcome, library, lines};

/// Switch a model to its previous generation
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp model rollback repo             switch from repo@8 to repo@7
  repo-lsp model use repo@8                undo this")]
pub(crate) struct Args {
    /// Name of the model
    #[arg(value_name = "NAME")]
    name: String,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let name = &args.name;
    let (before, number) = library()?.rollback(name)?;
    if global.json {
        output::json(
            &json!({ "name": name, "generation": number, "label": format!("{name}@{number}"), "before": before }),
        )?;
    } else {
        lines(&[("in use", format!("{name}@{number}, was {name}@{before}"))])?;
    }
    Ok(Outcome::Done)
}
