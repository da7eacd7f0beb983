//! `repo-lsp schema`: the JSON schema of the configuration, or its reference in Markdown.

use std::io::Write;

use super::{Outcome, output};

/// Print the JSON schema of the configuration
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp schema > repo-lsp.schema.json     for an editor that checks TOML
  repo-lsp schema --markdown | less          every key, explained")]
pub(crate) struct Args {
    /// The schema of a workspace's own repo-lsp.toml, which may set less
    #[arg(long, conflicts_with = "markdown")]
    workspace_file: bool,

    /// The reference for people instead
    #[arg(long)]
    markdown: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    if args.markdown {
        let mut out = output::stdout();
        out.write_all(settings::markdown().as_bytes())?;
        out.flush()?;
    } else if args.workspace_file {
        output::json(&settings::workspace_schema())?;
    } else {
        output::json(&settings::schema())?;
    }
    Ok(Outcome::Done)
}
