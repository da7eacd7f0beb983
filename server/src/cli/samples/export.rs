//! `repo-lsp samples export`: writes interactions as chat JSONL.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::bail;
use serde_json::json;
use settings::paths::{self, Dirs};
use trainer_bridge::{FileError, write_private_file};

use super::super::arguments::Global;
use super::super::output;
use super::filter::{self, Filters};
use super::{Outcome, existing, file_error, nothing_yet};

/// Export interactions as chat JSONL, one per line
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples export | jq -c .messages              export to standard output
  repo-lsp samples export all.jsonl                      export to a file that only you can read; `samples import` reads it
  repo-lsp samples export good.jsonl --workspace . --verdict good

Files that were exported do not change when interactions are forgotten later.")]
pub(crate) struct Args {
    /// Output file [default: standard output]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// Replace the file if it exists
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    filters: Filters,
}

pub(super) fn run(args: &Args, global: &Global, dirs: &Dirs) -> anyhow::Result<Outcome> {
    let Some(store) = existing(dirs)? else {
        return nothing_yet(global, None);
    };
    let filter = args.filters.to_filter(&store, filter::named(global))?;
    let file = args.file.as_deref().filter(|file| *file != Path::new("-"));
    if let Some(file) = file
        && file.is_file()
        && !args.force
    {
        bail!(
            "{} exists already; choose another name, or use --force to replace it",
            paths::tilde(file)
        );
    }
    if file.is_some() && store.count(std::slice::from_ref(&filter))?.is_empty() {
        return print_nothing_found(global);
    }
    let exported = match file {
        Some(file) => write_private_file(file, |out| anyhow::Ok(store.export(&filter, out)?))
            .map_err(|error| match error.downcast::<FileError>() {
                Ok(error) => file_error(&error),
                Err(error) => error,
            })?,
        None => {
            let mut out = FirstError {
                out: output::stdout(),
                error: None,
            };
            let exported = store.export(&filter, &mut out);
            // The error of the store is only a message. The original tells whether the reader has closed the pipe.
            if let Some(error) = out.error.take() {
                return Err(error.into());
            }
            out.flush()?;
            exported?
        }
    };
    if exported.unreadable > 0 {
        let count = output::counted(exported.unreadable as usize, "interaction");
        output::warning(format!("{count} skipped because of damage"));
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
        return Ok(Outcome::Unsuccessful);
    }
    Ok(Outcome::Done)
}

/// The result if no interaction matches; no file is written.
fn print_nothing_found(global: &Global) -> anyhow::Result<Outcome> {
    if global.json {
        output::json(&json!({ "file": null, "interactions": 0, "unreadable": 0 }))?;
    }
    output::say("nothing found");
    Ok(Outcome::Unsuccessful)
}

/// A writer that keeps its first error.
struct FirstError<W> {
    out: W,
    error: Option<io::Error>,
}

impl<W: Write> FirstError<W> {
    fn keep<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let kind = error.kind();
            self.error.get_or_insert(error);
            kind.into()
        })
    }
}

impl<W: Write> Write for FirstError<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.out.write(bytes);
        self.keep(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
