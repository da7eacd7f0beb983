//! `repo-lsp synth`: has a teacher model write training data about the repository, or derives it from the index.

mod documents;
mod flow;
mod replay;
mod scene1;
mod scene2;
mod show;
mod teacher;

use std::path::PathBuf;

use settings::paths;

use super::Outcome;
use super::arguments::Global;
use super::context::Context;
pub(super) use show::printable;

/// Write training data about this repository, with a teacher model
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp synth scene1 --limit 5 --dry-run          what would be asked, without a request
  repo-lsp synth scene1 --limit 100 --qa-count 3     questions about the code, with reasoning and answer
  repo-lsp synth scene2 --count 50                   proposals for the architecture
  repo-lsp synth flow key_facts                      questions about the facts of each document
  repo-lsp synth flow my/flow.yaml --input rows.jsonl

The teacher is the model that answers your questions (`repo-lsp model --help`), or the one that --endpoint and --model name. Its answers \
are kept, so a run that was stopped goes on where it was and nothing is asked twice. `repo-lsp dataset build` takes the results.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Scene1(scene1::Args),
    Scene2(scene2::Args),
    Flow(flow::Args),
    Documents(documents::Args),
    Replay(replay::Args),
}

pub(crate) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    match &args.command {
        Command::Scene1(args) => scene1::run(args, &Context::load(global)?),
        Command::Scene2(args) => scene2::run(args, &Context::load(global)?),
        Command::Flow(args) => flow::run(args, &Context::load(global)?),
        Command::Replay(args) => replay::run(args, &Context::load(global)?),
        Command::Documents(args) => documents::run(args, &Context::load(global)?),
    }
}

/// Returns the output folder: the given one, or that of the workspace.
fn folder(out: Option<&PathBuf>, context: &Context) -> anyhow::Result<PathBuf> {
    let folder = match out {
        Some(folder) => folder.clone(),
        None => context.dirs.synthesis(&context.root),
    };
    if folder.is_file() {
        anyhow::bail!(
            "{} is a file; pass a folder with --out",
            paths::tilde(&folder)
        );
    }
    Ok(folder)
}
