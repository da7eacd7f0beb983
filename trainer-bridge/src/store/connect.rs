//! Opens the database: settings, migrations, and setting a damaged file aside so that a new one can be begun.
//!
//! The file itself is never opened here but by SQLite: closing another handle of it would drop the locks that SQLite holds (POSIX).

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, TransactionBehavior};

use super::error::StoreError;

/// Each step from one version of the format to the next; the version is the number of steps taken.
const MIGRATIONS: &[&str] = &[include_str!("schema-1.sql")];

/// How long to wait for another process that writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// Answers wait for it, so it tries often and gives up soon; what could not be written is tried again later.
    Recorder,
    /// A person waits for it.
    Reader,
    /// It is shown in passing, beside what matters more: what cannot be had at once is not shown.
    Glance,
}

/// How long opening waits for another process that opens, or sets aside.
const OPENING: Duration = Duration::from_secs(2);

/// Opens the database, makes or migrates it. A damaged one is [`StoreError::Damaged`], and left as it is.
pub(super) fn open(path: &Path, patience: Patience) -> Result<Connection, StoreError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| StoreError::file(folder, &error))?;
    }
    let _alone = alone(path)?;
    open_alone(path, patience)
}

fn open_alone(path: &Path, patience: Patience) -> Result<Connection, StoreError> {
    let length = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    if length(path) == 0 && length(&beside(path, "-wal")) > 0 {
        // SQLite would take the database for a new one, and delete the log.
        return Err(StoreError::Damaged("a log without its database".to_owned()));
    }
    let mut connection = Connection::open(path)?;
    private(path);
    match patience {
        Patience::Recorder => connection.busy_handler(Some(often))?,
        Patience::Reader => connection.busy_timeout(Duration::from_secs(10))?,
        Patience::Glance => connection.busy_timeout(Duration::from_millis(100))?,
    }
    // A transaction writes whole pages to the log, a dozen for an interaction: small ones keep that little.
    connection.pragma_update(None, "page_size", 1_024)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "foreign_keys", "OFF")?;
    // A damaged page must be an error, never an access to memory that is not there.
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "cell_size_check", "ON")?;
    let cache = match patience {
        Patience::Recorder | Patience::Glance => -8_000,
        Patience::Reader => -64_000,
    };
    connection.pragma_update(None, "cache_size", cache)?;
    // Beside a recorder, a thread of its own moves the log, so that no commit waits for it.
    let pages = match patience {
        Patience::Recorder | Patience::Glance => 0,
        Patience::Reader => 4_000,
    };
    connection.pragma_update(None, "wal_autocheckpoint", pages)?;
    connection.set_prepared_statement_cache_capacity(64);
    migrate(&mut connection)?;
    Ok(connection)
}

/// Tries again in a moment: SQLite's own handler sleeps for up to a tenth of a second, while writing takes less than a thousandth.
fn often(tries: i32) -> bool {
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

/// Renames a damaged database and its log, so that the next [`open`] begins a new one. Returns its new name.
///
/// Several processes may notice the damage; `seen` is the file in which this one did. If it is gone, another was first.
pub(super) fn set_aside(
    path: &Path,
    seen: Option<Identity>,
) -> Result<Option<PathBuf>, StoreError> {
    let _alone = alone(path)?;
    if seen.is_some() && seen != identity(path) {
        return Ok(None);
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let aside = (0..100)
        .map(|more| beside(path, &format!(".damaged-{}", now + more)))
        .find(|aside| !aside.exists() && !beside(aside, "-wal").exists())
        .unwrap_or_else(|| beside(path, ".damaged"));
    // The database last: whoever finds no database may begin a new one, and must not find an old log beside it.
    for ending in ["-wal", "-shm", ""] {
        let from = beside(path, ending);
        match fs::rename(&from, beside(&aside, ending)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::file(&from, &error));
            }
            _ => {}
        }
    }
    Ok(Some(aside))
}

/// What tells one file of a name from the next.
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

/// `path` with `ending` after its whole name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

pub(super) fn set_aside_files(path: &Path) -> Vec<PathBuf> {
    let start = beside(path, ".damaged");
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

/// Keeps other processes from opening or setting aside meanwhile. Writing and reading go on.
fn alone(path: &Path) -> Result<File, StoreError> {
    let lock = beside(path, ".lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock)
        .map_err(|error| StoreError::file(&lock, &error))?;
    private(&lock);
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if began.elapsed() < OPENING => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(TryLockError::WouldBlock) => return Err(StoreError::Locked),
            // A file system without locks: two that open at once still have SQLite's own.
            Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
}

/// Only the user may read it. What cannot be set is left as the folder has it.
fn private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
    }
    #[cfg(not(unix))]
    let _ = path;
}
