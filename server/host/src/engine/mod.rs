//! One generation of a model, loaded: an instance of mistral.rs of its own, and the queue in front of it.
//!
//! Generations are never added to or removed from one shared instance: removing blocks, and takes what is running along.

mod answer;
mod device;
mod files;
mod load;
mod memory;

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

pub(crate) use answer::{Failure, Piece, Question};
pub(crate) use load::Facts;

use super::queue::Queue;
use load::Core;
use models::library::Installed;
use settings::HostSettings;

/// How many requests an engine answers at once, on any device. On a processor, answers given at the same time corrupt each other; more
/// than one is for a device on which a test has shown that they do not.
const AT_ONCE: usize = 1;

/// Why a generation could not be loaded. Displays as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LoadError {
    /// It will not fit until something else ends.
    TooLarge(String),
    /// It will not load until it is replaced.
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
    pub facts: Facts,
    pub queue: Arc<Queue>,
    core: Mutex<Option<Core>>,
    /// An estimate of what the cache of keys and values holds, in bytes.
    cached: AtomicU64,
    /// How much of that is kept before all of it is given back.
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
            queue: Queue::new(AT_ONCE),
            core: Mutex::new(Some(core)),
            cached: AtomicU64::new(0),
            lost: AtomicBool::new(false),
            users: watch::Sender::new(0),
            used: Mutex::new(Instant::now()),
        }))
    }

    /// Whether it died or hangs; nothing more is asked of it then.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    fn lose(&self) {
        self.lost.store(true, Ordering::Release);
    }

    /// Ends its engine as a panic would.
    #[cfg(test)]
    pub(crate) async fn break_down(&self) {
        let requests = self.core().as_ref().map(|core| core.requests.clone());
        if let Some(requests) = requests {
            let _ = requests.send(mistralrs_core::Request::Terminate).await;
        }
    }

    /// When it was last asked something; now, while it is.
    pub(crate) fn last_used(&self) -> Instant {
        if *self.users.borrow() > 0 {
            return Instant::now();
        }
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many have it, whether they run or wait.
    pub(crate) fn users(&self) -> usize {
        *self.users.borrow()
    }

    /// Waits until all who have it are done with it, then gives its memory back. Nobody must be given it any more.
    pub(crate) async fn retire(self: Arc<Self>) {
        let mut users = self.users.subscribe();
        // The sender is `self`, so this cannot fail.
        let _ = users.wait_for(|users| *users == 0).await;
        let label = self.installed.label();
        let closed = tokio::task::spawn_blocking(move || match self.core().take() {
            Some(mut core) => {
                let ended = core.stop();
                drop(core);
                memory::give_back();
                ended
            }
            None => true,
        });
        match closed.await {
            Ok(true) => tracing::info!("{label} is unloaded"),
            _ => tracing::error!("{label} does not end; its memory is lost until this host ends"),
        }
    }

    /// Gives the cache of keys and values back when it has grown too much: mistral.rs never does on a processor. For whoever has the
    /// turn, so that nothing runs.
    async fn keep_cache_small(self: &Arc<Self>, tokens: usize) {
        // It grows in steps of so many tokens.
        const STEP: usize = 512;
        let bytes = (tokens.div_ceil(STEP) * STEP) as u64 * self.facts.cached_bytes_per_token;
        let cached = self.cached.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if cached <= self.cache_limit {
            return;
        }
        self.cached.store(0, Ordering::Relaxed);
        tracing::info!(
            "{} has some {} MB in mind, and forgets them",
            self.installed.label(),
            cached / 1_000_000
        );
        let engine = self.clone();
        let renewed = tokio::task::spawn_blocking(move || {
            let core = engine.core().take()?;
            let renewed = core.renew();
            memory::give_back();
            renewed
                .inspect_err(|error| {
                    tracing::error!(
                        "the cache of {} could not be emptied: {error}",
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
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As much as the weights, within reason, and no more than an eighth of the machine's memory.
fn cache_limit(weights: u64) -> u64 {
    const MB: u64 = 1_000_000;
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    weights
        .clamp(256 * MB, 2000 * MB)
        .min(system.total_memory() / 8)
}

/// An engine that somebody uses or waits for: it is not unloaded meanwhile.
pub(crate) struct Use(Arc<Engine>);

impl Use {
    pub(crate) fn of(engine: &Arc<Engine>) -> Self {
        engine.users.send_modify(|users| *users += 1);
        Use(engine.clone())
    }
}

impl Deref for Use {
    type Target = Arc<Engine>;

    fn deref(&self) -> &Arc<Engine> {
        &self.0
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        *self.0.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.0.users.send_modify(|users| *users -= 1);
    }
}
