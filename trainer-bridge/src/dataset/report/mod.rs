//! The report of a dataset: `report.json`, and `report.html`, one file that needs no script, no network and no other file.

mod charts;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::{Environment, UndefinedBehavior, context};
use serde::Serialize;

use super::DatasetError;
use super::excerpts::Excerpt;
use super::manifest::DatasetManifest;

#[derive(Serialize)]
struct Report<'r> {
    manifest: &'r DatasetManifest,
    samples: u64,
    dropped: u64,
    excerpts: &'r BTreeMap<String, Vec<Excerpt>>,
}

static PAGE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    // The name decides that values are escaped: text of the repository is shown, never interpreted.
    if let Err(error) = environment.add_template("report.html", include_str!("report.html")) {
        // Cannot happen: the template is compiled in, and a test renders it.
        debug_assert!(false, "{error}");
    }
    environment
});

/// Returns the files of the report with their content.
pub(super) fn render(
    manifest: &DatasetManifest,
    excerpts: &BTreeMap<String, Vec<Excerpt>>,
) -> Result<[(&'static str, String); 2], DatasetError> {
    let statistics = &manifest.statistics;
    let report = Report {
        manifest,
        samples: statistics.samples(),
        dropped: statistics.dropped_total(),
        excerpts,
    };
    let json = serde_json::to_string_pretty(&report)
        .map_err(|error| DatasetError::Report(error.to_string()))?;
    let drops: Vec<(&str, u64, String)> = statistics
        .dropped
        .iter()
        .map(|(reason, kinds)| {
            let of = kinds
                .iter()
                .map(|(kind, count)| format!("{kind} {}", grouped(*count)));
            (
                reason.describe(),
                kinds.values().sum(),
                of.collect::<Vec<_>>().join(", "),
            )
        })
        .collect();
    let kinds: Vec<_> = statistics
        .kinds
        .iter()
        .map(|(kind, counts)| {
            context! {
                name => kind, train => grouped(counts.train), valid => grouped(counts.valid),
                test => grouped(counts.test), answers => grouped(counts.answers),
            }
        })
        .collect();
    let page = PAGE.get_template("report.html").and_then(|template| {
        template.render(context! {
            repository => manifest.repository,
            samples => grouped(report.samples),
            dropped => grouped(report.dropped),
            redacted => grouped(statistics.redacted),
            files => grouped(statistics.coverage.files),
            covered => grouped(statistics.coverage.covered_files),
            kinds,
            drops => drops.iter().map(|(reason, count, of)| context! { reason, count => grouped(*count), of }).collect::<Vec<_>>(),
            excluded => statistics.excluded.iter().map(|(reason, count)| context! { reason, count => grouped(*count) }).collect::<Vec<_>>(),
            outputs => outputs(manifest),
            pairs => statistics.pairs.iter().map(|(family, count)| format!("{family} {}", grouped(*count))).collect::<Vec<_>>().join(", "),
            commits => statistics.gold_rejected.iter().map(|(reason, count)| context! { reason, count => grouped(*count) }).collect::<Vec<_>>(),
            kind_chart => charts::kinds(statistics),
            length_chart => charts::lengths(statistics),
            module_chart => charts::modules(statistics),
            excerpts,
        })
    });
    let page = page.map_err(|error| DatasetError::Report(error.to_string()))?;
    Ok([("report.json", json), ("report.html", page)])
}

/// The files with rows, each with what it is for.
fn outputs(manifest: &DatasetManifest) -> Vec<minijinja::Value> {
    let with_rows = manifest.files.iter().filter(|(_, file)| file.rows > 0);
    with_rows
        .map(|(name, file)| {
            let purpose = match name.as_str() {
                "train.jsonl" => "questions and answers that a model is trained on",
                "valid.jsonl" => "of held-out files, to watch the training with",
                "test.jsonl" => "of other held-out files, to measure the result with",
                "raw.jsonl" => {
                    "whole files in the order of their dependencies, for continued pre-training"
                }
                "pairs.csv" => {
                    "what a query should find and should not find, for an embedding model"
                }
                "gold.jsonl" => "functions before and after focused commits",
                name if name.contains("_test.") => "the same of held-out files",
                _ => "",
            };
            context! { name, purpose, rows => grouped(file.rows), bytes => grouped(file.bytes) }
        })
        .collect()
}

/// Formats a number with a thin space between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{2009}');
        }
        out.push(digit);
    }
    out
}
