//! The models on this machine: `models/<name>/<generation>/` with a manifest and weights, and which of them is in use.
//!
//! ```text
//! models/default            the name of the model that answers where none is named
//!        <name>/current     the number of the generation in use
//!        <name>/7/          manifest.json and the weights
//!        .incoming/         generations that are being put together; renamed into their place when they are complete
//!        .downloads/        what has arrived of a download
//!        .numbers           the last number of each name, since a number is never given twice
//!        .lock              held by who changes any of this, for a moment
//! ```
//!
//! Reading takes no lock: each of these files is replaced by a rename, and a folder of a generation never changes.
//! Nothing here runs a model or knows what runs it. Nothing but `hub` makes a connection.

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

pub use add::{Added, Incoming, Origin, Take};
pub use error::LibraryError;
pub use gc::Garbage;
pub use pull::{Pulled, Source, Step};

const MANIFEST: &str = "manifest.json";
const CURRENT: &str = "current";

/// The folder `models` in the user's data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    directory: PathBuf,
}

/// A generation that is on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Installed {
    pub name: String,
    /// Where its manifest and its weights are.
    pub directory: PathBuf,
    pub manifest: Generation,
}

impl Installed {
    /// `name@7`: what an answer says it was made by.
    pub fn label(&self) -> String {
        format!("{}@{}", self.name, self.manifest.number)
    }

    /// What its files take on disk.
    pub fn bytes(&self) -> u64 {
        self.manifest.files.iter().map(|file| file.bytes).sum()
    }

    /// The file that is the model, where one file is.
    pub fn gguf(&self) -> Option<PathBuf> {
        let mut files = self.manifest.files.iter();
        let file = files.find(|file| file.path.ends_with(".gguf"))?;
        Some(self.directory.join(&file.path))
    }

    /// Whether every file is there in its full length: what can be said without reading gigabytes.
    pub fn examine(&self) -> Result<(), LibraryError> {
        let damaged = |what: String| LibraryError::Damaged {
            label: self.label(),
            what,
        };
        for file in &self.manifest.files {
            match fs::metadata(self.directory.join(&file.path)) {
                Ok(found) if found.len() == file.bytes => {}
                Ok(found) => {
                    let (has, had) = (found.len(), file.bytes);
                    let what = format!("{} has {has} bytes and had {had}", file.path);
                    return Err(damaged(what));
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return Err(damaged(format!("{} is gone", file.path)));
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

    /// The model that is meant: the one named, as `repo` or `repo@7`, or else the one that `model use` chose.
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

    /// What `model use` chose last.
    pub fn default_name(&self) -> Option<String> {
        let text = fs::read_to_string(self.directory.join(name::DEFAULT)).ok()?;
        let name = text.trim();
        name::check(name).is_ok().then(|| name.to_owned())
    }

    /// The generation of a model that is in use, with all its files in place.
    pub fn current(&self, name: &str) -> Result<Installed, LibraryError> {
        let number = self.current_number(name)?;
        self.generation(name, number)
    }

    /// The number that `current` says, whether or not that generation is sound.
    pub fn current_number(&self, name: &str) -> Result<u32, LibraryError> {
        self.known(name)?;
        let text = fs::read_to_string(self.folder(name).join(CURRENT)).unwrap_or_default();
        text.trim().parse().map_err(|_| LibraryError::NothingInUse {
            name: name.to_owned(),
            known: self.numbers(name),
        })
    }

    /// One generation, with all its files in place.
    pub fn generation(&self, name: &str, number: u32) -> Result<Installed, LibraryError> {
        let installed = self.read(name, number)?;
        installed.examine()?;
        Ok(installed)
    }

    /// All generations of a model whose manifest can be read, oldest first, damaged or not.
    pub fn generations(&self, name: &str) -> Result<Vec<Installed>, LibraryError> {
        self.known(name)?;
        let numbers = self.numbers(name).into_iter();
        Ok(numbers
            .filter_map(|number| self.read(name, number).ok())
            .collect())
    }

    /// Every model, by name.
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

    /// The generation that an adapter is laid over; none for a model that stands by itself.
    pub fn base(&self, installed: &Installed) -> Result<Option<Installed>, LibraryError> {
        if installed.manifest.format != Format::Lora {
            return Ok(None);
        }
        match &installed.manifest.base {
            Some(base) => self.resolve(Some(base)).map(Some),
            None => Err(LibraryError::Damaged {
                label: installed.label(),
                what: "its manifest does not say what it is laid over".to_owned(),
            }),
        }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn known(&self, name: &str) -> Result<(), LibraryError> {
        name::check(name)?;
        if self.numbers(name).is_empty() {
            return Err(LibraryError::NoSuchModel {
                name: name.to_owned(),
                installed: self.names(),
            });
        }
        Ok(())
    }

    /// The generations on disk, in order.
    fn numbers(&self, name: &str) -> Vec<u32> {
        let entries = fs::read_dir(self.folder(name))
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
        self.known(name)?;
        let directory = self.folder(name).join(number.to_string());
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
