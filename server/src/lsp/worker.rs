//! One background thread that is told what has changed, each thing once.
//!
//! Whoever tells it does not wait. What is told again while the thread is busy is still one thing to do, so that a burst of changes to a
//! document costs one extraction and not one for each key stroke. Only names are handed over: a value could be outdated when its turn
//! comes, so the work looks up what is there by then. Knows nothing of what the work is.

use std::collections::HashSet;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::transport::panic_text;

pub struct Coalescer<K>(Arc<Inner<K>>);

struct Inner<K> {
    queue: Mutex<Queue<K>>,
    changed: Condvar,
}

struct Queue<K> {
    waiting: HashSet<K>,
    closed: bool,
}

impl<K: Hash + Eq + Send + 'static> Coalescer<K> {
    /// Starts the thread. It waits `delay` after the first, for more of the same burst to arrive.
    pub fn start(
        name: &str,
        delay: Duration,
        mut work: impl FnMut(HashSet<K>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let queue = Mutex::new(Queue {
            waiting: HashSet::new(),
            closed: false,
        });
        let inner = Arc::new(Inner {
            queue,
            changed: Condvar::new(),
        });
        let theirs = inner.clone();
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                while theirs.wait() {
                    std::thread::sleep(delay);
                    let batch = std::mem::take(&mut theirs.lock().waiting);
                    // One bad file must not end the updates of all others.
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(batch))) {
                        tracing::error!("a background update panicked: {}", panic_text(&*panic));
                    }
                }
            })?;
        Ok(Coalescer(inner))
    }
}

impl<K: Hash + Eq> Coalescer<K> {
    /// Has the work done after now, once however often it is asked for until then.
    pub fn put(&self, key: K) {
        self.0.lock().waiting.insert(key);
        self.0.changed.notify_one();
    }
}

impl<K> Drop for Coalescer<K> {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_one();
    }
}

impl<K> Inner<K> {
    fn lock(&self) -> MutexGuard<'_, Queue<K>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until there is work; false when there will be none.
    fn wait(&self) -> bool {
        let idle = |queue: &mut Queue<K>| queue.waiting.is_empty() && !queue.closed;
        let queue = self
            .changed
            .wait_while(self.lock(), idle)
            .unwrap_or_else(PoisonError::into_inner);
        !queue.closed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_burst_is_worked_on_once_and_with_what_is_there_at_its_end() {
        let (sender, receiver) = mpsc::channel();
        let newest = Arc::new(AtomicU32::new(0));
        let read = newest.clone();
        let worker = Coalescer::start("test", Duration::from_millis(20), move |batch| {
            sender.send((batch, read.load(Ordering::SeqCst))).unwrap()
        })
        .unwrap();
        for n in 1..=1000 {
            newest.store(n, Ordering::SeqCst);
            worker.put("a");
        }
        let mut batches = 0;
        loop {
            let (batch, seen) = receiver.recv_timeout(Duration::from_secs(5)).unwrap();
            assert_eq!(batch, HashSet::from(["a"]));
            batches += 1;
            if seen == 1000 {
                break;
            }
        }
        assert!(batches < 100, "{batches}");
    }

    #[test]
    fn a_panic_does_not_end_the_thread() {
        let (sender, receiver) = mpsc::channel();
        let worker = Coalescer::start("test", Duration::ZERO, move |batch: HashSet<u8>| {
            assert!(!batch.contains(&1), "as intended by the test");
            sender.send(batch).unwrap();
        })
        .unwrap();
        worker.put(1);
        std::thread::sleep(Duration::from_millis(30));
        worker.put(2);
        assert!(
            receiver
                .recv_timeout(Duration::from_secs(5))
                .unwrap()
                .contains(&2)
        );
    }
}
