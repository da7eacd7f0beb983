//! `repo-lsp schema`: prints the JSON schema of the configuration, or its reference in Markdown.

use std::io::Write;

use super::{Outcome, output};

/// Print the JSON schema of the configuration
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp schema > repo-lsp.schema.json     for editors that validate TOML
  repo-lsp schema --markdown | less          reference of all keys")]
pub(crate) struct Args {
    /// Print the schema of the repo-lsp.toml of a workspace, which can set fewer keys
    #[arg(long, conflicts_with = "markdown")]
    workspace_file: bool,

    /// Print the reference of all keys in Markdown instead
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
