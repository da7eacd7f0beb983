//! The model library on disk: `models/<name>/<generation>/` with a manifest and weights, and the active generation of each model.
//!
//! ```text
//! models/default            name of the default model
//!        <name>/current     number of the active generation
//!        <name>/previous    number of the generation that was active before
//!        <name>/7/          manifest.json and the weights
//!        .incoming/         staging directories of generations that are being added; renamed when complete
//!        .downloads/        partial downloads
//!        .numbers           last generation number of each name, because numbers are never reused
//!        .lock              lock file, held briefly by every change
//! ```
//!
//! Readers take no lock: files are replaced by renaming, and the directory of a generation never changes. This module does not run
//! models. Only `hub` opens network connections.

mod add;
mod change;
mod checkpoint;
mod error;
mod files;
mod gc;
pub mod hub;
pub mod memory;
pub mod name;
mod pull;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use trainer_bridge::{Format, Generation};

use settings::paths::Dirs;

pub use add::{AddedGeneration, NewCheckpoint, Provenance, Transfer};
pub use error::LibraryError;
pub use gc::Garbage;
pub use pull::{ModelSource, PullProgress, PullResult};

const MANIFEST: &str = "manifest.json";
const CURRENT: &str = "current";

/// The directory `models` in the user's data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    directory: PathBuf,
}

/// A generation of a model on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Installed {
    pub name: String,
    /// The directory with the manifest and the weights.
    pub directory: PathBuf,
    pub manifest: Generation,
}

impl Installed {
    /// Returns `name@7`, the identifier of this generation in answers and records.
    pub fn label(&self) -> String {
        format!("{}@{}", self.name, self.manifest.number)
    }

    /// Returns the total size of its files, in bytes.
    pub fn bytes(&self) -> u64 {
        self.manifest.files.iter().map(|file| file.bytes).sum()
    }

    /// Returns the path of its GGUF file, if it is in that format.
    pub fn gguf(&self) -> Option<PathBuf> {
        let mut files = self.manifest.files.iter();
        let file = files.find(|file| file.path.ends_with(".gguf"))?;
        Some(self.directory.join(&file.path))
    }

    /// Checks that every file exists with the size in the manifest. Does not read the files.
    pub fn check_sizes(&self) -> Result<(), LibraryError> {
        let damaged = |what: String| LibraryError::Damaged {
            label: self.label(),
            what,
        };
        for file in &self.manifest.files {
            match fs::metadata(self.directory.join(&file.path)) {
                Ok(found) if found.len() == file.bytes => {}
                Ok(found) => {
                    let (has, had) = (found.len(), file.bytes);
                    let what = format!("{} has {has} bytes instead of {had}", file.path);
                    return Err(damaged(what));
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return Err(damaged(format!("{} is missing", file.path)));
                }
                Err(error) => return Err(damaged(format!("{}: {error}", file.path))),
            }
        }
        Ok(())
    }
}

impl Library {
    pub fn new(dirs: &Dirs) -> Self {
        Library {
            directory: dirs.data.join("models"),
        }
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Resolves a name such as `repo` or `repo@7`. `None` and `default` mean the default model.
    pub fn resolve(&self, name: Option<&str>) -> Result<Installed, LibraryError> {
        match name {
            Some(name) if name != name::DEFAULT => match name::parse(name)? {
                (name, None) => self.current(name),
                (name, Some(number)) => self.generation(name, number),
            },
            _ => match self.default_name() {
                Some(name) => self.current(&name),
                None => Err(LibraryError::NoDefault {
                    installed: self.names(),
                }),
            },
        }
    }

    /// Returns the name of the default model, which `model use` sets.
    pub fn default_name(&self) -> Option<String> {
        let text = fs::read_to_string(self.directory.join(name::DEFAULT)).ok()?;
        let name = text.trim();
        name::check(name).is_ok().then(|| name.to_owned())
    }

    /// Returns the active generation of a model, after checking its files.
    pub fn current(&self, name: &str) -> Result<Installed, LibraryError> {
        let number = self.current_number(name)?;
        self.generation(name, number)
    }

    /// Returns the number of the active generation without checking that generation.
    pub fn current_number(&self, name: &str) -> Result<u32, LibraryError> {
        self.ensure_exists(name)?;
        let text = fs::read_to_string(self.model_directory(name).join(CURRENT)).unwrap_or_default();
        text.trim()
            .parse()
            .map_err(|_| LibraryError::NoCurrentGeneration {
                name: name.to_owned(),
                known: self.numbers(name),
            })
    }

    /// Returns one generation, after checking its files.
    pub fn generation(&self, name: &str, number: u32) -> Result<Installed, LibraryError> {
        let installed = self.read(name, number)?;
        installed.check_sizes()?;
        Ok(installed)
    }

    /// Returns all generations whose manifest is readable, oldest first. Files are not checked.
    pub fn generations(&self, name: &str) -> Result<Vec<Installed>, LibraryError> {
        self.ensure_exists(name)?;
        let numbers = self.numbers(name).into_iter();
        Ok(numbers
            .filter_map(|number| self.read(name, number).ok())
            .collect())
    }

    /// Returns the names of all models, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.directory)
            .into_iter()
            .flatten()
            .flatten();
        let mut names: Vec<String> = entries
            .filter(|entry| entry.path().is_dir())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name::check(name).is_ok() && !self.numbers(name).is_empty())
            .collect();
        names.sort();
        names
    }

    /// Returns the base model of an adapter; `None` for a complete model.
    pub fn base(&self, installed: &Installed) -> Result<Option<Installed>, LibraryError> {
        if installed.manifest.format != Format::Lora {
            return Ok(None);
        }
        match &installed.manifest.base {
            Some(base) => self.resolve(Some(base)).map(Some),
            None => Err(LibraryError::Damaged {
                label: installed.label(),
                what: "its manifest does not name the base model of the adapter".to_owned(),
            }),
        }
    }

    fn model_directory(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn ensure_exists(&self, name: &str) -> Result<(), LibraryError> {
        name::check(name)?;
        if self.numbers(name).is_empty() {
            return Err(LibraryError::NoSuchModel {
                name: name.to_owned(),
                installed: self.names(),
            });
        }
        Ok(())
    }

    /// Returns the generation numbers on disk, sorted.
    fn numbers(&self, name: &str) -> Vec<u32> {
        let entries = fs::read_dir(self.model_directory(name))
            .into_iter()
            .flatten()
            .flatten();
        let mut numbers: Vec<u32> = entries
            .filter(|entry| entry.path().is_dir())
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect();
        numbers.sort_unstable();
        numbers
    }

    fn read(&self, name: &str, number: u32) -> Result<Installed, LibraryError> {
        self.ensure_exists(name)?;
        let directory = self.model_directory(name).join(number.to_string());
        let text = match fs::read(directory.join(MANIFEST)) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && !directory.is_dir() => {
                return Err(LibraryError::NoSuchGeneration {
                    name: name.to_owned(),
                    number,
                    known: self.numbers(name),
                });
            }
            Err(error) => {
                return Err(LibraryError::Damaged {
                    label: format!("{name}@{number}"),
                    what: format!("{MANIFEST}: {}", settings::paths::plain(&error)),
                });
            }
        };
        let manifest: Generation =
            serde_json::from_slice(&text).map_err(|error| LibraryError::Damaged {
                label: format!("{name}@{number}"),
                what: format!("{MANIFEST}: {error}"),
            })?;
        Ok(Installed {
            name: name.to_owned(),
            directory,
            manifest,
        })
    }
}

#[cfg(test)]
mod tests;
