//! One background thread that is handed the newest value of each key, never an outdated one.
//!
//! Whoever puts a value does not wait. Values put while the thread is busy replace each other, so that a burst of changes to a
//! document costs one extraction and not one for each key stroke. Knows nothing of what the work is.

use std::collections::HashMap;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::transport::panic_text;

pub struct Coalescer<K, V>(Arc<Inner<K, V>>);

struct Inner<K, V> {
    queue: Mutex<Queue<K, V>>,
    changed: Condvar,
}

struct Queue<K, V> {
    waiting: HashMap<K, V>,
    closed: bool,
}

impl<K: Hash + Eq + Send + 'static, V: Send + 'static> Coalescer<K, V> {
    /// Starts the thread. It waits `delay` after the first value, for more of the same burst to arrive.
    pub fn start(
        name: &str,
        delay: Duration,
        mut work: impl FnMut(HashMap<K, V>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let queue = Mutex::new(Queue {
            waiting: HashMap::new(),
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

impl<K: Hash + Eq, V> Coalescer<K, V> {
    /// Replaces whatever value of this key still waits.
    pub fn put(&self, key: K, value: V) {
        self.0.lock().waiting.insert(key, value);
        self.0.changed.notify_one();
    }
}

impl<K, V> Drop for Coalescer<K, V> {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_one();
    }
}

impl<K, V> Inner<K, V> {
    fn lock(&self) -> MutexGuard<'_, Queue<K, V>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until there is work; false when there will be none.
    fn wait(&self) -> bool {
        let idle = |queue: &mut Queue<K, V>| queue.waiting.is_empty() && !queue.closed;
        let queue = self
            .changed
            .wait_while(self.lock(), idle)
            .unwrap_or_else(PoisonError::into_inner);
        !queue.closed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn only_the_newest_value_of_a_key_is_worked_on() {
        let (sender, receiver) = mpsc::channel();
        let worker = Coalescer::start("test", Duration::from_millis(20), move |batch| {
            sender.send(batch).unwrap()
        })
        .unwrap();
        for n in 0..1000 {
            worker.put("a", n);
        }
        worker.put("b", 7);
        let mut seen = HashMap::new();
        while seen.len() < 2 || seen["a"] != 999 {
            seen.extend(receiver.recv_timeout(Duration::from_secs(5)).unwrap());
        }
        assert_eq!(seen, HashMap::from([("a", 999), ("b", 7)]));
    }

    #[test]
    fn a_panic_does_not_end_the_thread() {
        let (sender, receiver) = mpsc::channel();
        let worker = Coalescer::start("test", Duration::ZERO, move |batch: HashMap<u8, ()>| {
            assert!(!batch.contains_key(&1), "as intended by the test");
            sender.send(batch).unwrap();
        })
        .unwrap();
        worker.put(1, ());
        std::thread::sleep(Duration::from_millis(30));
        worker.put(2, ());
        assert!(
            receiver
                .recv_timeout(Duration::from_secs(5))
                .unwrap()
                .contains_key(&2)
        );
    }
}
