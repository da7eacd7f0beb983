//! `repo-lsp doctor`: checks the installation and the workspace, and suggests what to do about problems.

mod models;
mod samples;

use std::io::Write;
use std::path::Path;

use repo_indexer::{Index, IndexAccess};
use serde_json::json;
use settings::paths::{self, Dirs};

use super::arguments::Global;
use super::output::{self, BAD, FAINT, GOOD, WARN};
use super::{Outcome, context, status};

/// Check the configuration, index, model and samples, and suggest fixes for problems
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp doctor                          run all checks
  repo-lsp doctor --json | jq '.[] | select(.level != \"ok\")'

The exit code is 1 if a check failed.")]
pub(crate) struct Args {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Ok,
    Warn,
    Fail,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Fail => "fail",
        }
    }
}

/// The result of one check.
struct Check {
    level: Level,
    /// The subject of the check.
    what: &'static str,
    found: String,
    /// What to do about a problem.
    advice: Option<String>,
}

fn ok(what: &'static str, found: impl Into<String>) -> Check {
    Check {
        level: Level::Ok,
        what,
        found: found.into(),
        advice: None,
    }
}

fn warn(what: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Check {
    Check {
        level: Level::Warn,
        what,
        found: found.into(),
        advice: Some(advice.into()),
    }
}

fn fail(what: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Check {
    Check {
        level: Level::Fail,
        what,
        found: found.into(),
        advice: Some(advice.into()),
    }
}

pub(crate) fn run(_args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    let dirs = Dirs::from_environment()?;
    let checks = examine(global, &dirs);
    if global.json {
        let lines = checks.iter().map(|check| {
            json!({ "level": check.level.name(), "check": check.what, "found": check.found, "advice": check.advice })
        });
        output::json(&lines.collect())?;
    } else {
        let mut out = output::stdout();
        for Check {
            level,
            what,
            found,
            advice,
        } in &checks
        {
            let style = match level {
                Level::Ok => GOOD,
                Level::Warn => WARN,
                Level::Fail => BAD,
            };
            writeln!(
                out,
                "{style}{:<4}{style:#}  {what:<12}  {found}",
                level.name()
            )?;
            if let Some(advice) = advice {
                writeln!(out, "                    {FAINT}→{FAINT:#} {advice}")?;
            }
        }
        out.flush()?;
    }
    let failed = checks.iter().any(|check| check.level == Level::Fail);
    Ok(if failed {
        Outcome::Unsuccessful
    } else {
        Outcome::Done
    })
}

fn examine(global: &Global, dirs: &Dirs) -> Vec<Check> {
    let root = match paths::workspace(global.workspace.as_deref()) {
        Ok(root) => root,
        Err(error) => {
            return vec![fail(
                "workspace",
                format!("{error:#}"),
                "the other checks are skipped, because they need a workspace",
            )];
        }
    };
    let mut checks = vec![workspace(&root)];
    let loaded = settings::load(Some(&root), dirs, None, context::flags(global));
    context::start_log(&loaded.settings.log);
    checks.extend(configuration(&loaded, dirs));
    let directory = dirs.index(&root);
    let writable = writable(&directory);
    let usable = writable.level != Level::Fail;
    checks.push(writable);
    #[cfg(unix)]
    checks.push(free_space(&directory));
    #[cfg(target_os = "linux")]
    checks.push(watches(&root));
    checks.extend(models::examine(&loaded.settings, dirs));
    checks.push(samples::examine(&loaded.settings, dirs, &root));
    if usable && loaded.fatal().is_none() {
        match Index::open(&root, loaded.settings.index_options(directory.clone())) {
            Ok(index) => checks.extend(health(&index)),
            Err(error) => checks.push(fail(
                "index",
                format!("cannot open the index: {error}"),
                format!(
                    "delete {} and run `repo-lsp index`",
                    paths::tilde(&directory)
                ),
            )),
        }
    }
    checks
}

fn workspace(root: &Path) -> Check {
    let shown = paths::tilde(root);
    if root.parent().is_none() || shown == "~" {
        let advice =
            "this indexes your whole home folder or disk; pass a repository with --workspace DIR";
        warn("workspace", shown, advice)
    } else if paths::is_repository_root(root) {
        ok("workspace", shown)
    } else {
        let advice = "not inside a repository, so this folder is used as the workspace; pass another with --workspace DIR";
        warn("workspace", shown, advice)
    }
}

fn configuration(loaded: &settings::Loaded, dirs: &Dirs) -> Vec<Check> {
    let advice = "`repo-lsp schema --markdown` documents all keys";
    let mut checks: Vec<Check> = loaded
        .problems
        .iter()
        .map(|problem| match problem.origin {
            settings::SettingOrigin::Workspace if !problem.affects_private_files() => {
                warn("config", problem.to_string(), advice)
            }
            _ => fail("config", problem.to_string(), advice),
        })
        .collect();
    if checks.is_empty() {
        let files: Vec<_> = loaded.files.iter().map(|file| paths::tilde(file)).collect();
        checks.push(match files.as_slice() {
            [] => ok(
                "config",
                format!(
                    "defaults ({} does not exist)",
                    paths::tilde(&dirs.config_file())
                ),
            ),
            files => ok("config", files.join(" · ")),
        });
    }
    checks
}

fn writable(directory: &Path) -> Check {
    let shown = paths::tilde(directory);
    let probe = directory.join(".doctor");
    let result = std::fs::create_dir_all(directory)
        .and_then(|()| std::fs::write(&probe, b""))
        .and_then(|()| std::fs::remove_file(&probe));
    match result {
        Ok(()) => ok("index folder", shown),
        Err(error) => fail(
            "index folder",
            format!("cannot write to {shown}: {}", paths::plain(&error)),
            "make it writable, or set XDG_CACHE_HOME to a writable folder",
        ),
    }
}

#[cfg(unix)]
fn free_space(directory: &Path) -> Check {
    let existing = directory
        .ancestors()
        .find(|folder| folder.exists())
        .unwrap_or(directory);
    match rustix::fs::statvfs(existing) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let shown = format!("{} free", output::bytes(free));
            let advice =
                "free some disk space; an index needs about half the size of the indexed files";
            match free {
                0..50_000_000 => fail("disk", shown, advice),
                50_000_000..500_000_000 => warn("disk", shown, advice),
                _ => ok("disk", shown),
            }
        }
        Err(error) => warn(
            "disk",
            format!("cannot determine the free space: {error}"),
            "no action is needed if commands work",
        ),
    }
}

/// Checks the inotify limit: Linux needs one watch per folder and limits their number per user.
#[cfg(target_os = "linux")]
fn watches(root: &Path) -> Check {
    let folders = ignore::WalkBuilder::new(root)
        .hidden(false)
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_dir()))
        .count();
    let limit = std::fs::read_to_string("/proc/sys/fs/inotify/max_user_watches");
    let limit: Option<usize> = limit.ok().and_then(|text| text.trim().parse().ok());
    let folders_text = output::counted(folders, "folder");
    match limit {
        None => warn(
            "watching",
            format!("{folders_text}; the limit of inotify watches is unknown"),
            "no action is needed if file changes are detected",
        ),
        Some(limit) => {
            let shown = format!("{folders_text}, {} watches allowed", output::count(limit));
            // Other programs of the same user need watches, too.
            if folders * 2 > limit {
                let advice = "run `sudo sysctl fs.inotify.max_user_watches=524288`; until then, some changes are detected late";
                warn("watching", shown, advice)
            } else {
                ok("watching", shown)
            }
        }
    }
}

fn health(index: &Index) -> Vec<Check> {
    if let Some(notice) = index.take_notice() {
        return vec![warn("index", notice, "run `repo-lsp index`")];
    }
    let status = index.snapshot().status();
    let state = match index.access() {
        IndexAccess::Writer => "",
        IndexAccess::Reader => " · kept up to date by another process",
    };
    let found = format!("{}{state}", status::figures(&status));
    if status.files == 0 && index.access() == IndexAccess::Writer {
        return vec![warn(
            "index",
            "no files are indexed yet",
            "run `repo-lsp index`",
        )];
    }
    let mut checks = vec![
        ok("index", found),
        ok("languages", status::languages(&status)),
    ];
    if let Some(line) = status::skipped_line(&status) {
        checks.push(ok("skipped", line));
    }
    checks
}
