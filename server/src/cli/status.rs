//! `repo-lsp status`: shows the state of the index, the model and the samples.

use std::collections::BTreeMap;
use std::io::Write;

use repo_indexer::{IndexStatus, RefreshScope};
use serde_json::json;

use super::Outcome;
use super::context::{Context, Opened};
use super::output::{self, FAINT, PLACE, STRONG, WARN};
use super::samples;
use assistant::chat::ChatModels;
use settings::paths;

/// Show the state of the index, the model and the samples
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp status                  show a summary
  repo-lsp status --skipped        list all skipped files and the reasons
  repo-lsp status --json | jq .files")]
pub(crate) struct Args {
    /// List all skipped files and the reasons
    #[arg(long)]
    skipped: bool,
}

/// The number of languages in the summary.
const MAX_LANGUAGES: usize = 6;
/// The number of reasons for skipping in the summary.
const MAX_REASONS: usize = 4;

pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let Opened {
        index,
        report,
        took,
    } = context.open_fresh(RefreshScope::All)?;
    let status = index.snapshot().status();
    let model = ChatModels::new(&context.dirs, cfg!(feature = "local-model"))
        .choose(&context.settings.model);
    let model = model.map(|assistant| assistant.map(|assistant| assistant.label().to_owned()));
    let failures = super::model::failures(&context.dirs);
    let kept = samples::count(&context.dirs, &context.root).map_err(|error| error.to_string());
    let mode = context.settings.samples.mode.name();
    if context.json {
        let skipped: Vec<_> = status
            .skipped
            .iter()
            .map(|skip| json!({ "path": skip.path, "reason": skip.reason }))
            .collect();
        let languages: serde_json::Map<_, _> = status
            .languages
            .iter()
            .map(|(id, files)| (id.clone(), json!(files)))
            .collect();
        output::json(&json!({
            "workspace": context.root, "index": context.index_directory(), "role": if report.is_some() { "writer" } else { "reader" },
            "files": status.files, "symbols": status.symbols, "modules": status.modules, "chunks": status.chunks,
            "bytes_on_disk": status.bytes_on_disk, "languages": languages, "skipped": skipped,
            "model": model.as_ref().ok().and_then(Option::as_ref), "model_problem": model.as_ref().err(), "model_failures": failures,
            "samples": { "mode": mode, "kept": kept.as_ref().ok().map(|kept| kept.unwrap_or_default()), "problem": kept.as_ref().err() },
        }))?;
        return Ok(Outcome::Done);
    }
    let mut out = output::stdout();
    if args.skipped {
        for skip in &status.skipped {
            writeln!(out, "{PLACE}{}{PLACE:#}   {}", skip.path, skip.reason)?;
        }
        writeln!(
            out,
            "{FAINT}{} skipped{FAINT:#}",
            output::counted(status.skipped.len(), "file")
        )?;
        out.flush()?;
        return Ok(Outcome::Done);
    }
    let freshness = match report {
        Some(_) => format!(
            "fresh {FAINT}(checked in {}){FAINT:#}",
            output::duration(took)
        ),
        None => "kept up to date by another process".into(),
    };
    writeln!(
        out,
        "{STRONG}workspace{STRONG:#}   {}",
        paths::tilde(&context.root)
    )?;
    writeln!(
        out,
        "{STRONG}index{STRONG:#}       {freshness} · {}",
        figures(&status)
    )?;
    writeln!(out, "{STRONG}languages{STRONG:#}   {}", languages(&status))?;
    match skipped_line(&status) {
        Some(line) => writeln!(out, "{STRONG}skipped{STRONG:#}     {line}")?,
        None => writeln!(out, "{STRONG}skipped{STRONG:#}     no files")?,
    }
    let model = match &model {
        Ok(Some(label)) => label.clone(),
        Ok(None) => format!("none {FAINT}(see repo-lsp model pull --help){FAINT:#}"),
        Err(problem) => format!("{WARN}{problem}{WARN:#}"),
    };
    writeln!(out, "{STRONG}model{STRONG:#}       {model}")?;
    for failure in &failures {
        writeln!(out, "            {WARN}{failure}{WARN:#}")?;
    }
    let kept = match &kept {
        Ok(kept) => {
            let kept = output::counted(kept.unwrap_or_default() as usize, "interaction");
            format!("{kept} recorded {FAINT}(samples.mode is {mode}){FAINT:#}")
        }
        Err(problem) => format!("{WARN}{problem}{WARN:#}"),
    };
    writeln!(out, "{STRONG}samples{STRONG:#}     {kept}")?;
    out.flush()?;
    Ok(Outcome::Done)
}

/// Formats the size of the index as `412 files · 9,870 symbols · 31 modules · 14.40 MB`.
pub(super) fn figures(status: &IndexStatus) -> String {
    format!(
        "{} · {} · {} · {}",
        output::counted(status.files, "file"),
        output::counted(status.symbols, "symbol"),
        output::counted(status.modules, "module"),
        output::bytes(status.bytes_on_disk),
    )
}

/// Formats the most frequent languages as `rust 312 · markdown 40 · 12 more`.
pub(super) fn languages(status: &IndexStatus) -> String {
    let mut parts: Vec<String> = status
        .languages
        .iter()
        .take(MAX_LANGUAGES)
        .map(|(id, files)| format!("{id} {}", output::count(*files)))
        .collect();
    if status.languages.len() > MAX_LANGUAGES {
        parts.push(format!(
            "{FAINT}{} more{FAINT:#}",
            status.languages.len() - MAX_LANGUAGES
        ));
    }
    if parts.is_empty() {
        "none".into()
    } else {
        parts.join(" · ")
    }
}

/// Summarizes the skipped files as `3 files: 1 larger than 2 MB (docs/big.json) · 2 not text   repo-lsp status --skipped lists them`.
/// Returns none if no file was skipped.
pub(super) fn skipped_line(status: &IndexStatus) -> Option<String> {
    if status.skipped.is_empty() {
        return None;
    }
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for skip in &status.skipped {
        // The details after `:` or `(` differ between files.
        let reason = skip
            .reason
            .split([':', '('])
            .next()
            .unwrap_or_default()
            .trim_end();
        reasons.entry(reason).or_default().push(&skip.path);
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, paths)| std::cmp::Reverse(paths.len()));
    let mut parts: Vec<String> = reasons
        .iter()
        .take(MAX_REASONS)
        .map(|(reason, paths)| match paths.as_slice() {
            [only] if status.skipped.len() == 1 => format!("{reason} ({only})"),
            [only] => format!("1 {reason} ({only})"),
            several if several.len() == status.skipped.len() => reason.to_string(),
            several => format!("{} {reason}", output::count(several.len())),
        })
        .collect();
    if reasons.len() > MAX_REASONS {
        parts.push("…".into());
    }
    let total = output::counted(status.skipped.len(), "file");
    Some(format!(
        "{total}: {}   {FAINT}repo-lsp status --skipped lists them{FAINT:#}",
        parts.join(" · ")
    ))
}
