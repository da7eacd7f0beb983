//! Runs the questions, each on its own checkout, and prints what came of them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use repo_indexer::{Cancel, Query, QueryScope, RefreshScope};
use serde_json::json;

use super::questions;
use super::score::{NAMES, Sums};
use super::{Retrieval, gold, plain};
use crate::cli::Outcome;
use crate::cli::arguments::Global;
use crate::cli::context::Context;
use crate::cli::output::{self, FAINT, STRONG};
use repo_lsp::paths;
use trainer_bridge::GoldenQuestion;

/// The figures of one repository, ours and the baseline's.
#[derive(Default, Clone, Copy)]
struct Pair {
    ours: Sums,
    plain: Sums,
}

pub(super) fn run(args: &Retrieval, global: &Global) -> anyhow::Result<Outcome> {
    let questions = questions::read(&args.questions)?;
    let checkouts = group(&questions, args, global)?;
    let mut repositories: BTreeMap<String, Pair> = BTreeMap::new();
    let mut ranked: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut dropped = 0;

    for (root, questions) in &checkouts {
        let context = Context::of(root.clone(), global)?;
        let snapshot = context.open_fresh(RefreshScope::All)?.index.snapshot();
        let baseline = if args.no_baseline {
            vec![Vec::new(); questions.len()]
        } else {
            baseline(root, questions)
        };
        for (question, plain) in questions.iter().zip(&baseline) {
            let (text, limit) = (question.question.clone(), usize::from(args.limit));
            let query = Query {
                text,
                limit,
                scope: QueryScope::Code,
            };
            let result = snapshot.search(&query, &Cancel::new())?;
            let files: Vec<String> = result
                .files
                .iter()
                .take(limit)
                .map(|file| file.path.to_string())
                .collect();
            let gold: Vec<&str> = question
                .gold_files
                .iter()
                .map(String::as_str)
                .filter(|path| gold::counts(path))
                .collect();
            if gold.is_empty() {
                dropped += 1;
            } else {
                let folder = || {
                    root.file_name().map_or_else(
                        || paths::tilde(root),
                        |name| name.to_string_lossy().into_owned(),
                    )
                };
                let name = if question.repo.is_empty() {
                    folder()
                } else {
                    question.repo.clone()
                };
                let pair = repositories.entry(name).or_default();
                pair.ours.add(&gold, &files);
                pair.plain.add(&gold, &plain[..plain.len().min(limit)]);
            }
            ranked.insert(&question.id, files);
        }
    }

    let mut pooled = Pair::default();
    for pair in repositories.values() {
        pooled.ours.merge(pair.ours);
        pooled.plain.merge(pair.plain);
    }
    let table = table(&repositories, &pooled, dropped, args.no_baseline);
    if args.summary {
        let by: serde_json::Map<_, _> = repositories
            .iter()
            .map(|(name, pair)| (name.clone(), pair_json(pair)))
            .collect();
        output::json(
            &json!({ "pooled": pair_json(&pooled), "repositories": by, "dropped": dropped }),
        )?;
    } else if global.json {
        let mut out = output::stdout();
        for question in &questions {
            let line =
                json!({ "id": question.id, "ranked_files": ranked.get(question.id.as_str()) });
            writeln!(out, "{line}")?;
        }
        out.flush()?;
        output::say(table.trim_end());
    } else {
        let mut out = output::stdout();
        out.write_all(table.as_bytes())?;
        out.flush()?;
    }
    Ok(if pooled.ours.questions == 0 {
        Outcome::Nothing
    } else {
        Outcome::Done
    })
}

/// The questions by the folder they are asked in.
fn group<'a>(
    questions: &'a [GoldenQuestion],
    args: &Retrieval,
    global: &Global,
) -> anyhow::Result<BTreeMap<PathBuf, Vec<&'a GoldenQuestion>>> {
    let mut checkouts: BTreeMap<PathBuf, Vec<&GoldenQuestion>> = BTreeMap::new();
    let Some(template) = &args.checkouts else {
        checkouts.insert(
            paths::workspace(global.workspace.as_deref())?,
            questions.iter().collect(),
        );
        return Ok(checkouts);
    };
    for question in questions {
        if question.repo.is_empty() {
            bail!(
                "question {} names no `repo`, which --checkouts needs",
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

/// Plain BM25 over the whole text of every file that counts.
fn baseline(root: &Path, questions: &[&GoldenQuestion]) -> Vec<Vec<String>> {
    let mut files = Vec::new();
    for entry in ignore::WalkBuilder::new(root)
        .build()
        .filter_map(Result::ok)
    {
        let Ok(path) = entry.path().strip_prefix(root) else {
            continue;
        };
        let path = path.to_string_lossy().replace('\\', "/");
        if gold::counts(&path)
            && entry.file_type().is_some_and(|kind| kind.is_file())
            && let Ok(bytes) = std::fs::read(entry.path())
        {
            files.push((path, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    // The order of a folder is the file system's; ties should not depend on it.
    files.sort();
    let queries: Vec<&str> = questions
        .iter()
        .map(|question| question.question.as_str())
        .collect();
    plain::plain_bm25(&files, &queries)
}

fn table(
    repositories: &BTreeMap<String, Pair>,
    pooled: &Pair,
    dropped: usize,
    alone: bool,
) -> String {
    let wide = repositories
        .keys()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0)
        .max(10);
    let mut text = format!("{:wide$}  {:>5}", "", "n");
    for name in NAMES {
        text += &format!("  {STRONG}{name:>13}{STRONG:#}");
    }
    text.push('\n');
    let pooled = [("all", pooled)];
    let rows = repositories
        .iter()
        .map(|(name, pair)| (name.as_str(), pair));
    for (name, pair) in rows.chain(
        if repositories.len() > 1 {
            pooled.as_slice()
        } else {
            &[]
        }
        .iter()
        .copied(),
    ) {
        text += &format!("{name:wide$}  {:>5}", pair.ours.questions);
        for (index, (ours, plain)) in pair
            .ours
            .figures()
            .into_iter()
            .zip(pair.plain.figures())
            .enumerate()
        {
            let digits = if index == 4 { 3 } else { 1 };
            let beside = if alone {
                String::new()
            } else {
                format!("{plain:.digits$}")
            };
            text += &format!("  {ours:>6.digits$} {FAINT}{beside:>6}{FAINT:#}");
        }
        text.push('\n');
    }
    let left_out = match dropped {
        0 => String::new(),
        dropped => format!(
            "; {} without a source file in its gold not counted",
            output::counted(dropped, "question")
        ),
    };
    let beside = if alone {
        ""
    } else {
        "beside each figure, plain whole-file BM25"
    };
    text + &format!("{FAINT}{beside}{left_out}{FAINT:#}\n")
}

fn pair_json(pair: &Pair) -> serde_json::Value {
    json!({ "repo_lsp": pair.ours.json(), "plain": pair.plain.json() })
}
