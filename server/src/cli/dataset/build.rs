//! `repo-lsp dataset build`: makes samples from the index and from what was collected before.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use anyhow::bail;
use repo_indexer::{Cancel, Progress, RefreshScope};
use serde_json::json;
use settings::paths;
use trainer_bridge::{
    BuildInputs, BuildOptions, BuildStage, DatasetManifest, FactKind, History, Sample,
    build_dataset, is_dataset_name, read_golden_questions,
};

use super::super::arguments::Global;
use super::super::context::Context;
use super::super::output::{self, FAINT, STRONG};
use super::super::progress::Bar;
use super::{Outcome, explain};

/// Make training samples from this repository
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp dataset build                               up to 50000 samples of all kinds
  repo-lsp dataset build --limit 0                     all samples there are
  repo-lsp dataset build --kinds signature,callers     only these kinds
  repo-lsp dataset build --golden golden.jsonl         leave out what is close to the questions you evaluate with

No model is needed: every answer follows from the index, cites its source and was checked. Files are split by their path into 90 % for \
training, 5 % for validation and 5 % for testing, and no training sample shows a file that is held out.")]
pub(crate) struct Args {
    /// Maximum number of samples; 0 for all
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    limit: u64,

    /// Maximum number of different questions for one fact
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..))]
    phrasings: u16,

    /// Only these kinds of samples, separated by commas [default: all]
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = kind)]
    kinds: Vec<FactKind>,

    /// File of golden questions, one JSON object per line; similar questions are left out
    #[arg(long, value_name = "FILE")]
    golden: Option<PathBuf>,

    /// Name of the dataset; an existing one is replaced [default: derived from the content]
    #[arg(long, value_name = "NAME", value_parser = dataset_name)]
    name: Option<String>,

    /// Do not read the commits of the repository
    #[arg(long)]
    no_history: bool,

    /// Leave out what `repo-lsp synth` made
    #[arg(long)]
    no_synth: bool,

    /// Output folder [default: the data folder of this workspace]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn kind(text: &str) -> Result<FactKind, String> {
    FactKind::ALL
        .into_iter()
        .find(|kind| kind.name() == text)
        .ok_or_else(|| {
            let known: Vec<_> = FactKind::ALL.iter().map(|kind| kind.name()).collect();
            format!("the kinds are {}", known.join(", "))
        })
}

fn dataset_name(text: &str) -> Result<String, String> {
    if is_dataset_name(text) {
        Ok(text.to_owned())
    } else {
        Err(
            "a name has up to 64 letters, digits, `-`, `_` and `.`, and does not begin with `.`"
                .to_owned(),
        )
    }
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let golden = match &args.golden {
        Some(file) => read_golden_questions(file)?,
        None => Vec::new(),
    };
    let context = Context::load(global)?;
    let parent = match &args.out {
        Some(folder) => folder.clone(),
        None => context.dirs.datasets(&context.root),
    };
    if parent.is_file() {
        bail!(
            "{} is a file; pass a folder with --out",
            paths::tilde(&parent)
        );
    }
    let samples = if args.no_synth {
        Vec::new()
    } else {
        synthesized(&context.dirs.synthesis(&context.root))?
    };
    let index = context.open_fresh(RefreshScope::All)?.index;
    let options = BuildOptions {
        limit: args.limit,
        phrasings: args.phrasings.into(),
        kinds: args.kinds.iter().copied().collect(),
        ..BuildOptions::default()
    };
    let history = if args.no_history {
        None
    } else {
        History::open(&context.root)?
    };
    let started = Instant::now();
    let verbose = context.verbose > 0;
    let (reading, comparing, writing) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
    let commits = |bar: &OnceLock<Bar>, action, done, total| {
        let bar = bar.get_or_init(|| Bar::new(action, "commits", verbose));
        bar.show(Progress { done, total });
        if done == total {
            bar.clear();
        }
    };
    let progress = |stage: BuildStage| match stage {
        BuildStage::Reading => {}
        BuildStage::History(done, total) => commits(&reading, "Reading", done, total),
        BuildStage::Changes(done, total) => commits(&comparing, "Comparing", done, total),
        BuildStage::Writing(done) => {
            let bar = writing.get_or_init(|| Bar::new("Writing", "samples", verbose));
            let done = done as usize;
            let total = match args.limit {
                0 => done,
                limit => limit as usize,
            };
            bar.show(Progress { done, total });
        }
    };
    let (place, manifest) = build_dataset(
        &index.snapshot(),
        &parent,
        args.name.as_deref(),
        &BuildInputs {
            golden: &golden,
            samples: &samples,
            history: history.as_ref(),
        },
        &options,
        &progress,
        &Cancel::new(),
    )
    .map_err(explain)?;
    drop((reading, comparing, writing));
    report(&place, &manifest, started.elapsed().as_secs_f64(), global)?;
    if history.is_none() && !args.no_history && !global.json {
        output::say(
            "there is no git history here, so there are no samples about changes and no gold.jsonl",
        );
    }
    Ok(Outcome::Done)
}

/// Reads the samples that `repo-lsp synth` left in its folder, file by file in the order of their names.
fn synthesized(folder: &Path) -> anyhow::Result<Vec<Sample>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // The combined file repeats the others.
            name.ends_with("_sft.jsonl") && name != "combined_sft.jsonl"
        })
        .collect();
    files.sort();
    let mut samples = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|error| {
            anyhow::anyhow!(
                "cannot read {}: {}",
                paths::tilde(&file),
                paths::plain(&error)
            )
        })?;
        for (number, line) in text.lines().enumerate() {
            let sample = serde_json::from_str(line).map_err(|error| {
                anyhow::anyhow!(
                    "{}, line {}: {error}; delete the file, or pass --no-synth",
                    paths::tilde(&file),
                    number + 1
                )
            })?;
            samples.push(sample);
        }
    }
    Ok(samples)
}

fn report(
    place: &Path,
    manifest: &DatasetManifest,
    seconds: f64,
    global: &Global,
) -> anyhow::Result<()> {
    let statistics = &manifest.statistics;
    if global.json {
        return output::json(&json!({ "folder": place, "seconds": seconds, "manifest": manifest }));
    }
    let mut out = output::stdout();
    let of = |count: fn(&trainer_bridge::KindStatistics) -> u64| -> u64 {
        statistics.kinds.values().map(count).sum()
    };
    writeln!(
        out,
        "{STRONG}{}{STRONG:#} of {} kinds in {seconds:.1} s: {} for training, {} for validation, {} for testing",
        output::counted(statistics.samples() as usize, "sample"),
        statistics.kinds.len(),
        output::count(of(|kind| kind.train) as usize),
        output::count(of(|kind| kind.valid) as usize),
        output::count(of(|kind| kind.test) as usize),
    )?;
    if statistics.dropped_total() > 0 {
        writeln!(
            out,
            "{FAINT}{} dropped; `repo-lsp dataset stats` says why{FAINT:#}",
            output::count(statistics.dropped_total() as usize)
        )?;
    }
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    writeln!(
        out,
        "dataset {STRONG}{name}{STRONG:#} in {}",
        paths::tilde(place)
    )?;
    writeln!(out, "report  {}", paths::tilde(&place.join("report.html")))?;
    out.flush()?;
    Ok(())
}
