//! Opens the database: settings, migrations, and setting a damaged file aside so that a new one can be created.
//!
//! Only SQLite opens the file itself: closing any other handle of it would release the POSIX locks that SQLite holds.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, TransactionBehavior};

use super::error::StoreError;

/// The steps from each version of the schema to the next. The version is the number of steps that were applied.
const MIGRATIONS: &[&str] = &[include_str!("schema-1.sql")];

/// What a connection is for, which decides how long it waits for other processes and who runs checkpoints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenMode {
    /// For the recorder: retries often and gives up soon, since answers wait for it and it retries later.
    Recorder,
    /// For commands and requests, which may wait for some seconds.
    Reader,
    /// For secondary information, which is left out if it is not available at once.
    WithoutWaiting,
}

/// How long opening waits for another process that opens the database or sets it aside.
const OPEN_TIMEOUT: Duration = Duration::from_secs(2);
const OPEN_RETRY_INTERVAL: Duration = Duration::from_millis(2);
const READER_BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const WITHOUT_WAITING_BUSY_TIMEOUT: Duration = Duration::from_millis(100);

/// Opens the database, and creates or migrates it if necessary. A damaged one is left as it is and is [`StoreError::Damaged`].
pub(super) fn open(path: &Path, mode: OpenMode) -> Result<Connection, StoreError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| StoreError::file(folder, &error))?;
    }
    let _lock = lock(path)?;
    open_locked(path, mode)
}

fn open_locked(path: &Path, mode: OpenMode) -> Result<Connection, StoreError> {
    let length = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    if length(path) == 0 && length(&with_suffix(path, "-wal")) > 0 {
        // SQLite would treat the database as new and delete the log.
        return Err(StoreError::Damaged("a log without its database".to_owned()));
    }
    let mut connection = Connection::open(path)?;
    make_private(path);
    match mode {
        OpenMode::Recorder => connection.busy_handler(Some(retry_often))?,
        OpenMode::Reader => connection.busy_timeout(READER_BUSY_TIMEOUT)?,
        OpenMode::WithoutWaiting => connection.busy_timeout(WITHOUT_WAITING_BUSY_TIMEOUT)?,
    }
    // A transaction writes whole pages to the log, about a dozen for each interaction, so small pages keep the log small.
    connection.pragma_update(None, "page_size", 1_024)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "foreign_keys", "OFF")?;
    // With memory mapping, a damaged file could end the process with SIGBUS instead of an error.
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "cell_size_check", "ON")?;
    let cache = match mode {
        OpenMode::Recorder | OpenMode::WithoutWaiting => -8_000,
        OpenMode::Reader => -64_000,
    };
    connection.pragma_update(None, "cache_size", cache)?;
    // A recorder runs checkpoints on a thread of its own, so that no commit waits for one.
    let pages = match mode {
        OpenMode::Recorder | OpenMode::WithoutWaiting => 0,
        OpenMode::Reader => 4_000,
    };
    connection.pragma_update(None, "wal_autocheckpoint", pages)?;
    connection.set_prepared_statement_cache_capacity(64);
    migrate(&mut connection)?;
    Ok(connection)
}

/// A busy handler for short transactions: SQLite's own sleeps for up to 100 ms, while a write takes less than 1 ms.
fn retry_often(tries: i32) -> bool {
    match tries {
        0..20 => std::thread::sleep(Duration::from_micros(100)),
        20..250 => std::thread::sleep(Duration::from_millis(1)),
        _ => return false,
    }
    true
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    let version = |connection: &Connection| -> Result<i64, StoreError> {
        Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
    };
    if version(connection)? == known {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for step in MIGRATIONS.iter().skip(found.unsigned_abs() as usize) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

/// Renames a damaged database and its log, so that the next [`open`] creates a new one. Returns the new name.
///
/// `seen` identifies the file in which this process found the damage. Returns `None` if another process has set it aside already.
pub(super) fn set_aside(
    path: &Path,
    seen: Option<Identity>,
) -> Result<Option<PathBuf>, StoreError> {
    let _lock = lock(path)?;
    if seen.is_some() && seen != identity(path) {
        return Ok(None);
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let moved_to = (0..100)
        .map(|more| with_suffix(path, &format!(".damaged-{}", now + more)))
        .find(|moved_to| !moved_to.exists() && !with_suffix(moved_to, "-wal").exists())
        .unwrap_or_else(|| with_suffix(path, ".damaged"));
    // The database is renamed last: a process that finds no database creates one, and must not find an old log beside it.
    for ending in ["-wal", "-shm", ""] {
        let from = with_suffix(path, ending);
        match fs::rename(&from, with_suffix(&moved_to, ending)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::file(&from, &error));
            }
            _ => {}
        }
    }
    Ok(Some(moved_to))
}

/// Tells apart files that had the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

pub(super) fn identity(path: &Path) -> Option<Identity> {
    let file = fs::metadata(path).ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Some(Identity(file.dev(), file.ino()))
    }
    #[cfg(not(unix))]
    {
        let made = file.created().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Identity(made.as_secs(), u64::from(made.subsec_nanos())))
    }
}

/// Appends `suffix` to the file name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Returns the files that [`set_aside`] has renamed, sorted.
pub(super) fn set_aside_files(path: &Path) -> Vec<PathBuf> {
    let start = with_suffix(path, ".damaged");
    let start = start.file_name().unwrap_or_default().to_string_lossy();
    let mut found: Vec<PathBuf> = path
        .parent()
        .and_then(|folder| fs::read_dir(folder).ok())
        .into_iter()
        .flatten()
        .flatten()
        .filter(|file| file.file_name().to_string_lossy().starts_with(&*start))
        .map(|file| file.path())
        .collect();
    found.sort();
    found
}

/// Prevents other processes from opening the database or setting it aside. Open connections are not affected.
fn lock(path: &Path) -> Result<File, StoreError> {
    let lock = with_suffix(path, ".lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock)
        .map_err(|error| StoreError::file(&lock, &error))?;
    make_private(&lock);
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if started.elapsed() < OPEN_TIMEOUT => {
                std::thread::sleep(OPEN_RETRY_INTERVAL);
            }
            Err(TryLockError::WouldBlock) => return Err(StoreError::Locked),
            // The file system has no locks. SQLite's own locking still protects the data.
            Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
}

/// Sets mode 0600. If that fails, the file keeps the permissions that the folder gives it.
fn make_private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
    }
    #[cfg(not(unix))]
    let _ = path;
}
