//! `repo-lsp samples import`: imports exported interactions or other chat JSONL.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::bail;
use repo_indexer::PrivateFiles;
use serde_json::json;
use settings::paths::{self, Dirs};
use trainer_bridge::{Intake, PrivacyMode, Store};

use super::super::arguments::Global;
use super::super::context::Context;
use super::super::output;
use super::Outcome;

/// Import interactions from chat JSONL
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples import all.jsonl        restore what `samples export` has written
  zcat all.jsonl.gz | repo-lsp samples import -

LineRange of other origin must have one question and one answer, and get the verdict `good`:
  {\"messages\": [{\"role\": \"user\", \"content\": \"…\"}, {\"role\": \"assistant\", \"content\": \"…\"}]}

Either all lines are imported or none. `samples.mode`, private files and the redaction of secrets apply as in recording.")]
pub(crate) struct Args {
    /// File to import, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn run(args: &Args, global: &Global, dirs: &Dirs) -> anyhow::Result<Outcome> {
    let settings = Context::load(global)?.settings;
    let mode = settings.samples.mode;
    if mode == PrivacyMode::Off {
        bail!(
            "`samples.mode` is off, so nothing may be recorded; set it to \"full\" or \"no-code\" to import"
        );
    }
    let private = PrivateFiles::new(&settings.index.private)?;
    let intake = Intake::new(mode).excluding_files(move |file| private.contains(file));
    let mut lines = input(&args.file)?;
    let mut store = Store::open(&dirs.samples())?;
    let imported = store.import(&intake, &mut *lines)?;
    if global.json {
        output::json(
            &json!({ "new": imported.new, "known": imported.known, "refused": imported.refused }),
        )?;
        return Ok(Outcome::Done);
    }
    let mut parts = vec![format!(
        "{} imported",
        output::counted(imported.new as usize, "interaction")
    )];
    if imported.known > 0 {
        parts.push(format!(
            "{} already known",
            output::count(imported.known as usize)
        ));
    }
    if imported.refused > 0 {
        parts.push(format!(
            "{} refused because of private files",
            output::count(imported.refused as usize)
        ));
    }
    use std::io::Write;
    writeln!(output::stdout(), "{}", parts.join(" · "))?;
    Ok(Outcome::Done)
}

fn input(file: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if file == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    if file.is_dir() {
        bail!("cannot read {}: it is a folder", file.display());
    }
    match File::open(file) {
        Ok(file) => Ok(Box::new(BufReader::new(file))),
        Err(error) => bail!("cannot read {}: {}", file.display(), paths::plain(&error)),
    }
}
