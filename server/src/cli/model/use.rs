//! `repo-lsp model use`: which model answers, and by which of its generations.

use serde_json::json;

use models::library::name;

use super::super::arguments::Global;
use super::super::output;
use super::{Outcome, library, lines};

/// Choose the model that answers, or the generation of it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp model use repo                  repo answers where no model is named
  repo-lsp model use repo@7                and from now on by its generation 7; questions under way end on the one they began with")]
pub(crate) struct Args {
    /// The name of a model, or one of its generations
    #[arg(value_name = "NAME[@N]")]
    name: String,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let library = library()?;
    let (name, number) = name::parse(&args.name)?;
    let before = match number {
        Some(number) => library
            .switch(name, number)?
            .filter(|before| *before != number),
        None => None,
    };
    let current = library.current(name)?;
    library.set_default(name)?;
    let label = current.label();
    if global.json {
        output::json(
            &json!({ "name": name, "generation": current.manifest.number, "label": label, "before": before }),
        )?;
    } else {
        let text = match before {
            Some(before) => format!("{label}, was {name}@{before}"),
            None => label,
        };
        let default = format!("{name} answers where no model is named");
        lines(&[("in use", text), ("default", default)])?;
    }
    Ok(Outcome::Done)
}
