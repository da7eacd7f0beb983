//! File operations of the library: locks, free disk space and hashes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use settings::files::FileAccess;

use super::LibraryError;

/// Free disk space to keep, in bytes.
const DISK_RESERVE: u64 = 64_000_000;

/// Replaces a small file atomically.
pub(super) fn write_atomically(path: &Path, content: &[u8]) -> Result<(), LibraryError> {
    settings::files::write_atomically(path, content, FileAccess::Default)
        .map_err(LibraryError::io("write", path))
}

/// Opens or creates a file and locks it exclusively, waiting until the lock is free.
pub(super) fn lock_exclusive(path: &Path) -> Result<File, LibraryError> {
    let file = open_lock(path)?;
    file.lock().map_err(LibraryError::io("lock", path))?;
    Ok(file)
}

/// Like [`lock_exclusive`], but returns `None` if another process has the lock.
pub(super) fn try_lock_exclusive(path: &Path) -> Result<Option<File>, LibraryError> {
    let file = open_lock(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(LibraryError::io("lock", path)(error)),
    }
}

fn open_lock(path: &Path) -> Result<File, LibraryError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(LibraryError::io("make the folder", folder))?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path).map_err(LibraryError::io("open", path))
}

/// Returns an error if `needed` bytes do not fit on the disk of `directory`.
pub fn ensure_free_space(directory: &Path, needed: u64) -> Result<(), LibraryError> {
    let existing = directory.ancestors().find(|folder| folder.exists());
    let existing = existing.unwrap_or(directory);
    let free = fs4::available_space(existing)
        .map_err(LibraryError::io("ask for the free space of", existing))?;
    if free < needed.saturating_add(DISK_RESERVE) {
        return Err(LibraryError::DiskFull {
            directory: directory.to_owned(),
            needed,
            free,
        });
    }
    Ok(())
}

/// Returns the size and the BLAKE3 hash of a file. `inspect` is called with each chunk.
pub(super) fn hash_file(
    path: &Path,
    mut inspect: impl FnMut(&[u8]) -> Result<(), LibraryError>,
) -> Result<(u64, String), LibraryError> {
    let failed = || LibraryError::io("read", path);
    let mut file = File::open(path).map_err(failed())?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed()(error)),
        };
        let piece = &buffer[..read];
        hasher.update(piece);
        inspect(piece)?;
        bytes += read as u64;
    }
    Ok((bytes, hasher.finalize().to_hex().to_string()))
}
