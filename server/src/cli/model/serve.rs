//! `repo-lsp model serve`: the process that runs models, one for all editors. Editors start it themselves when they need it.

use crate::cli::Outcome;
use crate::cli::arguments::Global;

/// Run models for all editors of this user, until nobody needs them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp model serve          what an editor starts by itself; here one sees what it does
  repo-lsp model stop           ends it, once what it answers is finished

What it may use is set in `[host]` of the user's config.toml; `repo-lsp schema --markdown` explains it.")]
pub(crate) struct Args {
    /// Started by another process: say nothing but what goes to the log
    #[arg(long, hide = true)]
    on_demand: bool,
}

#[cfg(not(feature = "local-model"))]
pub(crate) fn run(_: &Args, _: &Global) -> anyhow::Result<Outcome> {
    anyhow::bail!(
        "this program was built without `local-model`, so it runs no models; set `model.endpoint` to an engine that does"
    )
}

#[cfg(feature = "local-model")]
pub(crate) fn run(args: &Args, global: &Global) -> anyhow::Result<Outcome> {
    use std::io::Write;

    use anyhow::Context as _;
    use model_host::{HostLock, LockAttempt};
    use models::host_files::HostFiles;
    use settings;
    use settings::paths::{Dirs, tilde};

    use crate::cli::{context, output};

    let dirs = Dirs::from_environment()?;
    let loaded = settings::load(None, &dirs, None, context::flags(global));
    context::start_log(&filter(&loaded.settings.log));
    for problem in &loaded.problems {
        tracing::warn!("{problem}");
    }
    let files = HostFiles::new(&dirs);
    let taken = HostLock::try_acquire(&files)
        .with_context(|| format!("cannot use {}", tilde(files.directory())))?;
    let lock = match taken {
        LockAttempt::Acquired(lock) => lock,
        LockAttempt::HeldByOther(_) if args.on_demand => return Ok(Outcome::Done),
        LockAttempt::HeldByOther(endpoint) => {
            let who = match endpoint {
                Some(endpoint) => format!("process {} on {}", endpoint.pid, endpoint.url),
                None => "a process that is just beginning or ending".to_owned(),
            };
            writeln!(output::stdout(), "models are served already, by {who}")?;
            return Ok(Outcome::Done);
        }
    };
    yield_to_editors();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(model_host::serve(&dirs, loaded.settings.host, lock, told));
    // What is being loaded is not waited for; nothing is lost with it.
    runtime.shutdown_background();
    served.context("cannot serve models")?;
    Ok(Outcome::Done)
}

/// What the host does is worth a line each: it is what its log is for.
#[cfg(feature = "local-model")]
fn filter(configured: &str) -> String {
    if configured == "warn" {
        "warn,model_host=info".to_owned()
    } else {
        configured.to_owned()
    }
}

/// Lets editors go first when there is not enough of the processor for all.
#[cfg(feature = "local-model")]
fn yield_to_editors() {
    #[cfg(unix)]
    if let Err(error) = rustix::process::nice(5) {
        tracing::debug!("cannot lower the priority: {error}");
    }
}

/// Resolves when this process is asked to end.
#[cfg(all(feature = "local-model", unix))]
async fn told() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(all(feature = "local-model", not(unix)))]
async fn told() {
    let _ = tokio::signal::ctrl_c().await;
}
