//! `repo-lsp modules`: lists the modules of the workspace (crates, packages and directories), or shows one of them.

use std::io::Write;

use repo_indexer::{Module, ModuleKind, RefreshScope, Snapshot};
use serde_json::{Value, json};

use super::Outcome;
use super::context::Context;
use super::output::{self, FAINT, STRONG};

/// List the modules of the workspace, or show one of them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp modules                    list all crates, packages and directories
  repo-lsp modules my-crate           public items, dependencies and dependents of one module
  repo-lsp modules --json | jq -r '.[].id'")]
pub(crate) struct Args {
    /// Id of a module, or a part of an id that matches only one module
    #[arg(value_name = "ID")]
    id: Option<String>,
}

pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let snapshot = context.open_fresh(RefreshScope::All)?.index.snapshot();
    match &args.id {
        None => list(&snapshot, context.json),
        Some(id) => match find(&snapshot, id) {
            Ok(module) => show(module, context.json),
            Err(similar) => {
                let advice = match similar.as_slice() {
                    [] => "`repo-lsp modules` lists all modules".to_owned(),
                    similar => format!("Similar modules: {}", similar.join(", ")),
                };
                output::error(&anyhow::anyhow!("no such module: {id}. {advice}"));
                Ok(Outcome::Unsuccessful)
            }
        },
    }
}

/// Finds a module by its id, or by a part of an id that matches only one module. Fails with up to five similar ids.
fn find<'a>(snapshot: &'a Snapshot, id: &str) -> Result<&'a Module, Vec<String>> {
    if let Some(module) = snapshot.module(id) {
        return Ok(module);
    }
    let wanted = id.to_lowercase();
    let similar: Vec<&Module> = snapshot
        .modules()
        .iter()
        .filter(|module| module.id.to_lowercase().contains(&wanted))
        .collect();
    match similar.as_slice() {
        [only] => Ok(only),
        several => Err(several
            .iter()
            .take(5)
            .map(|module| module.id.clone())
            .collect()),
    }
}

fn list(snapshot: &Snapshot, as_json: bool) -> anyhow::Result<Outcome> {
    let modules = snapshot.modules();
    if as_json {
        output::json(&modules.iter().map(module_json).collect())?;
    } else {
        let mut out = output::stdout();
        let width = modules
            .iter()
            .map(|module| module.id.chars().count())
            .max()
            .unwrap_or(0)
            .min(44);
        for module in modules {
            let (id, kind, files) = (
                &module.id,
                kind(module.kind),
                output::counted(module.files, "file"),
            );
            let line = first_sentence(&module.description);
            let line = output::fit(&line, width.max(id.chars().count()) + 28);
            writeln!(
                out,
                "{STRONG}{id:<width$}{STRONG:#}  {FAINT}{kind:<9} {files:>11}{FAINT:#}   {line}"
            )?;
        }
        out.flush()?;
    }
    Ok(if modules.is_empty() {
        Outcome::Unsuccessful
    } else {
        Outcome::Done
    })
}

fn show(module: &Module, as_json: bool) -> anyhow::Result<Outcome> {
    if as_json {
        output::json(&module_json(module))?;
        return Ok(Outcome::Done);
    }
    let mut out = output::stdout();
    let place = if module.directory.is_empty() {
        "."
    } else {
        &module.directory
    };
    let files = output::counted(module.files, "file");
    writeln!(
        out,
        "{STRONG}{}{STRONG:#}  {FAINT}{} · {place} · {files}{FAINT:#}",
        module.id,
        kind(module.kind)
    )?;
    if !module.description.trim().is_empty() {
        writeln!(out, "{}", output::inline(module.description.trim()))?;
    }
    let mut section = |title: &str, items: Vec<String>, shown: usize| -> std::io::Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        let more = items.len().saturating_sub(shown);
        let rest = if more > 0 {
            format!(" … and {more} more")
        } else {
            String::new()
        };
        let listed = items
            .into_iter()
            .take(shown)
            .collect::<Vec<_>>()
            .join(" · ");
        writeln!(
            out,
            "\n{STRONG}{title}{STRONG:#}\n  {listed}{FAINT}{rest}{FAINT:#}"
        )
    };
    section("public items", module.items.clone(), 40)?;
    section("depends on", weighted(&module.depends_on), 20)?;
    section("used by", weighted(&module.used_by), 20)?;
    section("part of", module.parent.iter().cloned().collect(), 1)?;
    out.flush()?;
    Ok(Outcome::Done)
}

fn weighted(relations: &[(String, u32)]) -> Vec<String> {
    relations
        .iter()
        .map(|(id, uses)| format!("{id} ({uses})"))
        .collect()
}

fn first_sentence(text: &str) -> String {
    let line = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
        .trim();
    match line.find(". ") {
        Some(end) => line[..=end].to_owned(),
        None => line.to_owned(),
    }
}

fn kind(kind: ModuleKind) -> &'static str {
    match kind {
        ModuleKind::Crate => "crate",
        ModuleKind::Package => "package",
        ModuleKind::Directory => "directory",
    }
}

fn module_json(module: &Module) -> Value {
    let relations = |relations: &[(String, u32)]| -> Value {
        relations
            .iter()
            .map(|(id, uses)| json!({ "id": id, "uses": uses }))
            .collect()
    };
    json!({
        "id": module.id, "kind": kind(module.kind), "directory": module.directory, "description": module.description,
        "files": module.files, "items": module.items, "parent": module.parent,
        "depends_on": relations(&module.depends_on), "used_by": relations(&module.used_by),
    })
}
