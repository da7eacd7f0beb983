//! Garbage collection: removes old generations, leftovers of killed writers and unfinished downloads.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Library, LibraryError, files, name};

/// A directory or file that was or can be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Garbage {
    /// `repo@5`, or the kind of leftover.
    pub what: String,
    pub path: PathBuf,
    pub bytes: u64,
}

impl Library {
    /// Removes leftovers, unfinished downloads, and all generations except the active one, the previous one and those that adapters
    /// are based on. With `dry_run`, only lists them.
    pub fn gc(&self, dry_run: bool) -> Result<Vec<Garbage>, LibraryError> {
        let mut garbage = Vec::new();
        {
            let _lock = self.lock()?;
            for name in self.names() {
                for number in self.removable_generations(&name) {
                    let path = self.model_directory(&name).join(number.to_string());
                    let found = Garbage {
                        what: format!("{name}@{number}"),
                        bytes: size(&path),
                        path,
                    };
                    if !dry_run {
                        self.delete_directory(&found.path)?;
                    }
                    garbage.push(found);
                }
            }
        }
        garbage.extend(self.remove_leftovers(dry_run)?);
        garbage.extend(self.remove_unfinished_downloads(dry_run)?);
        Ok(garbage)
    }

    fn removable_generations(&self, name: &str) -> Vec<u32> {
        // Without an active generation, it is unknown which ones are still wanted.
        let Ok(current) = self.current_number(name) else {
            return Vec::new();
        };
        let mut numbers = self.numbers(name);
        let previous = self.previous_number(name);
        numbers.retain(|number| {
            let label = format!("{name}@{number}");
            let is_base = || {
                let adapters = self.adapters_where(|base, _| {
                    name::parse(base).is_ok_and(|parsed| match parsed {
                        (base, Some(of)) => base == name && of == *number,
                        (base, None) => base == name && current == *number,
                    })
                });
                // The base of an adapter that is removed itself is removed by the next run.
                adapters.iter().any(|adapter| *adapter != label)
            };
            *number != current && Some(*number) != previous && !is_base()
        });
        numbers
    }

    /// Removes staging and trash directories of processes that have ended.
    pub(super) fn remove_leftovers(&self, dry_run: bool) -> Result<Vec<Garbage>, LibraryError> {
        let incoming = self.incoming();
        if !incoming.is_dir() {
            return Ok(Vec::new());
        }
        let _lock = self.lock()?;
        let mut garbage = Vec::new();
        for path in entries(&incoming) {
            if path
                .extension()
                .is_some_and(|extension| extension == "lock")
            {
                let alone = !path.with_extension("").exists();
                if alone && !dry_run && files::try_lock_exclusive(&path)?.is_some() {
                    let _ = fs::remove_file(&path);
                }
                continue;
            }
            let lock = path.with_extension("lock");
            let held = if lock.exists() {
                match files::try_lock_exclusive(&lock)? {
                    Some(held) => Some(held),
                    None => continue,
                }
            } else {
                None
            };
            garbage.push(Garbage {
                what: "leftover of an interrupted command".to_owned(),
                bytes: size(&path),
                path: path.clone(),
            });
            if !dry_run {
                remove(&path)?;
                if held.is_some() {
                    let _ = fs::remove_file(&lock);
                }
            }
        }
        Ok(garbage)
    }

    /// Removes downloads that no process is writing.
    fn remove_unfinished_downloads(&self, dry_run: bool) -> Result<Vec<Garbage>, LibraryError> {
        let downloads = self.downloads();
        let mut garbage = Vec::new();
        for path in entries(&downloads).into_iter().filter(|path| path.is_dir()) {
            let lock = path.join(".lock");
            let Some(_held) = files::try_lock_exclusive(&lock)? else {
                continue;
            };
            garbage.push(Garbage {
                what: "unfinished download".to_owned(),
                bytes: size(&path),
                path: path.clone(),
            });
            if !dry_run {
                remove(&path)?;
            }
        }
        Ok(garbage)
    }

    /// Returns the directory of partial downloads.
    pub fn downloads(&self) -> PathBuf {
        self.directory.join(".downloads")
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn remove(path: &Path) -> Result<(), LibraryError> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    removed.map_err(LibraryError::io("remove", path))
}

/// Returns the size of a file or directory tree, in bytes.
fn size(path: &Path) -> u64 {
    if !path.is_dir() {
        return fs::symlink_metadata(path).map_or(0, |found| found.len());
    }
    entries(path).iter().map(|path| size(path)).sum()
}
