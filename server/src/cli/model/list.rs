//! `repo-lsp model list`: lists the models on this machine, one line each.

use std::io::Write;

use serde_json::{Value, json};

use models::library::{Installed, Library, LibraryError};
use settings::paths::Dirs;

use super::super::arguments::Global;
use super::super::output::{self, BAD, FAINT, STRONG, WARN};
use super::learned::{self, ForgottenSamples};
use super::{Outcome, as_json, format, library, origin};

/// List the models on this machine
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp model list                                * marks the default model
  repo-lsp model list --json | jq -r '.[].name'")]
pub(crate) struct Args {}

pub(super) fn run(_args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let library = library()?;
    let default = library.default_name();
    let models: Vec<(String, Result<Installed, LibraryError>)> = library
        .names()
        .into_iter()
        .map(|name| {
            let current = library.current(&name);
            (name, current)
        })
        .collect();
    let forgotten = ForgottenSamples::open(&library)?;
    if global.json {
        let models = models
            .iter()
            .map(|(name, current)| entry(&library, &forgotten, name, current));
        output::json(&models.collect::<anyhow::Result<Value>>()?)?;
    } else {
        table(&models, default.as_deref(), &forgotten)?;
    }
    for failure in super::failures(&Dirs::from_environment()?) {
        output::warning(failure);
    }
    if models.is_empty() {
        output::say("no model is installed; `repo-lsp model pull Qwen/Qwen3-4B` installs one");
        return Ok(Outcome::Unsuccessful);
    }
    Ok(Outcome::Done)
}

fn entry(
    library: &Library,
    forgotten: &ForgottenSamples,
    name: &str,
    current: &Result<Installed, LibraryError>,
) -> anyhow::Result<Value> {
    let mut value = match current {
        Ok(installed) => {
            let mut value = as_json(installed);
            value["forgotten_samples"] = json!(forgotten.count(installed)?);
            value
        }
        Err(error) => json!({ "name": name, "problem": error.to_string() }),
    };
    value["default"] = json!(library.default_name().as_deref() == Some(name));
    Ok(value)
}

fn table(
    models: &[(String, Result<Installed, LibraryError>)],
    default: Option<&str>,
    forgotten: &ForgottenSamples,
) -> anyhow::Result<()> {
    let mut out = output::stdout();
    let label = |(name, current): &(String, Result<Installed, LibraryError>)| match current {
        Ok(installed) => installed.label(),
        Err(_) => name.clone(),
    };
    let wide = models
        .iter()
        .map(|model| label(model).len())
        .max()
        .unwrap_or(0);
    for model in models {
        let mark = if default == Some(&model.0) { "*" } else { " " };
        write!(out, "{mark} {STRONG}{:<wide$}{STRONG:#}  ", label(model))?;
        match &model.1 {
            Ok(installed) => {
                let (size, format) = (
                    output::bytes(installed.bytes()),
                    format(installed.manifest.format),
                );
                let from = output::fit(&origin(installed), wide + 30);
                writeln!(out, "{FAINT}{size:>7}  {format:<11}{FAINT:#}  {from}")?;
                if let Some(text) = learned::description(forgotten.count(installed)?) {
                    writeln!(out, "    {WARN}{text}{WARN:#}")?;
                }
            }
            Err(error) => writeln!(out, "{BAD}{error}{BAD:#}")?,
        }
    }
    out.flush()?;
    Ok(())
}
