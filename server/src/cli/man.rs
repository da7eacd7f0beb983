//! `repo-lsp man`: prints a manual page, generated from the same definitions as `--help`.

use std::io::Write;

use anyhow::bail;
use clap::CommandFactory;

use super::Outcome;
use super::arguments::Arguments;

/// Print a manual page in roff format
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp man | man -l -                                   read the page
  repo-lsp man > ~/.local/share/man/man1/repo-lsp.1         install the page
  repo-lsp man search > ~/.local/share/man/man1/repo-lsp-search.1")]
pub(crate) struct Args {
    /// Command whose page to print [default: the page of repo-lsp itself]
    #[arg(value_name = "COMMAND")]
    page_of: Option<String>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let mut command = Arguments::command();
    command.build();
    if let Some(name) = &args.page_of {
        match command.find_subcommand(name) {
            Some(found) => command = found.clone(),
            None => bail!("unknown command: {name}. `repo-lsp --help` lists the commands"),
        }
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    let mut out = std::io::stdout().lock();
    out.write_all(&page)?;
    out.flush()?;
    Ok(Outcome::Done)
}
