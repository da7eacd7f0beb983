//! The command line, one file per command. An error is reported as one line.
//!
//! Exit codes of all commands: 0 for success, 1 if nothing was found or a check failed, 2 for invalid usage and all other errors.
//! Results go to standard output, everything else to standard error.

mod arguments;
mod context;
mod output;
mod progress;

mod ask;
mod completions;
mod dataset;
mod doctor;
mod eval;
mod index;
mod man;
mod model;
mod modules;
mod samples;
mod schema;
mod search;
mod status;
mod stdio;
mod synth;

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use context::Context;

/// The result of a command that ended without an error; determines the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Exit code 0.
    Done,
    /// Exit code 1: nothing was found, an answer is incomplete, or a check failed.
    Unsuccessful,
}

/// Parses the command line, runs the command and returns the exit code.
pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    output::choose_color(arguments.global.color);
    match run(arguments) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Unsuccessful) => ExitCode::from(1),
        // The reader has closed the pipe, as `head` does after its last line.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<Outcome> {
    let Arguments {
        global,
        stdio,
        command,
        ..
    } = arguments;
    if stdio {
        return stdio::run(&global);
    }
    match command {
        // These commands need no valid workspace or configuration.
        Some(Command::Schema(args)) => schema::run(&args),
        Some(Command::Completions(args)) => completions::run(&args),
        Some(Command::Man(args)) => man::run(&args),
        Some(Command::Model(args)) => model::run(&args, &global),
        Some(Command::Samples(args)) => samples::run(&args, &global),
        Some(Command::Doctor(args)) => doctor::run(&args, &global),
        Some(Command::Index(args)) => index::run(&args, &Context::load(&global)?),
        Some(Command::Search(args)) => search::run(&args, &Context::load(&global)?),
        Some(Command::Ask(args)) => ask::run(&args, &Context::load(&global)?),
        Some(Command::Modules(args)) => modules::run(&args, &Context::load(&global)?),
        Some(Command::Dataset(args)) => dataset::run(&args, &global),
        Some(Command::Synth(args)) => synth::run(&args, &global),
        Some(Command::Status(args)) => status::run(&args, &Context::load(&global)?),
        Some(Command::Eval(args)) => eval::run(&args, &global),
        None => anyhow::bail!(
            "no command; pass a command or --stdio. `repo-lsp --help` lists the commands"
        ),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause
            .downcast_ref::<std::io::Error>()
            .map(std::io::Error::kind);
        let json = cause
            .downcast_ref::<serde_json::Error>()
            .and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(ErrorKind::BrokenPipe)
    })
}
