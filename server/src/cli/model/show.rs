//! `repo-lsp model show`: shows a model, its generations and their files.

use std::io::Write;

use serde_json::{Value, json};

use models::library::{Installed, name};
use settings::paths;

use super::super::arguments::Global;
use super::super::output::{self, BAD, FAINT, STRONG, WARN};
use super::learned::{self, ForgottenSamples};
use super::{Outcome, as_json, format, library, origin};

/// Show a model, its generations and their files
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp model show repo                 list all generations; * marks the current one
  repo-lsp model show repo@7               show one generation with its files and its origin
  repo-lsp model show repo --json | jq '.generations[].manifest.metrics'")]
pub(crate) struct Args {
    /// Name of the model, optionally with the number of a generation
    #[arg(value_name = "NAME[@N]")]
    name: String,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let library = library()?;
    let (name, number) = name::parse(&args.name)?;
    let current = library.current_number(name).ok();
    let mut generations = library.generations(name)?;
    if let Some(number) = number {
        // Fails with the list of generations if there is none with this number.
        library.generation(name, number)?;
        generations.retain(|generation| generation.manifest.number == number);
    }
    let forgotten = ForgottenSamples::open(&library)?;
    if global.json {
        let generations = generations
            .iter()
            .map(|generation| generation_json(generation, &forgotten))
            .collect::<anyhow::Result<Vec<Value>>>()?;
        let default = library.default_name().as_deref() == Some(name);
        output::json(
            &json!({ "name": name, "current": current, "default": default, "generations": generations }),
        )?;
        return Ok(Outcome::Done);
    }
    let mut out = output::stdout();
    for generation in &generations {
        let mark = if current == Some(generation.manifest.number) {
            "*"
        } else {
            " "
        };
        writeln!(
            out,
            "{mark} {STRONG}{}{STRONG:#}  {FAINT}{} · {} · {}{FAINT:#}",
            generation.label(),
            output::bytes(generation.bytes()),
            format(generation.manifest.format),
            output::date(generation.manifest.created),
        )?;
        if let Err(error) = generation.check_sizes() {
            writeln!(out, "    {BAD}{error}{BAD:#}")?;
        }
        for (title, text) in details(generation) {
            writeln!(out, "    {title:<9}  {text}")?;
        }
        if let Some(text) = learned::description(forgotten.count(generation)?) {
            writeln!(out, "    {:<9}  {WARN}{text}{WARN:#}", "forgotten")?;
        }
        if number.is_some() {
            for file in &generation.manifest.files {
                writeln!(
                    out,
                    "    {FAINT}{:>7}{FAINT:#}  {}",
                    output::bytes(file.bytes),
                    file.path
                )?;
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn details(generation: &Installed) -> Vec<(&'static str, String)> {
    let manifest = &generation.manifest;
    let mut details = vec![("from", origin(generation))];
    if let Some(trainer) = &manifest.trainer {
        details.push(("trainer", trainer.clone()));
    }
    if !manifest.sample_ids.is_empty() {
        details.push((
            "learned",
            output::counted(manifest.sample_ids.len(), "sample"),
        ));
    }
    if !manifest.metrics.is_empty() {
        let metrics = manifest
            .metrics
            .iter()
            .map(|(name, value)| format!("{name} {value}"));
        details.push(("metrics", metrics.collect::<Vec<_>>().join(" · ")));
    }
    details.push(("folder", paths::tilde(&generation.directory)));
    details
}

fn generation_json(generation: &Installed, forgotten: &ForgottenSamples) -> anyhow::Result<Value> {
    let mut value = as_json(generation);
    value["manifest"] = json!(generation.manifest);
    value["problem"] = json!(
        generation
            .check_sizes()
            .err()
            .map(|error| error.to_string())
    );
    value["forgotten_samples"] = json!(forgotten.count(generation)?);
    Ok(value)
}
