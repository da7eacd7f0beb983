//! Moves the log into the database from a thread of its own, since that waits for the disk and no commit should.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};

use super::connect::beside;

/// A log below this is left alone.
const SMALL: u64 = 4 << 20;
/// Pages in the log above which writers wait for a moment so that it can begin anew (256 MiB). Otherwise it would grow for as long as
/// several write without a pause; when they pause, it begins anew by itself. They wait until the disk has the whole database, some 40 ms:
/// at 2,000 interactions a second that is to be less than a hundredth of the time.
const MANY_PAGES: i64 = 262_144;
/// So few that moving them takes less than a write to the disk.
const FEW_PAGES: i64 = 200;
const PASSES: usize = 8;
const LOOK: Duration = Duration::from_millis(250);
/// Each time waits for the disk, and so may whoever writes to it meanwhile.
const PAUSE: Duration = Duration::from_secs(4);

/// Stops when it is dropped.
pub(super) struct Checkpointer {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Looks at the log after something was written, so that nothing wakes up while nothing is.
    pub(super) fn start(path: &Path, written: Receiver<()>) -> Self {
        let (stop, stopped) = channel::<()>();
        let path = path.to_owned();
        let thread = std::thread::Builder::new()
            .name("samples-log".to_owned())
            .spawn(move || {
                let mut done = None;
                // What is written within one wait is looked at in one go.
                while written.recv().is_ok()
                    && stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout)
                {
                    look(&path, &mut done);
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

type Seen = (u64, Option<SystemTime>);

/// Moves the log if it is long and has changed since it was last moved as a whole.
fn look(path: &PathBuf, done: &mut Option<Seen>) {
    let Ok(log) = std::fs::metadata(beside(path, "-wal")) else {
        return;
    };
    let seen = (log.len(), log.modified().ok());
    if log.len() < SMALL || *done == Some(seen) {
        return;
    }
    // Moving the log changes the database: another process has just done it.
    let moved = std::fs::metadata(path).and_then(|database| database.modified());
    if moved.is_ok_and(|moved| moved.elapsed().is_ok_and(|ago| ago < PAUSE)) {
        return;
    }
    // Whatever goes wrong here, the log stays as it is, and the thread that writes finds out about it.
    if move_log(path) == Ok(true) {
        *done = Some(seen);
    }
}

/// Whether the whole log was moved.
fn move_log(path: &PathBuf) -> rusqlite::Result<bool> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.busy_timeout(Duration::ZERO)?;
    // Whether another is at it, how many pages the log has, and how many of them are left.
    let checkpoint = |mode: &str| {
        connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            let (busy, pages, moved): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((busy != 0, pages, pages - moved))
        })
    };
    // Nobody is held up by this. What is written meanwhile is left, so it is done until that is little.
    for _ in 0..PASSES {
        let (busy, pages, left) = checkpoint("PASSIVE")?;
        if busy {
            return Ok(false);
        }
        if left >= FEW_PAGES {
            continue;
        }
        if pages < MANY_PAGES {
            return Ok(left == 0);
        }
        break;
    }
    connection.busy_timeout(Duration::from_millis(100))?;
    let (busy, _, left) = checkpoint("RESTART")?;
    Ok(!busy && left == 0)
}
