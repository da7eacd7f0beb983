//! What most commands start from: the workspace, its settings, and its index brought up to date.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use repo_indexer::{Cancel, Index, IndexAccess, RefreshReport, RefreshScope};
use repo_lsp::config::{self, Loaded, LogFilter, Options, Settings, Source};
use repo_lsp::paths::{self, Dirs};

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

/// An index that was opened, and what was done to bring it up to date.
pub(crate) struct Opened {
    pub index: Arc<Index>,
    /// None when another process keeps the index fresh.
    pub report: Option<RefreshReport>,
    pub took: Duration,
}

impl Context {
    /// The context of the workspace that the flags name.
    pub(crate) fn load(global: &Global) -> anyhow::Result<Self> {
        Context::of(paths::workspace(global.workspace.as_deref())?, global)
    }

    /// The context of a given workspace.
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

    pub(crate) fn open(&self) -> anyhow::Result<Arc<Index>> {
        let directory = self.index_directory();
        Index::open(&self.root, self.settings.index_options(directory.clone())).with_context(|| {
            format!(
                "cannot open the index of {} (`repo-lsp doctor` says more)",
                paths::tilde(&self.root)
            )
        })
    }

    /// Opens the index and brings it up to date, unless another process does that already.
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
                        "another process is still making this index; ask again in a moment",
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

/// Loads the settings, starts the log, and reports what is wrong with the configuration: the user's own mistakes stop a command,
/// those of a file that came with the repository do not.
fn settings(root: &Path, dirs: &Dirs, global: &Global) -> anyhow::Result<Loaded> {
    let loaded = config::load(Some(root), dirs, None, flags(global));
    start_log(&loaded.settings.log);
    if let Some(problem) = loaded.fatal() {
        bail!(
            "{problem}. Nothing is indexed until this is corrected, because it decides which files are private"
        );
    }
    for problem in &loaded.problems {
        match problem.source {
            Source::Workspace => output::warning(problem),
            Source::User | Source::Editor => {
                bail!("{problem}. `repo-lsp schema --markdown` explains every key")
            }
        }
    }
    Ok(loaded)
}

/// What the command line itself sets.
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

/// The log goes to standard error, always: standard output belongs to the protocol and to results.
pub(crate) fn start_log(filter: &str) {
    let filter = tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_default();
    let format = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .with_ansi(false);
    // A second start, in a command that looks at several workspaces, changes nothing.
    let _ = format.try_init();
}
