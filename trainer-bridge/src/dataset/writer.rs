//! Writes the files of a dataset into a new folder, which takes the place of the old one only when it is complete.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::manifest::OutputFile;
use crate::private_file::FileError;

/// A folder that is being written.
pub(super) struct FolderWriter {
    folder: tempfile::TempDir,
    files: BTreeMap<String, OutputFile>,
    open: BTreeMap<&'static str, LineWriter>,
}

/// A file of lines, with the hash of what was written.
struct LineWriter {
    out: BufWriter<File>,
    hasher: blake3::Hasher,
    rows: u64,
    bytes: u64,
    buffer: Vec<u8>,
}

impl FolderWriter {
    /// Creates the folder beside its later place, so that it can be renamed. It is deleted unless it is kept.
    pub fn new(parent: &Path) -> Result<Self, FileError> {
        fs::create_dir_all(parent).map_err(|error| FileError::new("create", parent, &error))?;
        let folder = tempfile::Builder::new()
            .prefix(".new-")
            .tempdir_in(parent)
            .map_err(|error| FileError::new("create", parent, &error))?;
        Ok(FolderWriter {
            folder,
            files: BTreeMap::new(),
            open: BTreeMap::new(),
        })
    }

    /// Appends a row to a file of JSON lines.
    pub fn row<T: Serialize>(&mut self, name: &'static str, row: &T) -> Result<(), FileError> {
        let path = self.folder.path().join(name);
        let failed = |error: io::Error| FileError::new("write", &path, &error);
        let writer = match self.open.entry(name) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(vacant) => {
                vacant.insert(LineWriter::create(&path).map_err(failed)?)
            }
        };
        writer.row(row).map_err(failed)
    }

    /// Writes a whole file. A file that the manifest lists is part of the dataset's identity.
    pub fn file(&mut self, name: &str, content: &[u8], rows: u64) -> Result<(), FileError> {
        let path = self.folder.path().join(name);
        private(&path)
            .and_then(|mut out| out.write_all(content))
            .map_err(|error| FileError::new("write", &path, &error))?;
        let written = OutputFile {
            rows,
            bytes: content.len() as u64,
            blake3: blake3::hash(content).to_hex().to_string(),
        };
        self.files.insert(name.to_owned(), written);
        Ok(())
    }

    /// Closes all files of lines and returns what was written so far.
    pub fn finish_rows(&mut self) -> Result<BTreeMap<String, OutputFile>, FileError> {
        for (name, mut writer) in std::mem::take(&mut self.open) {
            let path = self.folder.path().join(name);
            writer
                .out
                .flush()
                .map_err(|error| FileError::new("write", &path, &error))?;
            let written = OutputFile {
                rows: writer.rows,
                bytes: writer.bytes,
                blake3: writer.hasher.finalize().to_hex().to_string(),
            };
            self.files.insert(name.to_owned(), written);
        }
        Ok(self.files.clone())
    }

    /// Moves the folder to its place. A folder that is there already is replaced.
    pub fn keep(self, place: &Path) -> Result<PathBuf, FileError> {
        let failed = |error: io::Error| FileError::new("write", place, &error);
        let written = self.folder.keep();
        let replaced = written.with_extension("old");
        let existed = place.exists();
        if existed {
            fs::rename(place, &replaced).map_err(failed)?;
        }
        fs::rename(&written, place).map_err(failed)?;
        if existed {
            // The new dataset is in place; what is left of the old one is only clutter.
            let _ = fs::remove_dir_all(&replaced);
        }
        Ok(place.to_owned())
    }
}

impl LineWriter {
    fn create(path: &Path) -> io::Result<Self> {
        Ok(LineWriter {
            out: BufWriter::new(private(path)?),
            hasher: blake3::Hasher::new(),
            rows: 0,
            bytes: 0,
            buffer: Vec::new(),
        })
    }

    fn row<T: Serialize>(&mut self, row: &T) -> io::Result<()> {
        self.buffer.clear();
        serde_json::to_writer(&mut self.buffer, row)?;
        self.buffer.push(b'\n');
        self.hasher.update(&self.buffer);
        self.rows += 1;
        self.bytes += self.buffer.len() as u64;
        self.out.write_all(&self.buffer)
    }
}

/// Creates a file that only the user may read.
fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
