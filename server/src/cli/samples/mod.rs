//! `repo-lsp samples`: what was asked and answered, on the user's own disk: to be seen, corrected, forgotten, taken along and trained on.
//!
//! Reading makes nothing: where no database is, there is nothing to show.

mod filter;
mod private;
mod render;
mod when;

mod list;
mod show;

mod edit;
mod forget;

mod export;
mod import;
mod stats;

mod curate;
mod lineage;

use std::path::Path;

use anyhow::bail;
use serde_json::Value;
use trainer_bridge::{Filter, Store};

use assistant::recording::workspace_name;
use settings::paths::Dirs;

use super::arguments::Global;
use super::{Outcome, output};

/// See, correct, forget and export what was asked and answered
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples list                    what was asked last
  repo-lsp samples forget 0193a4           one interaction, for good
  repo-lsp samples stats                   how much there is, and of what

All workspaces are meant unless --workspace names one; `forget` means this one unless --all-workspaces is given. \
Everything is in samples.db in your own data folder and goes nowhere by itself. `mode = \"off\"` under [samples] in config.toml keeps \
nothing from then on, `mode = \"no-code\"` no source text. An editor that is open has to restart its server to see that. \
`repo-lsp schema --markdown` says more.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(list::Args),
    Show(show::Args),
    Edit(edit::Args),
    Forget(forget::Args),
    Export(export::Args),
    Import(import::Args),
    Stats(stats::Args),
    Curate(curate::Args),
    Lineage(lineage::Args),
}

pub(crate) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let dirs = Dirs::from_environment()?;
    match &args.command {
        Command::List(args) => list::run(args, global, &dirs),
        Command::Show(args) => show::run(args, global, &dirs),
        Command::Edit(args) => edit::run(args, global, &dirs),
        Command::Forget(args) => forget::run(args, global, &dirs),
        Command::Export(args) => export::run(args, global, &dirs),
        Command::Import(args) => import::run(args, global, &dirs),
        Command::Stats(args) => stats::run(args, global, &dirs),
        Command::Curate(args) => curate::run(args, global, &dirs),
        Command::Lineage(args) => lineage::run(args, global, &dirs),
    }
}

/// The store, where anything was ever recorded.
pub(super) fn existing(dirs: &Dirs) -> anyhow::Result<Option<Store>> {
    let path = dirs.samples();
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(Store::open(&path)?))
}

/// How many interactions are kept of a workspace, folders below it included; none where nothing was ever recorded.
pub(super) fn kept(dirs: &Dirs, root: &Path) -> anyhow::Result<Option<u64>> {
    let Some(store) = existing(dirs)? else {
        return Ok(None);
    };
    let meant = Filter {
        workspace: Some(workspace_name(root)),
        ..Filter::default()
    };
    Ok(Some(store.count(&[meant])?.values().sum()))
}

/// What a command says where there is no database; programs get `empty`.
fn nothing_yet(global: &Global, empty: Option<&Value>) -> anyhow::Result<Outcome> {
    if let (true, Some(empty)) = (global.json, empty) {
        output::json(empty)?;
    }
    output::say("nothing is recorded yet");
    Ok(Outcome::Nothing)
}

/// The interaction whose id begins like this.
fn find_id(store: &Store, start: &str) -> anyhow::Result<String> {
    if start.is_empty() {
        bail!("an id cannot be empty; `repo-lsp samples list` shows them");
    }
    let mut found = store.ids_like(start, 4)?;
    match (found.len(), found.pop()) {
        (1, Some(id)) => Ok(id),
        (0, _) | (_, None) => {
            bail!("no interaction's id begins with {start}; `repo-lsp samples list` shows them")
        }
        _ => bail!(
            "the ids of several interactions begin with {start}; give more of it, as `repo-lsp samples list` shows it"
        ),
    }
}
