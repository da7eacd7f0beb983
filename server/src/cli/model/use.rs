//! `repo-lsp model use`: sets the default model and its current generation.

use serde_json::json;

use models::library::name;

use super::super::arguments::Global;
use super::super::output;
use super::{Outcome, library, lines};

/// Set the default model, and optionally its current generation
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp model use repo                  make repo the default model
  repo-lsp model use repo@7                and switch it to generation 7

Answers in progress are finished by the generation that started them.")]
pub(crate) struct Args {
    /// Name of the model, optionally with the number of a generation
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
        let default = format!("{name} is now the default model");
        lines(&[("in use", text), ("default", default)])?;
    }
    Ok(Outcome::Done)
}
