//! The life of a host: it listens, says where, ends when it is told to or when nobody needs it, and takes its traces away.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::async_library::AsyncLibrary;
use super::http;
use super::lock::HostLock;
use super::manager::ModelManager;
use super::watch::Watch;
use models::host_files::{HostAddress, HostFiles};
use models::library::Library;
use settings::HostSettings;
use settings::paths::Dirs;

/// How often a host sees to it that it can be found.
const LOOK_AFTER: Duration = Duration::from_secs(2);

/// What is left to send when all answers are made is sent within this.
const PARTING: Duration = Duration::from_secs(2);

/// What all requests share.
pub struct HostProcess {
    pub(super) manager: Arc<ModelManager>,
    pub(super) token: String,
    pub(super) stopping: CancellationToken,
    pub(super) numbers: AtomicUsize,
    /// How many answers are being made, and how many are waited for.
    pub(super) running: watch::Sender<usize>,
    pub(super) waiting: watch::Sender<usize>,
    asked: Mutex<Instant>,
    exit_after: Duration,
}

/// Serves until it is told to stop, or until nobody has asked for anything for long enough.
/// `told` resolves when the process is asked to end; a second time means at once.
pub async fn serve<F: Future<Output = ()>>(
    dirs: &Dirs,
    settings: HostSettings,
    lock: HostLock,
    told: impl Fn() -> F,
) -> io::Result<()> {
    let files = HostFiles::new(dirs);
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let address = listener.local_addr()?;
    let host = Arc::new(HostProcess {
        manager: ModelManager::new(AsyncLibrary::new(Library::new(dirs)), settings),
        token: token()?,
        stopping: CancellationToken::new(),
        numbers: AtomicUsize::new(0),
        running: watch::Sender::new(0),
        waiting: watch::Sender::new(0),
        asked: Mutex::new(Instant::now()),
        exit_after: Duration::from_secs(settings.exit_after_seconds),
    });
    let watch = Watch::start(host.manager.clone()).inspect_err(|error| {
        tracing::warn!(
            "cannot watch the models, so a new generation is noticed by the next request: {error}"
        )
    });
    let endpoint = HostAddress {
        url: format!("http://{address}/v1"),
        token: host.token.clone(),
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    files.publish(&endpoint)?;
    tracing::info!("serving on {address}");

    // Tokens are small, and each of them is awaited.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let server = axum::serve(listener, http::router(host.clone()))
        .with_graceful_shutdown(host.stopping.clone().cancelled_owned());
    let end = async {
        tokio::select! {
            () = told() => tracing::info!("ending, once what runs has finished"),
            () = host.stopping.cancelled() => tracing::info!("told to end; ending, once what runs has finished"),
            () = host.unneeded() => tracing::info!("nobody has asked for anything; ending"),
        }
        host.stopping.cancel();
        // Whoever looks for a host from here on starts another one, which waits for the lock.
        files.withdraw();
    };
    let all = async {
        let mut server = std::pin::pin!(server.into_future());
        let answered = async {
            end.await;
            // Answers end in their own time, even when nobody listens any more.
            host.nothing(&host.waiting).await;
            host.nothing(&host.running).await;
            // What is still to be sent is sent by then; a connection on which nothing was ever asked would stay for ever.
            tokio::time::sleep(PARTING).await;
        };
        let served = tokio::select! {
            served = &mut server => {
                host.nothing(&host.waiting).await;
                host.nothing(&host.running).await;
                served
            }
            () = answered => Ok(()),
        };
        host.manager.close().await;
        served
    };
    tokio::select! {
        served = all => served?,
        () = keep_published(&files, &endpoint, &host.stopping) => {}
        () = twice(&told) => tracing::warn!("ending at once"),
    }
    files.withdraw();
    drop(watch);
    drop(lock);
    Ok(())
}

/// Writes the endpoint again where it was lost or damaged: nobody finds a host without it, and no other can be started beside this one.
/// Never ends.
async fn keep_published(files: &HostFiles, endpoint: &HostAddress, stopping: &CancellationToken) {
    loop {
        tokio::time::sleep(LOOK_AFTER).await;
        if stopping.is_cancelled() || files.read().as_ref() == Some(endpoint) {
            continue;
        }
        match files.publish(endpoint) {
            Ok(()) => tracing::warn!(
                "the file with the endpoint was lost or damaged, and is written again"
            ),
            Err(error) => tracing::warn!("cannot write the endpoint again: {error}"),
        }
    }
}

async fn twice<F: Future<Output = ()>>(told: &impl Fn() -> F) {
    told().await;
    told().await;
}

/// What whoever asks must show: nothing that can be guessed.
fn token() -> io::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl HostProcess {
    /// Somebody asks for something that is worth living for.
    pub(super) fn note_request(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Frees what is not used, and resolves when nothing is left and nobody has asked for long enough.
    async fn unneeded(&self) {
        let mut changes = self.manager.changes();
        loop {
            changes.mark_unchanged();
            let next = match self.manager.tidy().await {
                Ok(next) => next,
                Err(()) => {
                    let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
                    let quiet = *self.running.borrow() + *self.waiting.borrow() == 0;
                    if quiet && asked.elapsed() >= self.exit_after {
                        return;
                    }
                    (asked + self.exit_after).max(Instant::now() + Duration::from_millis(100))
                }
            };
            tokio::select! {
                () = tokio::time::sleep_until(next.into()) => {}
                _ = changes.changed() => {}
            }
        }
    }

    async fn nothing(&self, count: &watch::Sender<usize>) {
        // The sender is ours, so this ends only when the count is right.
        let _ = count.subscribe().wait_for(|count| *count == 0).await;
    }

    pub(super) fn number(&self) -> usize {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
}
