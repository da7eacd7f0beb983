//! That there is one host per user: a lock of the operating system, which ends with the process however it ends.

use std::fs::{File, TryLockError};
use std::io;
use std::time::{Duration, Instant};

use models::host_files::{HostAddress, HostFiles};

/// How long a host that comes up or goes down is waited for.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// Held for as long as this process is the host.
#[derive(Debug)]
pub struct HostLock(#[expect(dead_code, reason = "it is held, not read")] File);

/// What came of an attempt to become the host.
#[derive(Debug)]
pub enum LockAttempt {
    Acquired(HostLock),
    /// Another process is the host; it listens there, unless it is just beginning or ending.
    HeldByOther(Option<HostAddress>),
}

impl HostLock {
    /// Becomes the host, unless another process is. An endpoint that a dead host left behind is taken away.
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
