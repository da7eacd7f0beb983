//! `repo-lsp samples import`: takes in what `export` wrote, or samples that others made.

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

/// Take in interactions from chat JSONL
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples import all.jsonl        what `samples export` wrote, exactly as it was
  zcat all.jsonl.gz | repo-lsp samples import -

A line that is no export of ours is one question of the user and one answer of the assistant, such as
  {\"messages\": [{\"role\": \"user\", \"content\": \"…\"}, {\"role\": \"assistant\", \"content\": \"…\"}]}
and counts as good.

All lines are taken or none. `samples.mode` holds for what is taken in as well, and so do private files and the redaction of secrets.")]
pub(crate) struct Args {
    /// The file, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn run(args: &Args, global: &Global, dirs: &Dirs) -> anyhow::Result<Outcome> {
    let settings = Context::load(global)?.settings;
    let mode = settings.samples.mode;
    if mode == PrivacyMode::Off {
        bail!(
            "nothing may be kept: `samples.mode` is off. Set it to \"full\" or \"no-code\" to import"
        );
    }
    let private = PrivateFiles::new(&settings.index.private)?;
    let intake = Intake::new(mode).without_files(move |file| private.contains(file));
    let mut lines = input(&args.file)?;
    let mut store = Store::open(&dirs.samples())?;
    let imported = store.import(&intake, &mut *lines)?;
    if global.json {
        output::json(
            &json!({ "new": imported.new, "known": imported.known, "refused": imported.refused }),
        )?;
        return Ok(Outcome::Done);
    }
    let mut said = vec![format!(
        "{} imported",
        output::counted(imported.new as usize, "interaction")
    )];
    if imported.known > 0 {
        said.push(format!(
            "{} known already",
            output::count(imported.known as usize)
        ));
    }
    if imported.refused > 0 {
        said.push(format!(
            "{} about private files refused",
            output::count(imported.refused as usize)
        ));
    }
    use std::io::Write;
    writeln!(output::stdout(), "{}", said.join(" · "))?;
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
