//! Definition of the command line. The arguments of a command are defined in its own file.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::{
    ask, completions, dataset, doctor, eval, index, man, model, modules, samples, schema, search,
    status, synth,
};

/// Answer questions about a repository, in your editor and on the command line.
#[derive(Debug, Parser)]
#[command(name = "repo-lsp", version, arg_required_else_help = true, after_help = EXAMPLES, max_term_width = 100)]
#[command(
    subcommand_negates_reqs = true,
    args_conflicts_with_subcommands = false
)]
pub(crate) struct Arguments {
    /// Run the language server on standard input and output; editors start this
    #[arg(long)]
    pub stdio: bool,

    /// Passed by some editors together with --stdio; ignored, because `initialize` contains the process id
    #[arg(long = "clientProcessId", hide = true)]
    pub client_process_id: Option<u32>,

    #[command(flatten)]
    pub global: Global,

    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Root folder of the workspace [default: the repository that contains the current folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub workspace: Option<PathBuf>,

    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,

    /// When to use colors in the output
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub color: Color,

    /// Log progress to standard error; -vv and -vvv log more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// If the output is a terminal and NO_COLOR is not set
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Index(index::Args),
    Search(search::Args),
    Ask(ask::Args),
    Modules(modules::Args),
    Status(status::Args),
    Model(model::Args),
    Samples(samples::Args),
    Dataset(dataset::Args),
    Synth(synth::Args),
    Doctor(doctor::Args),
    Eval(eval::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Man(man::Args),
}

const EXAMPLES: &str = "\
Examples:
  repo-lsp ask \"where is the configuration parsed?\"     answer a question about this repository
  repo-lsp search parse_config                          find definitions, documentation and files
  repo-lsp status                                       show the state of the index and the model
  repo-lsp --stdio                                      run the language server, as an editor does

Exit codes: 0 success, 1 nothing found or a check failed, 2 invalid usage or another error.";
