//! Files that only the user may read, since they hold what was asked and answered.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::bail;
use settings::paths;

/// Writes a file as a whole or not at all: beside its place first, then renamed. What is no file, `/dev/null` or a pipe, is written to.
pub(super) fn write<T>(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    // A link keeps pointing to what it did.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let failed = |error: io::Error| {
        anyhow::anyhow!(
            "cannot write {}: {}",
            paths::tilde(path),
            paths::plain(&error)
        )
    };
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            bail!("cannot write {}: it is a folder", paths::tilde(path))
        }
        Ok(found) if !found.is_file() => {
            let mut out = BufWriter::new(File::create(path).map_err(failed)?);
            let filled = fill(&mut out)?;
            out.flush().map_err(failed)?;
            return Ok(filled);
        }
        _ => {}
    }
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.new", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = (|| {
        let mut out = BufWriter::new(create(&temporary).map_err(failed)?);
        let filled = fill(&mut out)?;
        let file = out
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        drop(file);
        fs::rename(&temporary, path).map_err(failed)?;
        Ok(filled)
    })();
    if written.is_err() {
        // It holds part of what was to be written, and nobody would look for it.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// A new file that only the user may read from its first moment on.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// A new folder that only the user may look into.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_or_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        fs::write(&path, "before").unwrap();
        let failed = write::<()>(&path, |out| {
            out.write_all(b"half")?;
            bail!("no more")
        });
        assert_eq!(failed.unwrap_err().to_string(), "no more");
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        write(&path, |out| Ok(out.write_all(b"after")?)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let refused = write(folder.path(), |_| Ok(())).unwrap_err().to_string();
        assert!(refused.ends_with("it is a folder"), "{refused}");
    }
}
