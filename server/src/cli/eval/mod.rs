//! `repo-lsp eval`: measures retrieval against golden questions.

mod retrieval;

use super::Outcome;
use super::arguments::Global;

/// Measure retrieval against golden questions
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Retrieval(retrieval::Args),
}

pub(crate) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    match &args.command {
        Command::Retrieval(args) => retrieval::run(args, global),
    }
}
