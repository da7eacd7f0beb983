//! The binary: `repo-lsp --stdio` for editors, everything else for people and scripts. See [`cli`] for the commands.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
