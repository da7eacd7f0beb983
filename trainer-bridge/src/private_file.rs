//! Writes files that only the user may read, since they hold questions and answers.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file or folder that could not be written or deleted.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}: {reason}")]
pub struct FileError {
    /// What was attempted: `write`, `create` or `delete`.
    pub action: &'static str,
    pub path: PathBuf,
    pub reason: String,
}

impl FileError {
    pub(crate) fn new(action: &'static str, path: &Path, error: &io::Error) -> Self {
        Self {
            action,
            path: path.to_owned(),
            reason: io_reason(error),
        }
    }
}

/// Formats an I/O error in lower case and without its number.
pub(crate) fn io_reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// Writes a file with mode 0600 atomically: into a temporary file in the same folder, which is synced and then renamed.
///
/// If `fill` or any write fails, the previous file is unchanged and the temporary file is deleted. A symbolic link is followed. A path
/// that exists and is not a regular file, such as `/dev/null` or a pipe, is written to directly.
pub fn write_private_file<T, E: From<FileError>>(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let failed = |error: io::Error| FileError::new("write", path, &error);
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            let error = io::Error::new(io::ErrorKind::IsADirectory, "it is a folder");
            return Err(failed(error).into());
        }
        Ok(found) if !found.is_file() => {
            let mut out = BufWriter::new(File::create(path).map_err(failed)?);
            let filled = fill(&mut out)?;
            out.flush().map_err(failed)?;
            return Ok(filled);
        }
        _ => {}
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // The tempfile crate creates files with mode 0600.
    let temporary = tempfile::Builder::new()
        .prefix(".")
        .suffix(".new")
        .tempfile_in(folder)
        .map_err(failed)?;
    let mut out = BufWriter::new(temporary);
    let filled = fill(&mut out)?;
    let temporary = out
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    temporary.as_file().sync_all().map_err(failed)?;
    temporary
        .persist(path)
        .map_err(|error| failed(error.error))?;
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Failure {
        #[error("no more")]
        NoMore,
        #[error(transparent)]
        File(#[from] FileError),
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_or_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        fs::write(&path, "before").unwrap();
        let failed = write_private_file::<(), _>(&path, |out| {
            out.write_all(b"half").unwrap();
            Err(Failure::NoMore)
        });
        assert_eq!(failed.unwrap_err().to_string(), "no more");
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        write_private_file::<_, Failure>(&path, |out| {
            out.write_all(b"after").unwrap();
            Ok(())
        })
        .unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let refused = write_private_file::<_, Failure>(folder.path(), |_| Ok(()));
        let refused = refused.unwrap_err().to_string();
        assert!(refused.ends_with("it is a folder"), "{refused}");
    }
}
