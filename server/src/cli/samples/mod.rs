//! `repo-lsp samples`: lists, shows, edits, deletes, exports and curates recorded interactions.
//!
//! These commands do not create a database, except `import`.

mod filter;
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

use anyhow::{anyhow, bail};
use serde_json::Value;
use trainer_bridge::{CopyLocations, FileError, Filter, Store};

use assistant::recording::{MARK, workspace_name};
use settings::paths::{self, Dirs};

use super::arguments::Global;
use super::{Outcome, output};

/// List, edit, delete and export recorded questions and answers
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples list                    list the latest questions
  repo-lsp samples forget 0193a4           delete one interaction permanently
  repo-lsp samples stats                   count interactions by workspace, kind and verdict

Commands apply to all workspaces unless --workspace names one; `forget` applies to the current workspace unless --all-workspaces is \
given. Everything is stored in samples.db in your data folder and is never sent anywhere. To change what is recorded, set `mode` under \
[samples] in config.toml: \"off\" records nothing, \"no-code\" records no source code. Editors read it when their server starts. \
`repo-lsp schema --markdown` documents all settings.")]
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

/// Opens the store; `None` if nothing was ever recorded.
pub(super) fn existing(dirs: &Dirs) -> anyhow::Result<Option<Store>> {
    let path = dirs.samples();
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(Store::open(&path)?))
}

/// Counts the interactions of a workspace and its subfolders; `None` if nothing was ever recorded.
pub(super) fn count(dirs: &Dirs, root: &Path) -> anyhow::Result<Option<u64>> {
    let Some(store) = existing(dirs)? else {
        return Ok(None);
    };
    let filter = Filter {
        workspace: Some(workspace_name(root)),
        ..Filter::default()
    };
    Ok(Some(store.count(&[filter])?.values().sum()))
}

/// Where copies of an interaction's text may lie outside the database.
fn copy_locations(dirs: &Dirs) -> CopyLocations {
    CopyLocations {
        answers: dirs.answers(),
        id_marker: MARK,
        drafts: dirs.data.clone(),
    }
}

/// Warns about files with text that was forgotten or changed.
fn warn_undeleted(files: &[FileError]) {
    for FileError { path, reason, .. } in files {
        let path = paths::tilde(path);
        output::warning(format!(
            "{path} contains a forgotten answer and cannot be deleted: {reason}"
        ));
    }
}

/// Formats an error of a file with a short path.
pub(super) fn file_error(error: &FileError) -> anyhow::Error {
    let FileError {
        action,
        path,
        reason,
    } = error;
    anyhow!("cannot {action} {}: {reason}", paths::tilde(path))
}

/// The result of a command if there is no database. With --json it prints `empty`.
fn nothing_yet(global: &Global, empty: Option<&Value>) -> anyhow::Result<Outcome> {
    if let (true, Some(empty)) = (global.json, empty) {
        output::json(empty)?;
    }
    output::say("nothing is recorded yet");
    Ok(Outcome::Unsuccessful)
}

/// Returns the id that begins with `prefix`.
fn find_id(store: &Store, prefix: &str) -> anyhow::Result<String> {
    if prefix.is_empty() {
        bail!("an id cannot be empty; `repo-lsp samples list` shows ids");
    }
    let mut found = store.ids_with_prefix(prefix, 4)?;
    match (found.len(), found.pop()) {
        (1, Some(id)) => Ok(id),
        (0, _) | (_, None) => {
            bail!(
                "no interaction has an id that begins with {prefix}; `repo-lsp samples list` shows them"
            )
        }
        _ => bail!(
            "several interactions have an id that begins with {prefix}; use the longer ids that `repo-lsp samples list` shows"
        ),
    }
}
