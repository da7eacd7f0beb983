//! `repo-lsp completions`: prints a completion script for a shell.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Outcome;
use super::arguments::Arguments;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp completions bash > ~/.local/share/bash-completion/completions/repo-lsp
  repo-lsp completions zsh > ~/.zfunc/_repo-lsp
  repo-lsp completions fish > ~/.config/fish/completions/repo-lsp.fish")]
pub(crate) struct Args {
    /// Shell that will load the script
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    // Written to memory first, because the generator panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut Arguments::command(),
        "repo-lsp",
        &mut script,
    );
    let mut out = std::io::stdout().lock();
    out.write_all(&script)?;
    out.flush()?;
    Ok(Outcome::Done)
}
