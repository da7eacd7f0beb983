//! Drafts: the file in which an interaction is edited by hand, in a folder of its own, since editors write backups beside it.
//!
//! A draft holds the text of an interaction, so it is deleted when that interaction is forgotten.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::private_file::{FileError, write_private_file};
use crate::store::{Store, StoreError};

const FOLDER_PREFIX: &str = ".edit-";
const TEXT_FILE: &str = "interaction.toml";
/// Holds the id of the interaction. The text itself may be anything, so the id cannot be read from it.
const ID_FILE: &str = "id";

/// A file that is being edited. Dropping it deletes its folder.
#[derive(Debug)]
pub struct Draft {
    folder: TempDir,
    file: PathBuf,
}

impl Draft {
    /// Creates a folder with mode 0700 in `parent`, and in it a file with mode 0600 that holds `text`.
    pub fn create(parent: &Path, interaction: &str, text: &str) -> Result<Self, FileError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(FOLDER_PREFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o700));
        }
        let folder = builder
            .tempdir_in(parent)
            .map_err(|error| FileError::new("create", parent, &error))?;
        write(&folder.path().join(ID_FILE), interaction)?;
        let file = folder.path().join(TEXT_FILE);
        write(&file, text)?;
        Ok(Self { folder, file })
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Leaves the folder in place and returns the path of the file.
    pub fn keep(self) -> PathBuf {
        let _ = self.folder.keep();
        self.file
    }
}

fn write(path: &Path, text: &str) -> Result<(), FileError> {
    write_private_file(path, |out| {
        out.write_all(text.as_bytes())
            .map_err(|error| FileError::new("write", path, &error))
    })
}

/// Deletes the drafts in `parent` whose interaction no longer exists. Returns those that could not be deleted.
pub(crate) fn delete_orphaned_drafts(
    parent: &Path,
    store: &Store,
) -> Result<Vec<FileError>, StoreError> {
    let mut undeleted = Vec::new();
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for folder in entries.map(|entry| entry.path()) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with(FOLDER_PREFIX) {
            continue;
        }
        if let Ok(id) = fs::read_to_string(folder.join(ID_FILE))
            && store.get(&id)?.is_none()
        {
            undeleted.extend(deletion_error(&folder, fs::remove_dir_all(&folder)));
        }
    }
    Ok(undeleted)
}

/// The error of a deletion that has failed. Something that does not exist any more counts as deleted.
pub(crate) fn deletion_error(path: &Path, result: io::Result<()>) -> Option<FileError> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Some(FileError::new("delete", path, &error))
        }
        _ => None,
    }
}
