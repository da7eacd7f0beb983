//! Locks that outlive a panic.

use std::sync::{Mutex, MutexGuard};

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while the lock was held is contained at the edges; the data is replaced as a whole or not at all.
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
