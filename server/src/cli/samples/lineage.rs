//! `repo-lsp samples lineage`: shows the samples that a model has learned from, and their interactions.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::bail;
use models::library::{Library, name};
use serde_json::{Value, json};
use settings::paths::Dirs;
use trainer_bridge::{SampleOrigin, Store, StoreError, sample_origins};

use super::super::arguments::Global;
use super::super::model::learned;
use super::super::output::{self, FAINT, STRONG, WARN};
use super::list::MIN_ID_LEN;
use super::{Outcome, existing, nothing_yet, render};

/// Show the samples that a model has learned from
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples lineage repo@7          show its samples, their interactions, and which were forgotten since
  repo-lsp samples lineage repo@7 --json | jq -r '.samples[] | select(.tainted).id'

The samples of its parents and bases are included.")]
pub(crate) struct Args {
    /// Generation of a model, such as repo@7; without a number, the current one
    #[arg(value_name = "NAME[@N]")]
    label: String,
}

pub(super) fn run(args: &Args, global: &Global, dirs: &Dirs) -> anyhow::Result<Outcome> {
    let library = Library::new(dirs);
    let (name, number) = name::parse(&args.label)?;
    let number = match number {
        Some(number) => number,
        None => library.current_number(name)?,
    };
    let label = format!("{name}@{number}");
    let Some(store) = existing(dirs)? else {
        return nothing_yet(global, None);
    };
    // The manifest of a damaged generation is still valid, so generations are listed rather than checked.
    let installed = library.generations(name).unwrap_or_default();
    let installed = installed
        .into_iter()
        .find(|one| one.manifest.number == number);
    let learned = match &installed {
        Some(installed) => learned::samples_of(&library, installed),
        None => BTreeSet::new(),
    };
    let origins = sample_origins(&store, &label, &learned)?;
    if installed.is_none() && origins.is_empty() {
        // The error names the generations that are installed.
        library.generation(name, number)?;
        bail!("{label} cannot be read");
    }
    let origins: Vec<SampleOrigin> = origins.into_values().collect();
    if global.json {
        let samples = origins.iter().map(|origin| as_json(&store, origin));
        output::json(&json!({
            "label": label, "installed": installed.is_some(), "samples": samples.collect::<Result<Value, _>>()?,
        }))?;
    } else if !origins.is_empty() {
        table(&store, &label, &origins)?;
    }
    if origins.is_empty() {
        output::say(&format!("no sample is known that {label} has learned from"));
        return Ok(Outcome::Unsuccessful);
    }
    Ok(Outcome::Done)
}

fn as_json(store: &Store, origin: &SampleOrigin) -> Result<Value, StoreError> {
    let interactions = origin.interactions.iter().map(|id| {
        let question = question(store, id)?;
        Ok(json!({ "id": id, "kept": !matches!(question, AskedQuestion::Forgotten), "question": question.text() }))
    });
    Ok(json!({
        "id": origin.sample, "tainted": origin.tainted, "interactions": interactions.collect::<Result<Value, StoreError>>()?,
    }))
}

/// The question of an interaction that a sample was made of.
enum AskedQuestion {
    Kept(String),
    Damaged,
    Forgotten,
}

impl AskedQuestion {
    fn text(&self) -> Option<&str> {
        match self {
            AskedQuestion::Kept(text) => Some(text),
            _ => None,
        }
    }
}

fn question(store: &Store, id: &str) -> Result<AskedQuestion, StoreError> {
    match store.get(id) {
        Ok(Some(recorded)) => Ok(AskedQuestion::Kept(recorded.interaction.question)),
        Ok(None) => Ok(AskedQuestion::Forgotten),
        Err(StoreError::Unreadable(_)) => Ok(AskedQuestion::Damaged),
        Err(error) => Err(error),
    }
}

fn table(store: &Store, label: &str, origins: &[SampleOrigin]) -> anyhow::Result<()> {
    let mut out = output::stdout();
    let forgotten = origins.iter().filter(|origin| origin.tainted).count();
    write!(
        out,
        "{STRONG}{label}{STRONG:#}  {}",
        output::counted(origins.len(), "sample")
    )?;
    match forgotten {
        0 => writeln!(out)?,
        some => writeln!(
            out,
            " · {WARN}{} forgotten since{WARN:#}",
            output::count(some)
        )?,
    }
    for origin in origins {
        let mark = if origin.tainted {
            format!("{WARN}✗{WARN:#}")
        } else {
            " ".to_owned()
        };
        let sample: String = render::plain(&origin.sample).chars().take(12).collect();
        write!(out, "{mark} {sample:<12}")?;
        if origin.interactions.is_empty() {
            writeln!(out, "  {FAINT}of unknown origin{FAINT:#}")?;
        }
        for (index, id) in origin.interactions.iter().enumerate() {
            let indent = if index == 0 { 0 } else { 14 };
            let (id, text) = match question(store, id)? {
                AskedQuestion::Kept(text) => (
                    store.short_id(id, MIN_ID_LEN)?,
                    output::fit(&render::one_line(&text), 40),
                ),
                AskedQuestion::Damaged => (id.clone(), format!("{WARN}damaged{WARN:#}")),
                AskedQuestion::Forgotten => (id.clone(), format!("{WARN}forgotten{WARN:#}")),
            };
            writeln!(
                out,
                "{:indent$}  {FAINT}{}{FAINT:#}  {text}",
                "",
                render::plain(&id)
            )?;
        }
    }
    out.flush()?;
    Ok(())
}
