//! A background thread that processes keys in batches, each key once per batch.
//!
//! Adding a key never blocks. A key that is added again before its batch begins is processed once, so a burst of changes to a document
//! costs one extraction instead of one per keystroke. The queue holds keys and not values, because a value could be outdated by the time
//! it is processed: the work reads the current state.

use std::collections::HashSet;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

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
    /// Starts the thread. After the first key it waits for `delay`, so that the rest of a burst joins the same batch.
    pub fn start(
        name: &str,
        delay: Duration,
        mut work: impl FnMut(HashSet<K>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let inner = Arc::new(Inner {
            queue: Mutex::new(Queue {
                waiting: HashSet::new(),
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let thread_inner = inner.clone();
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                while thread_inner.wait() {
                    std::thread::sleep(delay);
                    let batch = std::mem::take(&mut thread_inner.queue.lock().waiting);
                    // A panic caused by one file must not end the updates of all others.
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(batch))) {
                        tracing::error!("a background update panicked: {}", panic_text(&*panic));
                    }
                }
            })?;
        Ok(Coalescer(inner))
    }
}

impl<K: Hash + Eq> Coalescer<K> {
    /// Queues a key. It is processed by a batch that begins after this call.
    pub fn put(&self, key: K) {
        self.0.queue.lock().waiting.insert(key);
        self.0.changed.notify_one();
    }
}

impl<K> Drop for Coalescer<K> {
    fn drop(&mut self) {
        self.0.queue.lock().closed = true;
        self.0.changed.notify_one();
    }
}

impl<K> Inner<K> {
    /// Waits for a key. Returns false once the queue is closed.
    fn wait(&self) -> bool {
        let mut queue = self.queue.lock();
        self.changed.wait_while(&mut queue, |queue| {
            queue.waiting.is_empty() && !queue.closed
        });
        !queue.closed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_burst_is_one_batch_that_sees_the_newest_state() {
        let (sender, receiver) = mpsc::channel();
        let (resume, paused) = mpsc::channel();
        let newest = Arc::new(AtomicU32::new(0));
        let read = newest.clone();
        let worker = Coalescer::start("test", Duration::ZERO, move |batch| {
            sender.send((batch, read.load(Ordering::SeqCst))).unwrap();
            paused.recv().unwrap();
        })
        .unwrap();
        worker.put("a");
        assert_eq!(receiver.recv().unwrap(), (HashSet::from(["a"]), 0));
        // The first batch is still being processed.
        for n in 1..=1000 {
            newest.store(n, Ordering::SeqCst);
            worker.put("a");
        }
        resume.send(()).unwrap();
        assert_eq!(receiver.recv().unwrap(), (HashSet::from(["a"]), 1000));
        drop(worker);
        resume.send(()).unwrap();
        // The thread has ended without another batch.
        assert!(receiver.recv().is_err());
    }

    #[test]
    fn a_panic_does_not_end_the_thread() {
        let (sender, receiver) = mpsc::channel();
        let worker = Coalescer::start("test", Duration::ZERO, move |batch: HashSet<u8>| {
            let panics = batch.contains(&1);
            sender.send(batch).unwrap();
            assert!(!panics, "as intended by the test");
        })
        .unwrap();
        worker.put(1);
        assert_eq!(receiver.recv().unwrap(), HashSet::from([1]));
        worker.put(2);
        assert_eq!(receiver.recv().unwrap(), HashSet::from([2]));
    }
}
