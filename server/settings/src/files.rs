//! Atomic replacement of small files.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileAccess {
    /// Only the owner (mode 0600 on Unix).
    Owner,
    /// Whoever the umask allows.
    Default,
}

/// Replaces a file atomically: readers see the old or the new content and never a part, also after a crash. The directory must exist.
pub fn write_atomically(path: &Path, content: &[u8], access: FileAccess) -> io::Result<()> {
    let directory = match path.parent() {
        Some(directory) if directory != Path::new("") => directory,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    if access == FileAccess::Default {
        let mode: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        builder.permissions(mode);
    }
    let mut file = builder.tempfile_in(directory)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_directory(directory)
}

/// Flushes a directory to disk, which makes a rename in it durable. Does nothing on platforms other than Unix.
pub fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_content_and_leaves_no_other_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("current");
        for content in ["7\n", "8\n"] {
            write_atomically(&path, content.as_bytes(), FileAccess::Default).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
        }
        assert_eq!(directory.path().read_dir().unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn owner_access_hides_the_file_from_others() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        write_atomically(&path, b"secret", FileAccess::Owner).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
