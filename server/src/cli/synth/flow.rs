//! `repo-lsp synth flow`: runs a flow of blocks over documents or rows.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use flows::{Compat, Flow, Row, RunOptions, RunOutput, built_in_flows, plan};
use repo_indexer::{Progress, RefreshScope};
use serde_json::json;
use settings::paths;
use trainer_bridge::{Sample, flow_rows, flow_samples, write_private_file};

use super::super::context::Context;
use super::super::output::{self, FAINT, STRONG};
use super::super::progress::Bar;
use super::{Outcome, documents, folder, show, teacher};

/// Run a flow over the documents of this repository, or over your own rows
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp synth flow --list                                          the built-in flows
  repo-lsp synth flow key_facts --limit 20 --dry-run                  what would be asked, without a request
  repo-lsp synth flow direct --limit 200                              ask about 200 documents
  repo-lsp synth flow my/flow.yaml --input rows.jsonl --output out.jsonl

Flows are YAML files in the format of sdg_hub, with the blocks of its knowledge flows. With --compat sdg_hub a run gives the rows that \
sdg_hub 0.9.4 gives; without it, questions and answers are paired by their place in the text, and what fails costs its own rows only.")]
pub(crate) struct Args {
    /// A built-in flow, or a YAML file
    #[arg(required_unless_present = "list")]
    flow: Option<String>,

    /// List the built-in flows
    #[arg(long)]
    list: bool,

    /// File of rows, one JSON object per line [default: the documents of this repository]
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,

    /// File for the resulting rows [default: in the data folder of this workspace]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Maximum number of input rows
    #[arg(long, value_name = "N")]
    limit: Option<usize>,

    /// Replies per prompt, in place of what the flow says
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    n: Option<u32>,

    /// Replies per prompt of one block, as BLOCK=N; may be repeated
    #[arg(long, value_name = "BLOCK=N", value_parser = block_n)]
    block_n: Vec<(String, u32)>,

    /// Give the rows of this engine
    #[arg(long, value_name = "ENGINE", value_parser = ["sdg_hub"])]
    compat: Option<String>,

    /// Show counts, two whole prompts and an estimate, and ask nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    sources: documents::Sources,

    #[command(flatten)]
    teacher: teacher::Flags,
}

fn block_n(text: &str) -> Result<(String, u32), String> {
    let parsed = text
        .rsplit_once('=')
        .and_then(|(block, n)| Some((block.to_owned(), n.parse().ok()?)));
    parsed
        .filter(|(_, n)| *n > 0)
        .ok_or_else(|| "expected BLOCK=N, such as gen_summary=4".to_owned())
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let name = match &args.flow {
        Some(name) if !args.list => name,
        _ => return list(),
    };
    let built_in = built_in_flows().contains(&name.as_str());
    let flow = if built_in {
        Flow::built_in(name)?
    } else {
        Flow::load(Path::new(name))?
    };
    let mut rows = match &args.input {
        Some(file) => read_rows(file)?,
        None => {
            let snapshot = context.open_fresh(RefreshScope::All)?.index.snapshot();
            let mut documents = args.sources.read(&snapshot, context)?.documents;
            choose(&mut documents, args.limit.unwrap_or(usize::MAX));
            flow_rows(&documents, snapshot.name())
        }
    };
    rows.truncate(args.limit.unwrap_or(usize::MAX));
    let mut options = RunOptions {
        n: args.n,
        ..RunOptions::default()
    };
    if args.compat.is_some() {
        options.compat = Compat::SdgHub;
    }
    for (block, n) in &args.block_n {
        options.blocks.entry(block.clone()).or_default().n = Some(*n);
    }
    if args.dry_run {
        return dry_run(&flow, rows, &options, context);
    }
    let folder = folder(None, context)?;
    let teacher = args.teacher.require(context, "a flow")?;
    let model = teacher.model().to_owned();
    let dispatcher = args.teacher.dispatcher(teacher, &folder)?;
    let bar = Bar::new("Asking", "steps", context.verbose > 0);
    let progress = |progress: flows::Progress| {
        bar.show(Progress {
            done: progress.done,
            total: progress.total,
        })
    };
    let result = teacher::block_on(flows::run(&flow, rows, &dispatcher, &options, &progress))??;
    drop(bar);
    // An earlier result is not replaced by that of a teacher who could not be reached.
    if result.rows.is_empty() && result.calls.failed > 0 {
        bail!(
            "nothing was written, because {} of {} requests failed: {}",
            output::count(result.calls.failed as usize),
            output::count(result.calls.requests as usize),
            result
                .last_error
                .as_deref()
                .map_or_else(String::new, show::printable)
        );
    }
    let output = match &args.output {
        Some(file) => file.clone(),
        None => {
            fs::create_dir_all(&folder)
                .with_context(|| format!("cannot create {}", paths::tilde(&folder)))?;
            folder.join(format!("flow_{}.jsonl", file_stem(name)))
        }
    };
    write_lines(&output, &result.rows)?;
    if args.output.is_none() {
        let samples: Vec<Sample> = flow_samples(&result.rows, &file_stem(name), &model);
        write_lines(
            &folder.join(format!("flow_{}_sft.jsonl", file_stem(name))),
            &samples,
        )?;
    }
    report(&result, &output, context)?;
    Ok(if result.rows.is_empty() {
        Outcome::Unsuccessful
    } else {
        Outcome::Done
    })
}

/// Keeps `limit` documents, chosen by the hashes of their ids: the first ones would all be code of the first folders.
fn choose(documents: &mut Vec<trainer_bridge::Document>, limit: usize) {
    documents.sort_by_cached_key(|document| *blake3::hash(document.id.as_bytes()).as_bytes());
    documents.truncate(limit);
    documents.sort_by(|a, b| a.id.cmp(&b.id));
}

fn list() -> anyhow::Result<Outcome> {
    let mut out = output::stdout();
    for name in built_in_flows() {
        let description = Flow::built_in(name)
            .map(|flow| flow.description)
            .unwrap_or_default();
        writeln!(out, "{STRONG}{name:<22}{STRONG:#} {description}")?;
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn dry_run(
    flow: &Flow,
    rows: Vec<Row>,
    options: &RunOptions,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let plan = plan(flow, rows, options)?;
    if context.json {
        output::json(&serde_json::to_value(&plan)?)?;
    } else {
        let calls: Vec<_> = plan
            .blocks
            .iter()
            .map(|block| (block.block.clone(), block.calls))
            .collect();
        show::plan(&calls, plan.prompt_tokens(), &plan.prompts)?;
    }
    Ok(Outcome::Done)
}

/// A name for files: that of a built-in flow, or that of the folder of a `flow.yaml`, or of the file.
fn file_stem(flow: &str) -> String {
    let path = Path::new(flow);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = match path.parent().and_then(Path::file_name) {
        Some(folder) if stem == "flow" => folder.to_string_lossy().into_owned(),
        _ => stem.into_owned(),
    };
    name.replace(|c: char| !c.is_alphanumeric() && c != '_' && c != '-', "_")
}

fn read_rows(file: &Path) -> anyhow::Result<Vec<Row>> {
    let text = fs::read_to_string(file).map_err(|error| {
        anyhow::anyhow!(
            "cannot read the rows {}: {}",
            paths::tilde(file),
            paths::plain(&error)
        )
    })?;
    let mut rows = Vec::new();
    for (number, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        match serde_json::from_str(line) {
            Ok(row) => rows.push(row),
            Err(error) => bail!(
                "{}, line {}: no JSON object: {error}",
                paths::tilde(file),
                number + 1
            ),
        }
    }
    Ok(rows)
}

pub(super) fn write_lines<T: serde::Serialize>(file: &Path, rows: &[T]) -> anyhow::Result<()> {
    write_private_file(file, |out| -> anyhow::Result<()> {
        for row in rows {
            serde_json::to_writer(&mut *out, row)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    })
}

fn report(result: &RunOutput, file: &Path, context: &Context) -> anyhow::Result<()> {
    if context.json {
        return output::json(&json!({
            "output": file, "rows": result.rows.len(), "dropped": result.dropped, "calls": result.calls,
            "rows_without_result": result.rows_without_result,
        }));
    }
    let mut out = output::stdout();
    let calls = result.calls;
    writeln!(
        out,
        "{STRONG}{}{STRONG:#} in {}",
        output::counted(result.rows.len(), "row"),
        paths::tilde(file)
    )?;
    writeln!(
        out,
        "{FAINT}{}, {} of them answered before; {} retries, {} failed{FAINT:#}",
        output::counted(calls.requests as usize, "request"),
        output::count((calls.cached + calls.merged) as usize),
        output::count(calls.retries as usize),
        output::count(calls.failed as usize)
    )?;
    for dropped in &result.dropped {
        writeln!(
            out,
            "{FAINT}{:>9} dropped by {}: {}{FAINT:#}",
            output::count(dropped.count),
            dropped.block,
            show::printable(&dropped.reason)
        )?;
    }
    out.flush()?;
    Ok(())
}
