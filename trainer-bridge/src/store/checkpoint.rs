//! Moves the log into the database from a thread of its own, since that waits for the disk and no commit should.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};

use super::connect::beside;

/// A log below this is left alone.
const SMALL: u64 = 4 << 20;
/// Above this, writers wait for a moment so that the log can begin anew; otherwise it would grow for as long as somebody writes.
const LARGE: u64 = 64 << 20;
/// So few that moving them takes less than a write to the disk.
const FEW_PAGES: i64 = 200;
const PASSES: usize = 8;
const LOOK: Duration = Duration::from_millis(250);

/// Stops when it is dropped.
pub(super) struct Checkpointer {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    pub(super) fn start(path: &Path) -> Self {
        let (stop, stopped) = channel::<()>();
        let path = path.to_owned();
        let thread = std::thread::Builder::new()
            .name("samples-log".to_owned())
            .spawn(move || {
                let mut done = None;
                while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
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
    // Whatever goes wrong here, the log stays as it is, and the thread that writes finds out about it.
    if move_log(path, log.len() >= LARGE) == Ok(true) {
        *done = Some(seen);
    }
}

/// Whether the whole log was moved.
fn move_log(path: &PathBuf, begin_anew: bool) -> rusqlite::Result<bool> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.busy_timeout(Duration::ZERO)?;
    // Whether another was at it, and how many pages are left.
    let checkpoint = |mode: &str| {
        connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            let (busy, log, moved): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((busy != 0, log - moved))
        })
    };
    // Nobody is held up by this. What is written meanwhile is left, so it is done until that is little.
    for _ in 0..PASSES {
        let (busy, left) = checkpoint("PASSIVE")?;
        if busy || left == 0 {
            return Ok(left == 0);
        }
        if left < FEW_PAGES {
            break;
        }
    }
    if begin_anew {
        connection.busy_timeout(Duration::from_millis(100))?;
        return Ok(checkpoint("RESTART")? == (false, 0));
    }
    Ok(false)
}
