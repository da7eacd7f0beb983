//! `repo-lsp model`: manages the models on this machine and the model host.

mod gc;
pub(in crate::cli) mod learned;
mod list;
mod pull;
mod remove;
mod rollback;
mod serve;
mod show;
mod stop;
#[path = "use.rs"]
mod use_;

use std::io::Write;

use serde_json::{Value, json};
use trainer_bridge::Format;

use models::launch::HostLauncher;
use models::library::{Installed, Library};
use settings::paths::Dirs;

use super::Outcome;
use super::arguments::Global;
use super::output::{self, STRONG};

/// Manage the models on this machine and the model host that runs them
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Pull(pull::Args),
    List(list::Args),
    Show(show::Args),
    Use(use_::Args),
    Rollback(rollback::Args),
    Gc(gc::Args),
    Remove(remove::Args),
    Serve(serve::Args),
    Stop(stop::Args),
}

pub(crate) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    match &args.command {
        Command::Pull(args) => pull::run(args, global),
        Command::List(args) => list::run(args, global),
        Command::Show(args) => show::run(args, global),
        Command::Use(args) => use_::run(args, global),
        Command::Rollback(args) => rollback::run(args, global),
        Command::Gc(args) => gc::run(args, global),
        Command::Remove(args) => remove::run(args, global),
        Command::Serve(args) => serve::run(args, global),
        Command::Stop(args) => stop::run(args, global),
    }
}

/// Returns a message for each installed model that a running host failed to load. Does not start a host.
pub(super) fn failures(dirs: &Dirs) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let failures = match runtime {
        Ok(runtime) => runtime.block_on(HostLauncher::new(dirs).failures()),
        Err(_) => Vec::new(),
    };
    // The host may still report models that have been removed since.
    let installed = Library::new(dirs).names();
    let of_those = failures
        .into_iter()
        .filter(|(name, _)| installed.contains(name));
    of_those.map(|(_, line)| line).collect()
}

fn library() -> anyhow::Result<Library> {
    Ok(Library::new(&Dirs::from_environment()?))
}

/// Prints lines with a title, such as `in use     repo@7, was repo@6`.
fn lines(lines: &[(&str, String)]) -> anyhow::Result<()> {
    let mut out = output::stdout();
    for (title, text) in lines {
        writeln!(out, "{STRONG}{title:<9}{STRONG:#}  {text}")?;
    }
    out.flush()?;
    Ok(())
}

fn format(format: Format) -> &'static str {
    match format {
        Format::Safetensors => "safetensors",
        Format::Gguf => "gguf",
        Format::Lora => "lora",
    }
}

/// Describes the origin of a generation: a repository, a local path or a parent generation.
fn origin(installed: &Installed) -> String {
    let manifest = &installed.manifest;
    let mut text = match (&manifest.source, manifest.parent) {
        (Some(source), _) => match source.split_once('@') {
            // Seven digits identify a commit.
            Some((repo, rest)) if !repo.starts_with('/') => {
                let (commit, file) = rest
                    .split_once('/')
                    .map_or((rest, String::new()), |(commit, file)| {
                        (commit, format!("/{file}"))
                    });
                let commit: String = commit.chars().take(7).collect();
                format!("{repo}@{commit}{file}")
            }
            _ => settings::paths::tilde(std::path::Path::new(source)),
        },
        (None, Some(parent)) => format!("trained from {}@{parent}", installed.name),
        (None, None) => "trained here".to_owned(),
    };
    if let (Format::Lora, Some(base)) = (manifest.format, &manifest.base) {
        text += &format!(" on {base}");
    }
    text
}

fn as_json(installed: &Installed) -> Value {
    let manifest = &installed.manifest;
    json!({
        "name": installed.name, "generation": manifest.number, "label": installed.label(), "bytes": installed.bytes(),
        "format": format(manifest.format), "source": manifest.source, "base": manifest.base, "directory": installed.directory,
    })
}
