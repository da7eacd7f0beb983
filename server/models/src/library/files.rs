//! Writing so that nobody ever reads half of it, and copying with a check of the room first.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use super::LibraryError;

/// Puts a small file in place as a whole: beside it first, then renamed over it. Only for who holds the library's lock, since all
/// use the same name beside it.
pub(super) fn replace(path: &Path, text: &[u8]) -> Result<(), LibraryError> {
    let temporary = path.with_extension("new");
    let written = (|| {
        let mut file = File::create(&temporary)?;
        file.write_all(text)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&temporary, path)?;
        sync_folder(path.parent().unwrap_or(Path::new(".")))
    })();
    written.map_err(LibraryError::io("write", path))
}

/// A rename lasts once the folder that holds the name is on disk; elsewhere than on Unix the system sees to that.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// An open file under this name that is locked for us alone, made where it is not there.
pub(super) fn locked(path: &Path) -> Result<File, LibraryError> {
    let file = open_lock(path)?;
    file.lock().map_err(LibraryError::io("lock", path))?;
    Ok(file)
}

/// As [`locked`]; none where somebody else has it.
pub(super) fn try_locked(path: &Path) -> Result<Option<File>, LibraryError> {
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

/// Refuses what would fill the disk, before a byte is written.
pub fn room(directory: &Path, needed: u64) -> Result<(), LibraryError> {
    let existing = directory.ancestors().find(|folder| folder.exists());
    let existing = existing.unwrap_or(directory);
    let free = fs4::available_space(existing)
        .map_err(LibraryError::io("ask for the free space of", existing))?;
    // What else runs here needs some room, too.
    let spare = 64_000_000;
    if free < needed.saturating_add(spare) {
        return Err(LibraryError::DiskFull {
            directory: directory.to_owned(),
            needed,
            free,
        });
    }
    Ok(())
}

/// The size and the hash of a file; `look` sees each piece of it on the way.
pub(super) fn measure(
    path: &Path,
    mut look: impl FnMut(&[u8]) -> Result<(), LibraryError>,
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
        look(piece)?;
        bytes += read as u64;
    }
    Ok((bytes, hasher.finalize().to_hex().to_string()))
}
