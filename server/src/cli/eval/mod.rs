//! `repo-lsp eval retrieval`: how well search finds what golden questions are known to be about.
//!
//! Beside the product's own search stands plain BM25 over whole files, so that a figure means something.

mod gold;
mod plain;
pub(in crate::cli) mod questions;
mod run;
mod score;

use std::path::PathBuf;

use super::Outcome;
use super::arguments::Global;

/// Measure retrieval against golden questions
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Retrieval(Retrieval),
}

/// Rank files for every question and compare with the files it is known to be about
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp eval retrieval --questions golden.jsonl
  repo-lsp eval retrieval --questions bench.jsonl --checkouts '/data/{repo}/{commit}'
  repo-lsp eval retrieval --questions golden.jsonl --json > ranked.jsonl

One question a line: {\"id\", \"question\", \"gold_files\": [], \"repo\"?, \"commit\"?, \"answer\"?, \"gold_symbols\"?: []}. \
Gold is restricted to source files that are not tests; a question left without gold is not counted.")]
pub(crate) struct Retrieval {
    /// Golden questions, one JSON object a line
    #[arg(long, value_name = "FILE")]
    questions: PathBuf,

    /// Where the question's own repository lies, with {repo} and {commit} filled in from it [default: the workspace]
    #[arg(long, value_name = "TEMPLATE")]
    checkouts: Option<String>,

    /// How many files are ranked
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,

    /// With --json: the figures as one object, instead of a line per question
    #[arg(long, requires = "json")]
    summary: bool,

    /// Leave out plain BM25
    #[arg(long)]
    no_baseline: bool,
}

pub(crate) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    match &args.what {
        What::Retrieval(args) => run::run(args, global),
    }
}
