//! `repo-lsp man`: the manual page, made from the same definitions as `--help`.

use std::io::Write;

use anyhow::bail;
use clap::CommandFactory;

use super::Outcome;
use super::arguments::Arguments;

/// Print the manual page
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp man | man -l -                                   read it
  repo-lsp man > ~/.local/share/man/man1/repo-lsp.1         install it
  repo-lsp man search > ~/.local/share/man/man1/repo-lsp-search.1")]
pub(crate) struct Args {
    /// The page of one command
    #[arg(value_name = "COMMAND")]
    of: Option<String>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let mut command = Arguments::command();
    command.build();
    if let Some(name) = &args.of {
        match command.find_subcommand(name) {
            Some(found) => command = found.clone(),
            None => bail!("no such command: {name}. `repo-lsp --help` lists them"),
        }
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    let mut out = std::io::stdout().lock();
    out.write_all(&page)?;
    out.flush()?;
    Ok(Outcome::Done)
}
