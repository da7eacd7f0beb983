//! Ensures that there is one host per user, with an operating system lock that is released when the process ends.

use std::fs::{File, TryLockError};
use std::io;
use std::time::{Duration, Instant};

use models::host_files::{HostAddress, HostFiles};

/// Time to wait for a host that is starting or stopping.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// Held while this process is the host.
#[derive(Debug)]
pub struct HostLock(#[expect(dead_code, reason = "it is held, not read")] File);

/// The result of an attempt to become the host.
#[derive(Debug)]
pub enum LockAttempt {
    Acquired(HostLock),
    /// Another process is the host. Its address is `None` while it starts or stops.
    HeldByOther(Option<HostAddress>),
}

impl HostLock {
    /// Tries to become the host. Removes the address file of a previous host.
    pub fn try_acquire(files: &HostFiles) -> io::Result<LockAttempt> {
        std::fs::create_dir_all(files.directory())?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(files.lock())?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => {
                    files.withdraw();
                    return Ok(LockAttempt::Acquired(HostLock(file)));
                }
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) => {}
            }
            let endpoint = files.read();
            if endpoint.is_some() || started.elapsed() > LOCK_TIMEOUT {
                return Ok(LockAttempt::HeldByOther(endpoint));
            }
            std::thread::sleep(RETRY_INTERVAL);
        }
    }
}
