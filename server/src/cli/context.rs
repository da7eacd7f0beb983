//! The context of a command: the workspace, its settings and its index.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use repo_indexer::{Cancel, Index, IndexAccess, RefreshReport, RefreshScope};
use settings::paths::{self, Dirs};
use settings::{Loaded, LogFilter, Options, SettingOrigin, Settings};

use super::arguments::Global;
use super::output;
use super::progress::Bar;

pub(crate) struct Context {
    pub root: PathBuf,
    pub dirs: Dirs,
    pub settings: Settings,
    pub json: bool,
    pub verbose: u8,
}

/// An open index and the result of updating it.
pub(crate) struct Opened {
    pub index: Arc<Index>,
    /// None if another process keeps the index up to date.
    pub report: Option<RefreshReport>,
    /// The time it took to open and update the index.
    pub took: Duration,
}

impl Context {
    /// Loads the context of the workspace that the flags select. Fails if the user's configuration is invalid.
    pub(crate) fn load(global: &Global) -> anyhow::Result<Self> {
        Context::of(paths::workspace(global.workspace.as_deref())?, global)
    }

    /// Loads the context of the workspace at `root`.
    pub(crate) fn of(root: PathBuf, global: &Global) -> anyhow::Result<Self> {
        let dirs = Dirs::from_environment()?;
        let Loaded { settings, .. } = settings(&root, &dirs, global)?;
        Ok(Context {
            root,
            dirs,
            settings,
            json: global.json,
            verbose: global.verbose,
        })
    }

    pub(crate) fn index_directory(&self) -> PathBuf {
        self.dirs.index(&self.root)
    }

    /// Opens the index without updating it.
    pub(crate) fn open(&self) -> anyhow::Result<Arc<Index>> {
        let directory = self.index_directory();
        Index::open(&self.root, self.settings.index_options(directory.clone())).with_context(|| {
            format!(
                "cannot open the index of {} (run `repo-lsp doctor` for details)",
                paths::tilde(&self.root)
            )
        })
    }

    /// Opens the index and updates it, unless another process already keeps it up to date.
    pub(crate) fn open_fresh(&self, scope: RefreshScope) -> anyhow::Result<Opened> {
        let started = Instant::now();
        let index = self.open()?;
        if let Some(notice) = index.take_notice() {
            output::warning(notice);
        }
        let report = match index.access() {
            IndexAccess::Writer => {
                let bar = Bar::new("Indexing", "files", self.verbose > 0);
                let report = index.refresh(scope, &|progress| bar.show(progress), &Cancel::new());
                Some(report.with_context(|| format!("cannot index {}", paths::tilde(&self.root)))?)
            }
            IndexAccess::Reader => {
                if index.snapshot().status().files == 0 {
                    output::warning(
                        "another process is still building this index; try again in a moment",
                    );
                }
                None
            }
        };
        Ok(Opened {
            index,
            report,
            took: started.elapsed(),
        })
    }
}

/// Loads the settings, starts logging, and reports errors in the configuration. Errors in the user's configuration are fatal, errors in
/// the workspace file are warnings, because that file comes with the repository.
fn settings(root: &Path, dirs: &Dirs, global: &Global) -> anyhow::Result<Loaded> {
    let loaded = settings::load(Some(root), dirs, None, flags(global));
    start_log(&loaded.settings.log);
    if let Some(problem) = loaded.fatal() {
        bail!(
            "{problem}. Nothing is indexed until this is corrected, because it determines which files are private"
        );
    }
    for problem in &loaded.problems {
        match problem.origin {
            SettingOrigin::Workspace => output::warning(problem),
            SettingOrigin::User | SettingOrigin::Editor => {
                bail!("{problem}. `repo-lsp schema --markdown` documents all keys")
            }
        }
    }
    Ok(loaded)
}

/// Converts the global flags to settings.
pub(crate) fn flags(global: &Global) -> Options {
    let log = match global.verbose {
        0 => None,
        1 => Some("repo_lsp=info,repo_indexer=info,warn"),
        2 => Some("repo_lsp=debug,repo_indexer=debug,info"),
        _ => Some("trace"),
    };
    Options {
        log: log.map(|filter| LogFilter(filter.into())),
        ..Options::default()
    }
}

/// Starts logging to standard error. Standard output is reserved for the protocol and for results.
pub(crate) fn start_log(filter: &str) {
    let filter = tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_default();
    let format = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .with_ansi(false);
    // Fails if logging has been started before, by a command that loads several workspaces. The first filter stays.
    let _ = format.try_init();
}
