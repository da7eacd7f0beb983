//! `repo-lsp samples forget`: deletes interactions for good, and says which models have learned from them.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use anyhow::bail;
use assistant::recording::{MARK, workspace_name};
use serde_json::json;
use settings::paths::{self, Dirs};
use trainer_bridge::{Filter, Forgotten, Store};

use super::super::arguments::Global;
use super::super::output::{self, FAINT, STRONG, WARN};
use super::filter::{self, Filters};
use super::list::SHORT;
use super::{Outcome, edit, existing, find_id, nothing_yet, render};

/// Delete interactions for good
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp samples forget 0193a4 0193b7            these two
  repo-lsp samples forget --since 30m              what was asked about this workspace in the last half hour
  repo-lsp samples forget --all --dry-run          say how much is kept of this workspace
  repo-lsp samples forget --all --all-workspaces   everything

Without ids, only this workspace is meant, or the one that --workspace names; workspaces in folders below it are not. Afterwards no byte \
of it is in the database or its log.
Files that `samples export` and `samples curate` have written, and models that were trained, are not changed; those that this program \
knows of are named.")]
pub(crate) struct Args {
    /// Ids of interactions, or as much of their beginning as no other has
    #[arg(value_name = "ID")]
    ids: Vec<String>,

    #[command(flatten)]
    filters: Filters,

    /// Everything
    #[arg(long, conflicts_with = "ids")]
    all: bool,

    /// Of every workspace, not only of this one
    #[arg(long, conflicts_with_all = ["ids", "workspace"])]
    all_workspaces: bool,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,

    /// Only say what would be deleted
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, global: &Global, dirs: &Dirs) -> anyhow::Result<Outcome> {
    if args.ids.is_empty() && !args.all && !args.filters.any() {
        bail!("say what to forget: ids, a filter such as --since 1h, or --all");
    }
    let Some(mut store) = existing(dirs)? else {
        return nothing_yet(global, None);
    };
    let (filters, scope) = match meant(args, global, &store) {
        Ok(meant) => meant,
        Err(error) => {
            // It may have been deleted by a call that could not rewrite the file.
            go_on(&mut store, dirs)?;
            return Err(error);
        }
    };
    let counts = store.count(&filters)?;
    let scope = scope.unwrap_or_else(|| places(&counts));
    let total: u64 = counts.values().sum();
    if args.dry_run {
        return planned(&store, &filters, &counts, &scope, global);
    }
    others_below(&store, &filters, &counts)?;
    if total == 0 {
        // An earlier call may have been cut short between deleting and rewriting the file.
        go_on(&mut store, dirs)?;
        if global.json {
            report(&Forgotten::default(), &scope, global)?;
        }
        output::say(&format!(
            "nothing of {scope} matches; nothing was forgotten"
        ));
        return Ok(Outcome::Nothing);
    }
    if !args.yes && !agreed(&store, &filters, &counts, &scope)? {
        output::say("nothing was forgotten");
        return Ok(Outcome::Nothing);
    }
    let forgotten = store.forget_any(&filters)?;
    // One that bears no id may be of any of them.
    remove_documents(&dirs.answers(), |text| {
        let ids = &mut forgotten.interactions.iter();
        ids.any(|id| text.contains(id)) || !text.contains(MARK)
    });
    edit::sweep(dirs, &store)?;
    let outcome = report(&forgotten, &scope, global)?;
    match forgotten.unfinished {
        Some(why) => bail!(
            "bytes of them may still be in the file: {why}; the next `repo-lsp samples forget` goes on with it"
        ),
        None => Ok(outcome),
    }
}

/// Finishes what an earlier call may have begun.
fn go_on(store: &mut Store, dirs: &Dirs) -> anyhow::Result<()> {
    store.forget_any(&[])?;
    edit::sweep(dirs, store)
}

/// What was asked in folders below is of other workspaces: it is said, so that nobody thinks it was deleted as well.
fn others_below(
    store: &Store,
    filters: &[Filter],
    counts: &BTreeMap<String, u64>,
) -> anyhow::Result<()> {
    let below = filters.iter().filter(|filter| filter.alone);
    let below: Vec<_> = below
        .map(|filter| Filter {
            alone: false,
            ..filter.clone()
        })
        .collect();
    let mut others = store.count(&below)?;
    others.retain(|workspace, _| !counts.contains_key(workspace));
    if !others.is_empty() {
        let count = others.values().sum::<u64>() as usize;
        let (stay, them) = if count == 1 {
            ("stays", "it")
        } else {
            ("stay", "them")
        };
        let folders = if others.len() == 1 {
            ", a folder below it,"
        } else {
            " below it"
        };
        output::say(&format!(
            "{} of {}{folders} {stay}; to forget {them} as well, name the folder with --workspace",
            output::counted(count, "interaction"),
            places(&others)
        ));
    }
    Ok(())
}

/// Answers that were opened in an editor are documents for a while. Deletes those with a text that is no longer to be there.
pub(super) fn remove_documents(answers: &Path, is_of: impl Fn(&str) -> bool) {
    let entries = std::fs::read_dir(answers).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        if is_of(&text)
            && let Err(error) = std::fs::remove_file(&path)
        {
            let (shown, why) = (paths::tilde(&path), paths::plain(&error));
            output::warning(format!(
                "{shown} holds a forgotten answer and cannot be deleted: {why}"
            ));
        }
    }
}

/// What is meant, and in which workspaces, in words. One that is named by its id is meant wherever it was asked; there the
/// interactions themselves say where that is.
fn meant(
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
            alone: true,
            ..args.filters.of(store, workspace)?
        };
        return Ok((vec![filter], Some(scope)));
    }
    let scope = named.as_deref().map(render::workspace);
    let mut filters = Vec::with_capacity(args.ids.len());
    for start in &args.ids {
        filters.push(Filter {
            id: Some(find_id(store, start)?),
            ..args.filters.of(store, named.clone())?
        });
    }
    Ok((filters, scope))
}

/// The workspaces of what was named by ids.
fn places(counts: &BTreeMap<String, u64>) -> String {
    match counts.first_key_value() {
        Some((workspace, _)) if counts.len() == 1 => render::workspace(workspace),
        _ => output::counted(counts.len(), "workspace"),
    }
}

fn planned(
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
        Outcome::Nothing
    } else {
        Outcome::Done
    })
}

/// So many are shown before they are deleted.
const SHOWN: usize = 5;

/// The newest of what is meant, and how much of each workspace, so that people see whether it is what they mean.
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
    for filter in filters.iter().take(SHOWN) {
        for recorded in store
            .list(filter, SHOWN / filters.len().min(SHOWN), None)?
            .rows
        {
            let asked = recorded.interaction;
            let id = store.short_id(&asked.id, SHORT)?;
            let question = output::fit(&render::one_line(&asked.question), 24);
            writeln!(out, "  {FAINT}{}{FAINT:#}  {question}", render::plain(&id))?;
        }
    }
    if counts.values().sum::<u64>() > SHOWN as u64 {
        writeln!(out, "  {FAINT}…{FAINT:#}")?;
    }
    Ok(())
}

/// Asks whoever sits at the terminal.
fn agreed(
    store: &Store,
    filters: &[Filter],
    counts: &BTreeMap<String, u64>,
    scope: &str,
) -> anyhow::Result<bool> {
    let count = output::counted(counts.values().sum::<u64>() as usize, "interaction");
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        bail!("there is no terminal to ask on; add --yes to forget {count} of {scope}");
    }
    let mut ask = anstream::stderr().lock();
    preview(&mut ask, store, filters, counts)?;
    write!(ask, "Forget {count} of {scope} for good? [y/N] ")?;
    ask.flush()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn report(forgotten: &Forgotten, scope: &str, global: &Global) -> anyhow::Result<Outcome> {
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
        let hint =
            "made of them; files that `samples curate` wrote may hold them, so write those anew";
        row("samples", samples, hint)?;
    }
    let names = |ids: &[String]| {
        let plain: Vec<String> = ids.iter().map(|id| render::plain(id)).collect();
        plain.join(", ")
    };
    if !forgotten.datasets.is_empty() {
        let hint = "marked: such a sample is in them";
        row("datasets", names(&forgotten.datasets), hint)?;
    }
    if !forgotten.generations.is_empty() {
        let hint = "marked: have learned from them; `repo-lsp samples lineage` says more";
        row("models", names(&forgotten.generations), hint)?;
    }
    for file in &forgotten.set_aside {
        let hint = "damaged earlier; may still hold them, and is yours to delete";
        writeln!(
            out,
            "{WARN}set aside{WARN:#}   {} {FAINT}{hint}{FAINT:#}",
            paths::tilde(file)
        )?;
    }
    out.flush()?;
    Ok(Outcome::Done)
}
