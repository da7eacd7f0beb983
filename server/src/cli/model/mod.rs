//! `repo-lsp model`: the models on this machine, and the process that runs them.

mod serve;
mod stop;

use super::Outcome;
use super::arguments::Global;

/// Manage the models that answer, and the process that runs them
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Serve(serve::Args),
    Stop(stop::Args),
}

pub(crate) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    match &args.command {
        Command::Serve(args) => serve::run(args, global),
        Command::Stop(args) => stop::run(args, global),
    }
}
