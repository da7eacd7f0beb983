//! Runs checkpoints, which move the write-ahead log into the database, on a thread of its own: they wait for the disk, and no commit should.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};

use super::connect::with_suffix;

/// A smaller log is left as it is, in bytes.
const MIN_LOG_LEN: u64 = 4 << 20;
/// Pages in the log (256 MiB) above which writers are blocked until the log is restarted, about 40 ms. Otherwise it would grow for as
/// long as several processes write without a pause. At 2,000 interactions a second this is less than 1 % of the time.
const MAX_LOG_PAGES: i64 = 262_144;
/// Pages that are moved faster than the disk is synced.
const FEW_PAGES: i64 = 200;
const MAX_PASSES: usize = 8;
/// Commits within this time are handled together.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);
/// A checkpoint syncs the disk, which may delay writers, so processes leave this time between any two.
const MIN_CHECKPOINT_INTERVAL: Duration = Duration::from_secs(4);
const RESTART_BUSY_TIMEOUT: Duration = Duration::from_millis(100);

/// The thread, which stops when this is dropped.
pub(super) struct Checkpointer {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Checks the log after each signal of `written`, so that the thread sleeps while nothing is written.
    pub(super) fn start(path: &Path, written: Receiver<()>) -> Self {
        let (stop, stopped) = channel::<()>();
        let path = path.to_owned();
        let thread = std::thread::Builder::new()
            .name("samples-log".to_owned())
            .spawn(move || {
                let mut done = None;
                while written.recv().is_ok()
                    && stopped.recv_timeout(CHECK_INTERVAL) == Err(RecvTimeoutError::Timeout)
                {
                    check_log(&path, &mut done);
                }
            })
            .ok();
        Self {
            stop: Some(stop),
            thread,
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The length and the modification time of a log.
type LogVersion = (u64, Option<SystemTime>);

/// Moves the log if it is long and has changed since `done`, the version that was last moved as a whole.
fn check_log(path: &PathBuf, done: &mut Option<LogVersion>) {
    let Ok(log) = std::fs::metadata(with_suffix(path, "-wal")) else {
        return;
    };
    let version = (log.len(), log.modified().ok());
    if log.len() < MIN_LOG_LEN || *done == Some(version) {
        return;
    }
    // A checkpoint modifies the database file, so this shows that another process has just run one.
    let moved = std::fs::metadata(path).and_then(|database| database.modified());
    if moved.is_ok_and(|moved| {
        moved
            .elapsed()
            .is_ok_and(|ago| ago < MIN_CHECKPOINT_INTERVAL)
    }) {
        return;
    }
    // After an error the log stays as it is, and the writer's thread reports what is wrong with the file.
    if move_log(path) == Ok(true) {
        *done = Some(version);
    }
}

/// Returns whether the whole log was moved.
fn move_log(path: &PathBuf) -> rusqlite::Result<bool> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.busy_timeout(Duration::ZERO)?;
    // Returns whether another process runs a checkpoint, the number of pages in the log, and how many are left to move.
    let checkpoint = |mode: &str| {
        connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            let (busy, pages, moved): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((busy != 0, pages, pages - moved))
        })
    };
    // A passive checkpoint blocks no writer. It leaves what is written meanwhile, so it is repeated until that is little.
    for _ in 0..MAX_PASSES {
        let (busy, pages, left) = checkpoint("PASSIVE")?;
        if busy {
            return Ok(false);
        }
        if left >= FEW_PAGES {
            continue;
        }
        if pages < MAX_LOG_PAGES {
            return Ok(left == 0);
        }
        break;
    }
    connection.busy_timeout(RESTART_BUSY_TIMEOUT)?;
    let (busy, _, left) = checkpoint("RESTART")?;
    Ok(!busy && left == 0)
}
