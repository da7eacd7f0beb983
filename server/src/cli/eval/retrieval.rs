//! `repo-lsp eval retrieval`: compares search with plain BM25 on golden questions, each asked in its own checkout.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use repo_indexer::{Cancel, RefreshScope};
use serde_json::{Map, Value, json};

use crate::cli::Outcome;
use crate::cli::arguments::Global;
use crate::cli::context::Context;
use crate::cli::output::{self, FAINT, STRONG};
use settings::paths;
use trainer_bridge::{
    GoldenQuestion, RankingMetrics, RetrievalComparison, RetrievalOptions, RetrievalReport,
    read_golden_questions,
};

/// Rank files for each question and compare them with its gold files
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp eval retrieval --questions golden.jsonl
  repo-lsp eval retrieval --questions bench.jsonl --checkouts '/data/{repo}/{commit}'
  repo-lsp eval retrieval --questions golden.jsonl --json > ranked.jsonl

Each line of the file is one question:
  {\"id\", \"question\", \"gold_files\": [], \"repo\"?, \"commit\"?, \"answer\"?, \"gold_symbols\"?: []}
Gold files are restricted to source files that are not tests. A question without any gold file left is not counted.")]
pub(super) struct Args {
    /// File of golden questions, one JSON object per line
    #[arg(long, value_name = "FILE")]
    questions: PathBuf,

    /// Checkout of each question; {repo} and {commit} are replaced by those of the question [default: the workspace]
    #[arg(long, value_name = "TEMPLATE")]
    checkouts: Option<String>,

    /// Number of files to rank for each question
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,

    /// With --json: print the metrics as one object instead of one line per question
    #[arg(long, requires = "json")]
    summary: bool,

    /// Do not evaluate the baseline, plain BM25
    #[arg(long)]
    no_baseline: bool,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let questions = read_golden_questions(&args.questions)?;
    let options = RetrievalOptions {
        limit: usize::from(args.limit),
        baseline: !args.no_baseline,
    };
    let mut report = RetrievalReport::default();
    for (root, questions) in by_checkout(&questions, args, global)? {
        let context = Context::of(root, global)?;
        let snapshot = context.open_fresh(RefreshScope::All)?.index.snapshot();
        report.add(&snapshot, &questions, &options, &Cancel::new())?;
    }
    let table = table(&report, options.baseline);
    if args.summary {
        output::json(&summary(&report))?;
    } else if global.json {
        let mut out = output::stdout();
        for question in &questions {
            let line =
                json!({ "id": question.id, "ranked_files": report.ranked.get(&question.id) });
            writeln!(out, "{line}")?;
        }
        out.flush()?;
        output::say(table.trim_end());
    } else {
        let mut out = output::stdout();
        out.write_all(table.as_bytes())?;
        out.flush()?;
    }
    Ok(if report.repositories.is_empty() {
        Outcome::Unsuccessful
    } else {
        Outcome::Done
    })
}

/// Groups the questions by the folder of their checkout.
fn by_checkout<'q>(
    questions: &'q [GoldenQuestion],
    args: &Args,
    global: &Global,
) -> anyhow::Result<BTreeMap<PathBuf, Vec<&'q GoldenQuestion>>> {
    let mut checkouts: BTreeMap<PathBuf, Vec<&GoldenQuestion>> = BTreeMap::new();
    let Some(template) = &args.checkouts else {
        let workspace = paths::workspace(global.workspace.as_deref())?;
        checkouts.insert(workspace, questions.iter().collect());
        return Ok(checkouts);
    };
    for question in questions {
        if question.repo.is_empty() {
            bail!(
                "question {} has no `repo`, which --checkouts needs",
                question.id
            );
        }
        let folder = template
            .replace("{repo}", &question.repo)
            .replace("{commit}", &question.commit);
        let folder = paths::workspace(Some(Path::new(&folder)))
            .with_context(|| format!("question {}", question.id))?;
        checkouts.entry(folder).or_default().push(question);
    }
    Ok(checkouts)
}

fn table(report: &RetrievalReport, baseline: bool) -> String {
    let width = report
        .repositories
        .keys()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0)
        .max(10);
    let mut text = format!("{:width$}  {:>5}", "", "n");
    for name in RankingMetrics::NAMES {
        text += &format!("  {STRONG}{name:>13}{STRONG:#}");
    }
    text.push('\n');
    let mut rows: Vec<(&str, RetrievalComparison)> = report
        .repositories
        .iter()
        .map(|(name, comparison)| (name.as_str(), *comparison))
        .collect();
    if rows.len() > 1 {
        rows.push(("all", report.pooled()));
    }
    for (name, comparison) in rows {
        text += &format!("{name:width$}  {:>5}", comparison.search.questions());
        let values = comparison.search.values().into_iter();
        for (index, (search, plain)) in values.zip(comparison.baseline.values()).enumerate() {
            // Percentages, and last the mean reciprocal rank, which is between 0 and 1.
            let digits = if index == 4 { 3 } else { 1 };
            let plain = if baseline {
                format!("{plain:.digits$}")
            } else {
                String::new()
            };
            text += &format!("  {search:>6.digits$} {FAINT}{plain:>6}{FAINT:#}");
        }
        text.push('\n');
    }
    let mut notes = Vec::new();
    if baseline {
        notes.push("right of each value, plain BM25 over whole files".to_owned());
    }
    if report.without_gold > 0 {
        let count = output::counted(report.without_gold, "question");
        notes.push(format!("{count} without a gold source file not counted"));
    }
    text + &format!("{FAINT}{}{FAINT:#}\n", notes.join("; "))
}

fn summary(report: &RetrievalReport) -> Value {
    let repositories: Map<_, _> = report
        .repositories
        .iter()
        .map(|(name, comparison)| (name.clone(), comparison_json(comparison)))
        .collect();
    json!({
        "pooled": comparison_json(&report.pooled()), "repositories": repositories, "dropped": report.without_gold,
    })
}

fn comparison_json(comparison: &RetrievalComparison) -> Value {
    json!({ "repo_lsp": metrics_json(&comparison.search), "plain": metrics_json(&comparison.baseline) })
}

fn metrics_json(metrics: &RankingMetrics) -> Value {
    let rounded = metrics.values().map(|value| (value * 1e4).round() / 1e4);
    let names = RankingMetrics::NAMES.map(str::to_owned);
    let mut object: Map<_, _> = names.into_iter().zip(rounded.map(Value::from)).collect();
    object.insert("n".to_owned(), json!(metrics.questions()));
    object.into()
}
