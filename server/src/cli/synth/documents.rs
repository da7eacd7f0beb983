//! `repo-lsp synth documents`: the documents that a teacher would be shown.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use repo_indexer::{Cancel, Progress, RefreshScope, Snapshot};
use serde_json::json;
use settings::paths;
use trainer_bridge::{
    CommitClass, DocumentSources, Documents, FileError, History, HistoryOptions, documents,
    write_private_file,
};

use super::super::context::Context;
use super::super::output::{self, FAINT, STRONG};
use super::super::progress::Bar;
use super::Outcome;

/// Write the documents of this repository as JSON lines, each with an outline
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp synth documents                              count them, and the files that were left out
  repo-lsp synth documents --output documents.jsonl     write them
  repo-lsp synth documents --transcripts talks/         with transcripts of talks: .vtt, .srt, .txt")]
pub(crate) struct Args {
    /// File to write, one JSON object per line
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    sources: Sources,
}

/// What documents are made of besides the indexed files.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Sources {
    /// Folder of transcripts: .vtt, .srt and .txt
    #[arg(long, value_name = "DIR")]
    transcripts: Option<PathBuf>,

    /// Do not read the commits of the repository
    #[arg(long)]
    no_history: bool,
}

impl Sources {
    pub fn read(&self, snapshot: &Snapshot, context: &Context) -> anyhow::Result<Documents> {
        let history = if self.no_history {
            None
        } else {
            History::open(&context.root)?
        };
        let bar = Bar::new("Reading", "commits", context.verbose > 0);
        let progress = |done, total| bar.show(Progress { done, total });
        let mut commits = match &history {
            Some(history) => history.commits(
                &HistoryOptions::default(),
                &|path| snapshot.is_private(path),
                &progress,
            )?,
            None => Vec::new(),
        };
        drop(bar);
        commits.retain(|commit| commit.class == CommitClass::Change);
        let sources = DocumentSources {
            transcripts: self.transcripts.as_deref(),
            commits: &commits,
        };
        Ok(documents(snapshot, &sources, &Cancel::new())?)
    }
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let snapshot = context.open_fresh(RefreshScope::All)?.index.snapshot();
    let found = args.sources.read(&snapshot, context)?;
    if let Some(path) = &args.output {
        write_private_file(path, |out| -> Result<(), WriteError> {
            for document in &found.documents {
                serde_json::to_writer(&mut *out, document)?;
                out.write_all(b"\n")?;
            }
            Ok(())
        })?;
    }
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for document in &found.documents {
        *kinds.entry(document.kind.name()).or_default() += 1;
    }
    let mut excluded: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, reason) in &found.excluded {
        *excluded.entry(reason.describe()).or_default() += 1;
    }
    if context.json {
        output::json(
            &json!({ "documents": found.documents.len(), "kinds": kinds, "excluded": excluded }),
        )?;
    } else {
        let mut out = output::stdout();
        writeln!(
            out,
            "{STRONG}{}{STRONG:#}",
            output::counted(found.documents.len(), "document")
        )?;
        for (kind, count) in kinds {
            writeln!(out, "{:>9}  {kind}", output::count(count as usize))?;
        }
        for (reason, count) in excluded {
            writeln!(
                out,
                "{FAINT}{:>9}  left out: {reason}{FAINT:#}",
                output::count(count as usize)
            )?;
        }
        match &args.output {
            Some(path) => writeln!(out, "written to {}", paths::tilde(path))?,
            None => writeln!(
                out,
                "{FAINT}nothing was written; --output FILE writes them{FAINT:#}"
            )?,
        }
        out.flush()?;
    }
    Ok(if found.documents.is_empty() {
        Outcome::Unsuccessful
    } else {
        Outcome::Done
    })
}

#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}
