//! `repo-lsp model remove`: removes a model with all its generations.

use serde_json::json;

use super::super::arguments::Global;
use super::super::output;
use super::{Outcome, library, lines};

/// Remove a model with all its generations
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp model remove tiny

A model that an adapter is based on can only be removed after the adapter.")]
pub(crate) struct Args {
    /// Name of the model
    #[arg(value_name = "NAME")]
    name: String,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let library = library()?;
    let was_default = library.default_name().as_ref() == Some(&args.name);
    let bytes = library.remove(&args.name)?;
    if global.json {
        output::json(&json!({ "name": args.name, "bytes": bytes, "default": was_default }))?;
        return Ok(Outcome::Done);
    }
    let mut said = vec![(
        "removed",
        format!("{} · {}", args.name, output::bytes(bytes)),
    )];
    if was_default {
        said.push((
            "default",
            "none; `repo-lsp model use NAME` sets one".to_owned(),
        ));
    }
    lines(&said)?;
    Ok(Outcome::Done)
}
