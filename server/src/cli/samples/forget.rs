//! `repo-lsp samples forget`: deletes interactions permanently, and names the models that have learned from them.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};

use anyhow::bail;
use assistant::recording::workspace_name;
use serde_json::json;
use settings::paths::{self, Dirs};
use trainer_bridge::{Filter, ForgetSummary, Store, forget_interactions};

use super::super::arguments::Global;
use super::super::output::{self, FAINT, STRONG, WARN};
use super::filter::{self, Filters};
use super::list::MIN_ID_LEN;
use super::{Outcome, copy_locations, existing, find_id, nothing_yet, render, warn_undeleted};

/// Delete interactions permanently
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples forget 0193a4 0193b7            delete two interactions
  repo-lsp samples forget --since 30m              delete the interactions of this workspace from the last half hour
  repo-lsp samples forget --all --dry-run          show how many interactions of this workspace there are
  repo-lsp samples forget --all --all-workspaces   delete everything

Without ids, the command applies to the current workspace or to that of --workspace, without workspaces in subfolders. Afterwards no \
byte of the deleted interactions is left in the database or its log. Files written by `samples export` and `samples curate` and trained \
models are not changed; known models are listed.")]
pub(crate) struct Args {
    /// Ids of interactions, or unique prefixes of them
    #[arg(value_name = "ID")]
    ids: Vec<String>,

    #[command(flatten)]
    filters: Filters,

    /// Delete all interactions of the workspace
    #[arg(long, conflicts_with = "ids")]
    all: bool,

    /// Apply to all workspaces instead of the current one
    #[arg(long, conflicts_with_all = ["ids", "workspace"])]
    all_workspaces: bool,

    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,

    /// Only show what would be deleted
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, global: &Global, dirs: &Dirs) -> anyhow::Result<Outcome> {
    if args.ids.is_empty() && !args.all && !args.filters.any() {
        bail!("specify what to forget: ids, a filter such as --since 1h, or --all");
    }
    let Some(mut store) = existing(dirs)? else {
        return nothing_yet(global, None);
    };
    let (filters, scope) = match selection(args, global, &store) {
        Ok(selection) => selection,
        Err(error) => {
            // The interaction may have been deleted by a call that was interrupted before it rewrote the file.
            resume(&mut store, dirs)?;
            return Err(error);
        }
    };
    let counts = store.count(&filters)?;
    let scope = scope.unwrap_or_else(|| describe_workspaces(&counts));
    let total: u64 = counts.values().sum();
    if args.dry_run {
        return print_plan(&store, &filters, &counts, &scope, global);
    }
    mention_subfolders(&store, &filters, &counts)?;
    if total == 0 {
        resume(&mut store, dirs)?;
        if global.json {
            report(&ForgetSummary::default(), &scope, global)?;
        }
        output::say(&format!(
            "no interaction of {scope} matches; nothing was forgotten"
        ));
        return Ok(Outcome::Unsuccessful);
    }
    if !args.yes && !confirmed(&store, &filters, &counts, &scope)? {
        output::say("nothing was forgotten");
        return Ok(Outcome::Unsuccessful);
    }
    let (forgotten, undeleted) = forget_interactions(&mut store, &filters, &copy_locations(dirs))?;
    warn_undeleted(&undeleted);
    let outcome = report(&forgotten, &scope, global)?;
    match forgotten.unfinished {
        Some(why) => bail!(
            "the file may still contain their text: {why}; the next `repo-lsp samples forget` tries again"
        ),
        None => Ok(outcome),
    }
}

/// Finishes an earlier call that was interrupted between deleting and rewriting the file.
fn resume(store: &mut Store, dirs: &Dirs) -> anyhow::Result<()> {
    let (_, undeleted) = forget_interactions(store, &[], &copy_locations(dirs))?;
    warn_undeleted(&undeleted);
    Ok(())
}

/// Mentions interactions of subfolders, which are other workspaces and are not deleted.
fn mention_subfolders(
    store: &Store,
    filters: &[Filter],
    counts: &BTreeMap<String, u64>,
) -> anyhow::Result<()> {
    let below = filters.iter().filter(|filter| filter.exclude_subfolders);
    let below: Vec<_> = below
        .map(|filter| Filter {
            exclude_subfolders: false,
            ..filter.clone()
        })
        .collect();
    let mut others = store.count(&below)?;
    others.retain(|workspace, _| !counts.contains_key(workspace));
    if !others.is_empty() {
        let count = others.values().sum::<u64>() as usize;
        let (is, them) = if count == 1 {
            ("is", "it")
        } else {
            ("are", "them")
        };
        let folders = if others.len() == 1 {
            ", a subfolder,"
        } else {
            " in subfolders"
        };
        output::say(&format!(
            "{} of {}{folders} {is} kept; to forget {them} too, use --workspace with that folder",
            output::counted(count, "interaction"),
            describe_workspaces(&others)
        ));
    }
    Ok(())
}

/// Returns the filters, and the description of their workspaces. Ids select interactions of any workspace, so there is no description
/// for them before they are found.
fn selection(
    args: &Args,
    global: &Global,
    store: &Store,
) -> anyhow::Result<(Vec<Filter>, Option<String>)> {
    let named = filter::named(global);
    if args.ids.is_empty() {
        let workspace = match (args.all_workspaces, named) {
            (true, _) => None,
            (false, Some(named)) => Some(named),
            (false, None) => Some(workspace_name(&paths::workspace(None)?)),
        };
        let scope = match &workspace {
            Some(workspace) => render::workspace(workspace),
            None => "all workspaces".to_owned(),
        };
        let filter = Filter {
            exclude_subfolders: true,
            ..args.filters.to_filter(store, workspace)?
        };
        return Ok((vec![filter], Some(scope)));
    }
    let scope = named.as_deref().map(render::workspace);
    let mut filters = Vec::with_capacity(args.ids.len());
    for start in &args.ids {
        filters.push(Filter {
            id: Some(find_id(store, start)?),
            ..args.filters.to_filter(store, named.clone())?
        });
    }
    Ok((filters, scope))
}

/// Names the workspace, or says how many there are.
fn describe_workspaces(counts: &BTreeMap<String, u64>) -> String {
    match counts.first_key_value() {
        Some((workspace, _)) if counts.len() == 1 => render::workspace(workspace),
        _ => output::counted(counts.len(), "workspace"),
    }
}

fn print_plan(
    store: &Store,
    filters: &[Filter],
    counts: &BTreeMap<String, u64>,
    scope: &str,
    global: &Global,
) -> anyhow::Result<Outcome> {
    let total: u64 = counts.values().sum();
    if global.json {
        output::json(&json!({ "dry_run": true, "interactions": total, "workspaces": counts }))?;
    } else {
        let mut out = output::stdout();
        let count = output::counted(total as usize, "interaction");
        writeln!(out, "{count} of {scope} would be forgotten")?;
        preview(&mut out, store, filters, counts)?;
        out.flush()?;
    }
    Ok(if total == 0 {
        Outcome::Unsuccessful
    } else {
        Outcome::Done
    })
}

/// Interactions that are shown before they are deleted.
const MAX_PREVIEW: usize = 5;

/// Prints the number of interactions of each workspace, and the newest interactions.
fn preview(
    out: &mut dyn Write,
    store: &Store,
    filters: &[Filter],
    counts: &BTreeMap<String, u64>,
) -> anyhow::Result<()> {
    for (workspace, count) in counts.iter().filter(|_| counts.len() > 1) {
        let count = output::count(*count as usize);
        writeln!(out, "  {count:>7}  {}", render::workspace(workspace))?;
    }
    for filter in filters.iter().take(MAX_PREVIEW) {
        for recorded in store
            .list(filter, MAX_PREVIEW / filters.len().min(MAX_PREVIEW), None)?
            .rows
        {
            let interaction = recorded.interaction;
            let id = store.short_id(&interaction.id, MIN_ID_LEN)?;
            let question = output::fit(&render::one_line(&interaction.question), 24);
            writeln!(out, "  {FAINT}{}{FAINT:#}  {question}", render::plain(&id))?;
        }
    }
    if counts.values().sum::<u64>() > MAX_PREVIEW as u64 {
        writeln!(out, "  {FAINT}…{FAINT:#}")?;
    }
    Ok(())
}

/// Asks for confirmation on the terminal.
fn confirmed(
    store: &Store,
    filters: &[Filter],
    counts: &BTreeMap<String, u64>,
    scope: &str,
) -> anyhow::Result<bool> {
    let count = output::counted(counts.values().sum::<u64>() as usize, "interaction");
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        bail!(
            "there is no terminal to ask for confirmation; add --yes to forget {count} of {scope}"
        );
    }
    let mut ask = anstream::stderr().lock();
    preview(&mut ask, store, filters, counts)?;
    write!(ask, "Delete {count} of {scope} permanently? [y/N] ")?;
    ask.flush()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn report(forgotten: &ForgetSummary, scope: &str, global: &Global) -> anyhow::Result<Outcome> {
    if global.json {
        output::json(&json!({
            "dry_run": false, "interactions": forgotten.interactions, "samples": forgotten.samples,
            "datasets": forgotten.datasets, "generations": forgotten.generations, "set_aside": forgotten.set_aside,
            "unfinished": forgotten.unfinished,
        }))?;
        return Ok(Outcome::Done);
    }
    let mut out = output::stdout();
    let count = output::counted(forgotten.interactions.len(), "interaction");
    writeln!(out, "{STRONG}forgotten{STRONG:#}   {count} of {scope}")?;
    let mut row = |name: &str, what: String, hint: &str| {
        let gap = 12_usize.saturating_sub(name.len());
        writeln!(
            out,
            "{STRONG}{name}{STRONG:#}{:gap$}{what} {FAINT}{hint}{FAINT:#}",
            ""
        )
    };
    if !forgotten.samples.is_empty() {
        let samples = output::counted(forgotten.samples.len(), "sample");
        let hint = "made of them; run `samples curate` again if you still have its files";
        row("samples", samples, hint)?;
    }
    let names = |ids: &[String]| {
        let plain: Vec<String> = ids.iter().map(|id| render::plain(id)).collect();
        plain.join(", ")
    };
    if !forgotten.datasets.is_empty() {
        let hint = "marked: they contain such a sample";
        row("datasets", names(&forgotten.datasets), hint)?;
    }
    if !forgotten.generations.is_empty() {
        let hint = "marked: trained on such a dataset; `repo-lsp samples lineage` shows details";
        row("models", names(&forgotten.generations), hint)?;
    }
    for file in &forgotten.set_aside {
        let hint = "damaged earlier; it may still contain them, delete it if you do not need it";
        writeln!(
            out,
            "{WARN}set aside{WARN:#}   {} {FAINT}{hint}{FAINT:#}",
            paths::tilde(file)
        )?;
    }
    out.flush()?;
    Ok(Outcome::Done)
}
