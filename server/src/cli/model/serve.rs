//! `repo-lsp model serve`: runs the model host, one process for all editors. It is started on demand.

use crate::cli::Outcome;
use crate::cli::arguments::Global;

/// Run the model host in the foreground, until it has been idle for a while
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repo-lsp model serve          run the host and show its log
  repo-lsp model stop           stop the host after the answers in progress

The host runs models for all editors and commands of this user. They start it when they need it, so running it by hand is only useful \
to see its log. The keys in `[host]` of config.toml configure it; `repo-lsp schema --markdown` documents them.")]
pub(crate) struct Args {
    /// Started by another process: print nothing except the log
    #[arg(long, hide = true)]
    on_demand: bool,
}

#[cfg(not(feature = "local-model"))]
pub(crate) fn run(_: &Args, _: &Global) -> anyhow::Result<Outcome> {
    anyhow::bail!(
        "this program was built without the feature `local-model`, so it cannot run models; set `model.endpoint` to an OpenAI-compatible server"
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
            let host = match endpoint {
                Some(endpoint) => format!("process {} on {}", endpoint.pid, endpoint.url),
                None => "a process that is starting or exiting".to_owned(),
            };
            writeln!(output::stdout(), "a model host is already running: {host}")?;
            return Ok(Outcome::Done);
        }
    };
    lower_priority();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(model_host::serve(
        &dirs,
        loaded.settings.host,
        lock,
        shutdown,
    ));
    // A load in progress is abandoned; it has no effects that outlive the process.
    runtime.shutdown_background();
    served.context("cannot run the model host")?;
    Ok(Outcome::Done)
}

/// Raises the default log level, because the log is the only output of the host.
#[cfg(feature = "local-model")]
fn filter(configured: &str) -> String {
    if configured == "warn" {
        "warn,model_host=info".to_owned()
    } else {
        configured.to_owned()
    }
}

/// Lowers the priority of this process, so that editors stay responsive.
#[cfg(feature = "local-model")]
fn lower_priority() {
    #[cfg(unix)]
    if let Err(error) = rustix::process::nice(5) {
        tracing::debug!("cannot lower the priority: {error}");
    }
}

/// Resolves when this process receives a signal to terminate.
#[cfg(all(feature = "local-model", unix))]
async fn shutdown() {
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
async fn shutdown() {
    let _ = tokio::signal::ctrl_c().await;
}
