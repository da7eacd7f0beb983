//! What may be written on the command line. Each command's own arguments stand in its file.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::{
    ask, completions, doctor, eval, index, man, model, modules, samples, schema, search, status,
};

/// Answers questions about the repository you are in, for your editor and on the command line.
#[derive(Debug, Parser)]
#[command(name = "repo-lsp", version, arg_required_else_help = true, after_help = EXAMPLES, max_term_width = 100)]
#[command(
    subcommand_negates_reqs = true,
    args_conflicts_with_subcommands = false
)]
pub(crate) struct Arguments {
    /// Speak the Language Server Protocol over standard input and output; this is what editors start
    #[arg(long)]
    pub stdio: bool,

    /// Passed by some editors beside --stdio; the process id in `initialize` says the same
    #[arg(long = "clientProcessId", hide = true)]
    pub client_process_id: Option<u32>,

    #[command(flatten)]
    pub global: Global,

    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// The workspace [default: the repository around the current folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub workspace: Option<PathBuf>,

    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,

    /// When to colour the output
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub color: Color,

    /// Say on standard error what is being done; twice for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
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
    Doctor(doctor::Args),
    Eval(eval::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Man(man::Args),
}

const EXAMPLES: &str = "\
Examples:
  repo-lsp ask \"where is the configuration parsed?\"     answer a question about this repository
  repo-lsp search parse_config                          find definitions, documents and files
  repo-lsp status                                       what is indexed and what was skipped
  repo-lsp --stdio                                      the language server, started by an editor

Exit codes: 0 done, 1 nothing found or a check failed, 2 wrong usage or bad input.";
