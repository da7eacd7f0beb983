//! `repo-lsp dataset rm`: deletes datasets.

use trainer_bridge::remove_dataset;

use super::super::arguments::Global;
use super::super::output;
use super::{Outcome, explain, folder};

/// Delete datasets of this workspace
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Names of the datasets
    #[arg(required = true)]
    names: Vec<String>,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let folder = folder(global)?;
    for name in &args.names {
        remove_dataset(&folder, name).map_err(explain)?;
        output::say(&format!("deleted the dataset {name}"));
    }
    Ok(Outcome::Done)
}
