//! `repo-lsp samples curate`: turns interactions into training samples.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;

use serde_json::json;
use settings::paths::{self, Dirs};
use trainer_bridge::{
    CurateOptions, Curated, ExclusionReason, ExportCuratedError, RecordedInteraction, Split,
    curate, export_curated, read_golden_questions,
};

use super::super::arguments::Global;
use super::super::output::{self, FAINT, STRONG};
use super::filter::{self, Filters};
use super::{Outcome, existing, file_error, nothing_yet};

/// Turn good, corrected and bad answers into training samples
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples curate --out data --workspace .         write samples.jsonl, preferences.jsonl and rejected.jsonl to data
  repo-lsp samples curate --out data --golden golden.jsonl exclude questions that are used for evaluation
  repo-lsp samples curate --out data --unjudged            include answers without a verdict if all their citations exist

The same interactions always give the same files. The database records which sample was made of which interaction, so that \
`samples forget` can name the models that have learned from a forgotten one.")]
pub(crate) struct Args {
    /// Output folder, created if it does not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// File of golden questions, one JSON object per line; similar questions are excluded
    #[arg(long, value_name = "FILE")]
    golden: Option<PathBuf>,

    /// Maximum number of samples, and of preference pairs, per document
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    per_document: u32,

    /// Include answers without a verdict if they cite something and all citations exist
    #[arg(long)]
    unjudged: bool,

    #[command(flatten)]
    filters: Filters,
}

pub(super) fn run(args: &Args, global: &Global, dirs: &Dirs) -> anyhow::Result<Outcome> {
    let golden = match &args.golden {
        Some(file) => read_golden_questions(file)?,
        None => Vec::new(),
    };
    let Some(mut store) = existing(dirs)? else {
        return nothing_yet(global, None);
    };
    let filter = args.filters.to_filter(&store, filter::named(global))?;
    let listing = store.list(&filter, usize::MAX, None)?;
    if listing.unreadable > 0 {
        let count = output::counted(listing.unreadable as usize, "interaction");
        output::warning(format!("{count} skipped because of damage"));
    }
    let options = CurateOptions {
        max_per_document: args.per_document as usize,
        include_unjudged: args.unjudged,
        ..CurateOptions::default()
    };
    let curated = curate(&listing.rows, &golden, &options);
    export_curated(&mut store, &curated, &args.out).map_err(|error| match error {
        ExportCuratedError::File(error) => file_error(&error),
        error => error.into(),
    })?;
    report(args, &listing.rows, &curated, global)?;
    let made = curated.samples.len() + curated.preferences.len() + curated.rejected.len();
    Ok(if made == 0 {
        Outcome::Unsuccessful
    } else {
        Outcome::Done
    })
}

fn report(
    args: &Args,
    read: &[RecordedInteraction],
    curated: &Curated,
    global: &Global,
) -> anyhow::Result<()> {
    let mut excluded: BTreeMap<ExclusionReason, u64> = BTreeMap::new();
    for (_, reason) in &curated.excluded {
        *excluded.entry(*reason).or_default() += 1;
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
        let reasons: serde_json::Map<_, _> = excluded
            .iter()
            .map(|(reason, count)| (key(*reason).to_owned(), json!(count)))
            .collect();
        return output::json(&json!({
            "out": args.out, "read": read.len(),
            "samples": curated.samples.len(), "train": train, "valid": valid, "test": test,
            "preferences": curated.preferences.len(), "rejected": curated.rejected.len(), "left_out": reasons,
        }));
    }
    let mut out = output::stdout();
    let row = |title: &str, count: usize, more: &str| {
        let count = output::count(count);
        format!("{STRONG}{title:<11}{STRONG:#}  {count:>7}   {FAINT}{more}{FAINT:#}")
    };
    let workspaces: BTreeSet<&str> = read.iter().map(|row| &*row.interaction.workspace).collect();
    let of = format!("of {}", output::counted(workspaces.len(), "workspace"));
    let splits = format!("{train} for training · {valid} for validation · {test} for testing");
    writeln!(out, "{}", row("read", read.len(), &of))?;
    writeln!(out, "{}", row("samples", curated.samples.len(), &splits))?;
    writeln!(
        out,
        "{}",
        row(
            "preferences",
            curated.preferences.len(),
            "pairs of a better and a worse answer"
        )
    )?;
    writeln!(
        out,
        "{}",
        row(
            "rejected",
            curated.rejected.len(),
            "bad answers without a better one"
        )
    )?;
    for (reason, count) in excluded {
        writeln!(
            out,
            "{}",
            row("excluded", count as usize, description(reason))
        )?;
    }
    writeln!(
        out,
        "{FAINT}written to {}{FAINT:#}",
        paths::tilde(&args.out)
    )?;
    out.flush()?;
    Ok(())
}

fn key(reason: ExclusionReason) -> &'static str {
    match reason {
        ExclusionReason::Unjudged => "unjudged",
        ExclusionReason::Rejected => "rejected",
        ExclusionReason::Failed => "failed",
        ExclusionReason::Ungrounded => "ungrounded",
        ExclusionReason::Redacted => "redacted",
        ExclusionReason::CutOff => "cut_off",
        ExclusionReason::WithoutCode => "without_code",
        ExclusionReason::Golden => "golden",
        ExclusionReason::Duplicate => "duplicate",
        ExclusionReason::EnoughOfDocument => "enough_of_document",
        ExclusionReason::Empty => "empty",
    }
}

fn description(reason: ExclusionReason) -> &'static str {
    match reason {
        ExclusionReason::Unjudged => {
            "without a verdict; --unjudged includes those with valid citations"
        }
        ExclusionReason::Rejected => "bad, and not usable as a rejected answer",
        ExclusionReason::Failed => "asked again, so the answer did not help",
        ExclusionReason::Ungrounded => "no citation, or one that does not exist",
        ExclusionReason::Redacted => "a secret was redacted",
        ExclusionReason::CutOff => "the answer is incomplete",
        ExclusionReason::WithoutCode => "recorded without code",
        ExclusionReason::Golden => "similar to a golden question",
        ExclusionReason::Duplicate => "similar to another question",
        ExclusionReason::EnoughOfDocument => {
            "over the limit per document; --per-document raises it"
        }
        ExclusionReason::Empty => "empty",
    }
}
