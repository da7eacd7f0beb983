//! Removing what nobody needs: generations before the previous one, and what killed writers have left behind.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Library, LibraryError, files, name};

/// Something that can go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Garbage {
    /// `repo@5`, or what kind of leftover it is.
    pub what: String,
    pub path: PathBuf,
    pub bytes: u64,
}

impl Library {
    /// Removes all but the current and the previous generation of each model, leftovers and unfinished downloads. What an adapter
    /// is based on stays. With `dry_run` only says what would go.
    pub fn gc(&self, dry_run: bool) -> Result<Vec<Garbage>, LibraryError> {
        let mut garbage = Vec::new();
        {
            let _lock = self.lock()?;
            for name in self.names() {
                for number in self.unneeded(&name) {
                    let path = self.folder(&name).join(number.to_string());
                    let found = Garbage {
                        what: format!("{name}@{number}"),
                        bytes: size(&path),
                        path,
                    };
                    if !dry_run {
                        self.discard(&found.path)?;
                    }
                    garbage.push(found);
                }
            }
        }
        garbage.extend(self.sweep(dry_run)?);
        garbage.extend(self.sweep_downloads(dry_run)?);
        Ok(garbage)
    }

    fn unneeded(&self, name: &str) -> Vec<u32> {
        // Where nothing is in use, it is not for a broom to say what may go.
        let Ok(current) = self.current_number(name) else {
            return Vec::new();
        };
        let mut numbers = self.numbers(name);
        let previous = self.previous_number(name);
        numbers.retain(|number| {
            let label = format!("{name}@{number}");
            let is_base = || {
                let adapters = self.adapters_on(|base, _| {
                    name::parse(base).is_ok_and(|parsed| match parsed {
                        (base, Some(of)) => base == name && of == *number,
                        (base, None) => base == name && current == *number,
                    })
                });
                // An adapter that goes itself needs no base, but the next run will see to that.
                adapters.iter().any(|adapter| *adapter != label)
            };
            *number != current && Some(*number) != previous && !is_base()
        });
        numbers
    }

    /// Takes away what was being put together, or thrown away, by a process that has ended.
    pub(super) fn sweep(&self, dry_run: bool) -> Result<Vec<Garbage>, LibraryError> {
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
                if alone && !dry_run && files::try_locked(&path)?.is_some() {
                    let _ = fs::remove_file(&path);
                }
                continue;
            }
            let lock = path.with_extension("lock");
            let held = if lock.exists() {
                match files::try_locked(&lock)? {
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

    /// Takes away downloads that nobody is at.
    fn sweep_downloads(&self, dry_run: bool) -> Result<Vec<Garbage>, LibraryError> {
        let downloads = self.downloads();
        let mut garbage = Vec::new();
        for path in entries(&downloads).into_iter().filter(|path| path.is_dir()) {
            let lock = path.join(".lock");
            let Some(_held) = files::try_locked(&lock)? else {
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

    /// Where the files of a hub arrive before they are a generation.
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

/// What a file, or a folder with all in it, takes.
fn size(path: &Path) -> u64 {
    if !path.is_dir() {
        return fs::symlink_metadata(path).map_or(0, |found| found.len());
    }
    entries(path).iter().map(|path| size(path)).sum()
}
