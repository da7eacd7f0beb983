//! `repo-lsp samples curate`: makes of interactions what a model is trained on.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Serialize;
use serde_json::json;
use settings::paths::{self, Dirs};
use trainer_bridge::{
    CurateOptions, Curated, Filter, Reason, Recorded, Sample, Split, Store, curate,
};

use super::super::arguments::Global;
use super::super::eval::questions;
use super::super::output::{self, FAINT, STRONG};
use super::filter::{self, Filters};
use super::{Outcome, existing, nothing_yet, private};

/// Make training samples of what was found good, corrected or bad
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples curate --out data --workspace .         samples.jsonl, preferences.jsonl and rejected.jsonl in data
  repo-lsp samples curate --out data --golden golden.jsonl never train on what is measured by
  repo-lsp samples curate --out data --unjudged            take answers whose every citation is there, too

The same interactions give the same files. Which sample was made of which interaction is noted, so that `samples forget` can say who \
has learned from what is forgotten.")]
pub(crate) struct Args {
    /// The folder for the files, made where it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Golden questions, one JSON object a line; what is nearly one of them is left out
    #[arg(long, value_name = "FILE")]
    golden: Option<PathBuf>,

    /// At most so many samples, and so many pairs, of one document
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    per_document: u32,

    /// Take what nobody has judged, if it cites something and every citation is there
    #[arg(long)]
    unjudged: bool,

    #[command(flatten)]
    filters: Filters,
}

pub(super) fn run(args: &Args, global: &Global, dirs: &Dirs) -> anyhow::Result<Outcome> {
    let golden = match &args.golden {
        Some(file) => questions::read(file)?,
        None => Vec::new(),
    };
    let Some(mut store) = existing(dirs)? else {
        return nothing_yet(global, None);
    };
    let filter = args.filters.of(&store, filter::named(global))?;
    let listing = store.list(&filter, usize::MAX, None)?;
    if listing.unreadable > 0 {
        let count = output::counted(listing.unreadable as usize, "interaction");
        output::warning(format!("{count} left out: damaged"));
    }
    let options = CurateOptions {
        per_document: args.per_document as usize,
        unjudged: args.unjudged,
        ..CurateOptions::default()
    };
    let curated = curate(&listing.rows, &golden, &options);
    // Linked before anything is written: no file may hold a sample that `forget` would not find.
    link(&mut store, &curated)?;
    still_there(&store, &curated)?;
    write(&args.out, &curated)?;
    report(args, &listing.rows, &curated, global)?;
    let made = curated.samples.len() + curated.pairs.len() + curated.rejected.len();
    Ok(if made == 0 {
        Outcome::Nothing
    } else {
        Outcome::Done
    })
}

fn link(store: &mut Store, curated: &Curated) -> anyhow::Result<()> {
    let pairs = curated.pairs.iter().map(|pair| Sample {
        messages: Vec::new(),
        metadata: pair.metadata.clone(),
    });
    let all = curated.samples.iter().chain(&curated.rejected).cloned();
    Ok(store.link_samples(&all.chain(pairs).collect::<Vec<_>>())?)
}

/// What was forgotten between reading and linking would be in the files, and nobody would know.
fn still_there(store: &Store, curated: &Curated) -> anyhow::Result<()> {
    let samples = curated.samples.iter().chain(&curated.rejected);
    let metadata = samples
        .map(|sample| &sample.metadata)
        .chain(curated.pairs.iter().map(|pair| &pair.metadata));
    let used: BTreeSet<&String> = metadata
        .flat_map(|metadata| &metadata.interactions)
        .collect();
    let filters: Vec<Filter> = used
        .iter()
        .map(|id| Filter {
            id: Some((*id).clone()),
            ..Filter::default()
        })
        .collect();
    let there: u64 = store.count(&filters)?.values().sum();
    if there < used.len() as u64 {
        bail!("interactions were forgotten meanwhile; nothing was written, run it again");
    }
    Ok(())
}

fn write(folder: &Path, curated: &Curated) -> anyhow::Result<()> {
    if let Err(error) = std::fs::create_dir_all(folder) {
        bail!(
            "cannot make the folder {}: {}",
            folder.display(),
            paths::plain(&error)
        );
    }
    lines(&folder.join("samples.jsonl"), &curated.samples)?;
    lines(&folder.join("preferences.jsonl"), &curated.pairs)?;
    lines(&folder.join("rejected.jsonl"), &curated.rejected)
}

fn lines<T: Serialize>(file: &Path, rows: &[T]) -> anyhow::Result<()> {
    private::write(file, |out| {
        for row in rows {
            serde_json::to_writer(&mut *out, row)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    })
}

fn report(
    args: &Args,
    read: &[Recorded],
    curated: &Curated,
    global: &Global,
) -> anyhow::Result<()> {
    let mut left_out: BTreeMap<Reason, u64> = BTreeMap::new();
    for (_, reason) in &curated.left_out {
        *left_out.entry(*reason).or_default() += 1;
    }
    let of = |split| {
        curated
            .samples
            .iter()
            .filter(|sample| sample.metadata.split == split)
            .count()
    };
    let (train, valid, test) = (of(Split::Train), of(Split::Valid), of(Split::Test));
    if global.json {
        let reasons: serde_json::Map<_, _> = left_out
            .iter()
            .map(|(reason, count)| (key(*reason).to_owned(), json!(count)))
            .collect();
        return output::json(&json!({
            "out": args.out, "read": read.len(),
            "samples": curated.samples.len(), "train": train, "valid": valid, "test": test,
            "preferences": curated.pairs.len(), "rejected": curated.rejected.len(), "left_out": reasons,
        }));
    }
    let mut out = output::stdout();
    let row = |title: &str, count: usize, more: &str| {
        let count = output::count(count);
        format!("{STRONG}{title:<11}{STRONG:#}  {count:>7}   {FAINT}{more}{FAINT:#}")
    };
    let workspaces: BTreeSet<&str> = read.iter().map(|row| &*row.interaction.workspace).collect();
    let of = format!("of {}", output::counted(workspaces.len(), "workspace"));
    let splits = format!("{train} to train on · {valid} to validate · {test} to test");
    writeln!(out, "{}", row("read", read.len(), &of))?;
    writeln!(out, "{}", row("samples", curated.samples.len(), &splits))?;
    writeln!(
        out,
        "{}",
        row(
            "preferences",
            curated.pairs.len(),
            "pairs of a better and a worse answer"
        )
    )?;
    writeln!(
        out,
        "{}",
        row(
            "rejected",
            curated.rejected.len(),
            "bad, and no better one known"
        )
    )?;
    for (reason, count) in left_out {
        writeln!(out, "{}", row("left out", count as usize, said(reason)))?;
    }
    writeln!(
        out,
        "{FAINT}written to {}{FAINT:#}",
        paths::tilde(&args.out)
    )?;
    out.flush()?;
    Ok(())
}

fn key(reason: Reason) -> &'static str {
    match reason {
        Reason::Unjudged => "unjudged",
        Reason::Rejected => "rejected",
        Reason::Failed => "failed",
        Reason::Ungrounded => "ungrounded",
        Reason::Redacted => "redacted",
        Reason::CutOff => "cut_off",
        Reason::WithoutCode => "without_code",
        Reason::Golden => "golden",
        Reason::Duplicate => "duplicate",
        Reason::EnoughOfDocument => "enough_of_document",
        Reason::Empty => "empty",
    }
}

fn said(reason: Reason) -> &'static str {
    match reason {
        Reason::Unjudged => "nobody has judged them; --unjudged takes those that are well founded",
        Reason::Rejected => "found bad, and not fit to learn from",
        Reason::Failed => "it had to be asked again",
        Reason::Ungrounded => "they cite nothing, or something that is not there",
        Reason::Redacted => "a secret was taken out of them",
        Reason::CutOff => "they break off",
        Reason::WithoutCode => "their code was taken out",
        Reason::Golden => "nearly a golden question",
        Reason::Duplicate => "nearly the same as another",
        Reason::EnoughOfDocument => "enough about their document; --per-document takes more",
        Reason::Empty => "empty",
    }
}
