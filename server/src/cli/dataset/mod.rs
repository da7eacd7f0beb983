//! `repo-lsp dataset`: builds training data from a repository, and shows what is in it.

mod build;
mod diff;
mod list;
mod remove;
mod show;
mod stats;

use std::path::PathBuf;

use anyhow::bail;
use settings::paths::{self, Dirs};
use trainer_bridge::{DatasetError, list_datasets};

use super::Outcome;
use super::arguments::Global;

/// Build training data from this repository, and show it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp dataset build                   make samples from the index; needs no model
  repo-lsp dataset show --sample 20        read some of them
  repo-lsp dataset stats                   count samples by kind and split, and drops by reason
  repo-lsp dataset diff OLD NEW            what a new build changed

Datasets lie in your data folder, one folder each, with manifest.json, train.jsonl, valid.jsonl, test.jsonl and report.html. The same \
repository and options give the same bytes. Commands use the newest dataset of the workspace unless a name is given.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Build(build::Args),
    List(list::Args),
    Show(show::Args),
    Stats(stats::Args),
    Diff(diff::Args),
    Rm(remove::Args),
}

pub(crate) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    match &args.command {
        Command::Build(args) => build::run(args, global),
        Command::List(args) => list::run(args, global),
        Command::Show(args) => show::run(args, global),
        Command::Stats(args) => stats::run(args, global),
        Command::Diff(args) => diff::run(args, global),
        Command::Rm(args) => remove::run(args, global),
    }
}

/// Returns the folder of the workspace's datasets, which need not exist.
fn folder(global: &Global) -> anyhow::Result<PathBuf> {
    let root = paths::workspace(global.workspace.as_deref())?;
    Ok(Dirs::from_environment()?.datasets(&root))
}

/// Returns the given name, or that of the newest usable dataset.
fn name_or_newest(name: Option<&str>, folder: &std::path::Path) -> anyhow::Result<String> {
    if let Some(name) = name {
        return Ok(name.to_owned());
    }
    match list_datasets(folder)
        .into_iter()
        .find(|entry| entry.manifest.is_ok())
    {
        Some(entry) => Ok(entry.name),
        None => {
            bail!("there is no dataset of this workspace yet; `repo-lsp dataset build` makes one")
        }
    }
}

/// Formats an error with short paths.
fn explain(error: DatasetError) -> anyhow::Error {
    match error {
        DatasetError::File(error) => super::samples::file_error(&error),
        DatasetError::Missing { name, folder } => anyhow::anyhow!(
            "there is no dataset {name} in {}; `repo-lsp dataset list` shows those of this workspace",
            paths::tilde(&folder)
        ),
        error => error.into(),
    }
}
