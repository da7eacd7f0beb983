//! A loaded generation: its own instance of mistral.rs with a request queue.
//!
//! Generations do not share an instance, because removing a model from an instance blocks and aborts running requests.

mod answer;
mod device;
mod files;
mod load;
mod memory;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;

pub(crate) use answer::{AnswerEvent, Failure, ValidatedRequest};
pub use device::gpu;
pub(crate) use load::EngineInfo;

use super::queue::Queue;
use load::Core;
use models::library::Installed;
use settings::HostSettings;

/// Number of concurrent requests per engine. On the CPU, concurrent answers corrupt each other; raise it only for a device on which a
/// test has shown that they do not.
const MAX_CONCURRENT: usize = 1;

/// Why a generation could not be loaded. Displayed as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LoadError {
    /// It does not fit into the available memory.
    TooLarge(String),
    /// It cannot be loaded, whatever memory is available.
    Broken(String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            LoadError::TooLarge(line) | LoadError::Broken(line) => f.write_str(line),
        }
    }
}

pub(crate) struct Engine {
    pub installed: Installed,
    pub facts: EngineInfo,
    pub queue: Arc<Queue>,
    core: Mutex<Option<Core>>,
    /// Estimated size of the KV cache, in bytes.
    cached: AtomicU64,
    /// Size of the KV cache, in bytes, above which it is cleared.
    cache_limit: u64,
    lost: AtomicBool,
    users: watch::Sender<usize>,
    used: Mutex<Instant>,
}

impl Engine {
    pub(crate) async fn load(
        installed: Installed,
        base: Option<Installed>,
        settings: HostSettings,
    ) -> Result<Arc<Self>, LoadError> {
        let (core, facts) = load::load(installed.clone(), base, settings).await?;
        Ok(Arc::new(Engine {
            cache_limit: cache_limit(facts.bytes),
            installed,
            facts,
            queue: Queue::new(MAX_CONCURRENT),
            core: Mutex::new(Some(core)),
            cached: AtomicU64::new(0),
            lost: AtomicBool::new(false),
            users: watch::Sender::new(0),
            used: Mutex::new(Instant::now()),
        }))
    }

    /// Returns whether the engine has failed or hangs and must not be used any more.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    fn lose(&self) {
        self.lost.store(true, Ordering::Release);
    }

    /// Ends the engine as a panic would.
    #[cfg(test)]
    pub(crate) async fn break_down(&self) {
        let requests = self.core().as_ref().map(|core| core.requests.clone());
        if let Some(requests) = requests {
            let _ = requests.send(mistralrs_core::Request::Terminate).await;
        }
    }

    /// Returns when it was last used; the current time while it is in use.
    pub(crate) fn last_used(&self) -> Instant {
        if *self.users.borrow() > 0 {
            return Instant::now();
        }
        *self.used.lock()
    }

    /// Returns the number of running and waiting requests.
    pub(crate) fn users(&self) -> usize {
        *self.users.borrow()
    }

    /// Waits until all handles are dropped, then frees its memory. No new handle may be created after this call.
    pub(crate) async fn retire(self: Arc<Self>) {
        let mut users = self.users.subscribe();
        // The sender is `self`, so this cannot fail.
        let _ = users.wait_for(|users| *users == 0).await;
        let label = self.installed.label();
        let closed = tokio::task::spawn_blocking(move || match self.core().take() {
            Some(mut core) => {
                let ended = core.stop();
                drop(core);
                memory::trim_heap();
                ended
            }
            None => true,
        });
        match closed.await {
            Ok(true) => tracing::info!("unloaded {label}"),
            _ => tracing::error!(
                "{label} does not stop; its memory is not freed until this host ends"
            ),
        }
    }

    /// Clears the KV cache when it has grown too large, which mistral.rs never does on the CPU. The caller must hold a queue slot, so that
    /// no request is running.
    async fn keep_cache_small(self: &Arc<Self>, tokens: usize) {
        // The cache grows in steps of this many tokens.
        const CACHE_STEP: usize = 512;
        let bytes =
            (tokens.div_ceil(CACHE_STEP) * CACHE_STEP) as u64 * self.facts.cached_bytes_per_token;
        let cached = self.cached.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if cached <= self.cache_limit {
            return;
        }
        self.cached.store(0, Ordering::Relaxed);
        tracing::info!(
            "clearing the KV cache of {}, about {} MB",
            self.installed.label(),
            cached / 1_000_000
        );
        let engine = self.clone();
        let renewed = tokio::task::spawn_blocking(move || {
            let core = engine.core().take()?;
            let renewed = core.renew();
            memory::trim_heap();
            renewed
                .inspect_err(|error| {
                    tracing::error!(
                        "cannot clear the KV cache of {}: {error}",
                        engine.installed.label()
                    )
                })
                .ok()
        });
        match renewed.await {
            Ok(Some(core)) => *self.core() = Some(core),
            _ => self.lose(),
        }
    }

    fn core(&self) -> MutexGuard<'_, Option<Core>> {
        self.core.lock()
    }
}

/// Returns the cache limit: the size of the weights, between 256 MB and 2 GB, and at most one eighth of the memory of the machine.
fn cache_limit(weights: u64) -> u64 {
    const MB: u64 = 1_000_000;
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    weights
        .clamp(256 * MB, 2000 * MB)
        .min(system.total_memory() / 8)
}

/// A handle that keeps an engine from being unloaded.
pub(crate) struct EngineHandle(Arc<Engine>);

impl EngineHandle {
    pub(crate) fn of(engine: &Arc<Engine>) -> Self {
        engine.users.send_modify(|users| *users += 1);
        EngineHandle(engine.clone())
    }
}

impl Deref for EngineHandle {
    type Target = Arc<Engine>;

    fn deref(&self) -> &Arc<Engine> {
        &self.0
    }
}

impl Drop for EngineHandle {
    fn drop(&mut self) {
        *self.0.used.lock() = Instant::now();
        self.0.users.send_modify(|users| *users -= 1);
    }
}
