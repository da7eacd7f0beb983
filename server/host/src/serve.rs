//! Runs the host: listens, publishes its address, shuts down on request or when idle, and removes its address file.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::serve::ListenerExt;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::async_library::AsyncLibrary;
use super::http;
use super::lock::HostLock;
use super::manager::ModelManager;
use super::watch::LibraryWatcher;
use models::host_files::{HostAddress, HostFiles};
use models::library::Library;
use settings::HostSettings;
use settings::paths::Dirs;

/// How often the host checks that its address file is intact.
const PUBLISH_CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Time to send the remaining data after all answers are complete.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// The state shared by all requests.
pub struct HostProcess {
    pub(super) manager: Arc<ModelManager>,
    pub(super) token: String,
    pub(super) stopping: CancellationToken,
    pub(super) numbers: AtomicUsize,
    /// Number of running and of waiting requests.
    pub(super) running: watch::Sender<usize>,
    pub(super) waiting: watch::Sender<usize>,
    asked: Mutex<Instant>,
    exit_after: Duration,
}

/// Serves until asked to stop, or until no request has arrived for `host.exit_after_seconds`. Each future of `shutdown` resolves when
/// the process receives a signal to end; the second signal ends it immediately.
pub async fn serve<F: Future<Output = ()>>(
    dirs: &Dirs,
    settings: HostSettings,
    lock: HostLock,
    shutdown: impl Fn() -> F,
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
    let watch = LibraryWatcher::start(host.manager.clone()).inspect_err(|error| {
        tracing::warn!(
            "cannot watch the model library; a new generation is noticed by the next request: {error}"
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

    // Tokens are small and must not be delayed.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let server = axum::serve(listener, http::router(host.clone()))
        .with_graceful_shutdown(host.stopping.clone().cancelled_owned());
    let end = async {
        tokio::select! {
            () = shutdown() => tracing::info!("stopping after the current requests"),
            () = host.stopping.cancelled() => tracing::info!("stop requested; stopping after the current requests"),
            () = host.idle() => tracing::info!("idle; stopping"),
        }
        host.stopping.cancel();
        // From here on, clients start another host, which waits for the lock.
        files.withdraw();
    };
    let all = async {
        let mut server = std::pin::pin!(server.into_future());
        let answered = async {
            end.await;
            // Requests are finished even if the client has disconnected.
            host.wait_for_zero(&host.waiting).await;
            host.wait_for_zero(&host.running).await;
            // An idle connection would otherwise keep the server running forever.
            tokio::time::sleep(DRAIN_TIMEOUT).await;
        };
        let served = tokio::select! {
            served = &mut server => {
                host.wait_for_zero(&host.waiting).await;
                host.wait_for_zero(&host.running).await;
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
        () = twice(&shutdown) => tracing::warn!("stopping immediately"),
    }
    files.withdraw();
    drop(watch);
    drop(lock);
    Ok(())
}

/// Rewrites the address file when it was lost or damaged. Without it clients could neither find this host nor start another one. Never
/// returns.
async fn keep_published(files: &HostFiles, endpoint: &HostAddress, stopping: &CancellationToken) {
    loop {
        tokio::time::sleep(PUBLISH_CHECK_INTERVAL).await;
        if stopping.is_cancelled() || files.read().as_ref() == Some(endpoint) {
            continue;
        }
        match files.publish(endpoint) {
            Ok(()) => tracing::warn!("the address file was lost or damaged; it was written again"),
            Err(error) => tracing::warn!("cannot write the address file again: {error}"),
        }
    }
}

async fn twice<F: Future<Output = ()>>(shutdown: &impl Fn() -> F) {
    shutdown().await;
    shutdown().await;
}

/// Generates the random access token that clients must send.
fn token() -> io::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl HostProcess {
    /// Resets the idle timer.
    pub(super) fn note_request(&self) {
        *self.asked.lock() = Instant::now();
    }

    /// Unloads idle models. Resolves when no model is loaded and no request has arrived for long enough.
    async fn idle(&self) {
        let mut changes = self.manager.changes();
        loop {
            changes.mark_unchanged();
            let next = match self.manager.tidy().await {
                Ok(next) => next,
                Err(()) => {
                    let asked = *self.asked.lock();
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

    async fn wait_for_zero(&self, count: &watch::Sender<usize>) {
        // The sender lives in `self`, so this cannot fail.
        let _ = count.subscribe().wait_for(|count| *count == 0).await;
    }

    pub(super) fn number(&self) -> usize {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
}
