//! `repo-lsp samples export`: interactions as chat JSONL, which any trainer reads and `import` takes back.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::bail;
use serde_json::json;
use settings::paths::{self, Dirs};

use super::super::arguments::Global;
use super::super::output;
use super::filter::{self, Filters};
use super::{Outcome, existing, nothing_yet, private};

/// Write interactions as chat JSONL, one a line
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples export | jq -c .messages              to standard output
  repo-lsp samples export all.jsonl                      to a file that only you may read; `samples import` takes it back
  repo-lsp samples export good.jsonl --workspace . --verdict good

What is forgotten later is not taken out of a file that was written before.")]
pub(crate) struct Args {
    /// Where to [default: standard output]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// Replace the file if there is one
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    filters: Filters,
}

pub(super) fn run(args: &Args, global: &Global, dirs: &Dirs) -> anyhow::Result<Outcome> {
    let Some(store) = existing(dirs)? else {
        return nothing_yet(global, None);
    };
    let filter = args.filters.of(&store, filter::named(global))?;
    let file = args.file.as_deref().filter(|file| *file != Path::new("-"));
    if let Some(file) = file
        && file.is_file()
        && !args.force
    {
        bail!(
            "{} exists already; give another name, or --force to replace it",
            paths::tilde(file)
        );
    }
    if file.is_some() && store.count(std::slice::from_ref(&filter))?.is_empty() {
        return nothing(global);
    }
    let exported = match file {
        Some(file) => private::write(file, |out| Ok(store.export(&filter, out)?))?,
        None => {
            let mut out = Kept {
                out: output::stdout(),
                failed: None,
            };
            let exported = store.export(&filter, &mut out);
            // The store says only in words why it could not write; whether somebody has seen enough is told by the error itself.
            if let Some(error) = out.failed.take() {
                return Err(error.into());
            }
            out.flush()?;
            exported?
        }
    };
    if exported.unreadable > 0 {
        let count = output::counted(exported.unreadable as usize, "interaction");
        output::warning(format!("{count} left out: damaged"));
    }
    if let Some(file) = file {
        if global.json {
            output::json(
                &json!({ "file": file, "interactions": exported.written, "unreadable": exported.unreadable }),
            )?;
        } else {
            let count = output::counted(exported.written as usize, "interaction");
            output::say(&format!("{count} written to {}", paths::tilde(file)));
        }
    }
    if exported.written == 0 {
        output::say("nothing found");
        return Ok(Outcome::Nothing);
    }
    Ok(Outcome::Done)
}

/// No file is written for nothing.
fn nothing(global: &Global) -> anyhow::Result<Outcome> {
    if global.json {
        output::json(&json!({ "file": null, "interactions": 0, "unreadable": 0 }))?;
    }
    output::say("nothing found");
    Ok(Outcome::Nothing)
}

/// Remembers the first error of writing.
struct Kept<W> {
    out: W,
    failed: Option<io::Error>,
}

impl<W: Write> Kept<W> {
    fn keep<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let kind = error.kind();
            self.failed.get_or_insert(error);
            kind.into()
        })
    }
}

impl<W: Write> Write for Kept<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.out.write(bytes);
        self.keep(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
