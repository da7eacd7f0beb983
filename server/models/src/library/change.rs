//! Changing which model and which generation is in use, and removing what is not wanted.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;

use trainer_bridge::Format;

use super::{CURRENT, Library, LibraryError, files, name};

const NUMBERS: &str = ".numbers";
/// The number of the generation that was in use before, beside `current`.
const PREVIOUS: &str = "previous";

impl Library {
    /// Puts another generation in use, by one rename. Returns the one that was, if there was one.
    pub fn switch(&self, name: &str, number: u32) -> Result<Option<u32>, LibraryError> {
        let _lock = self.lock()?;
        let before = self.take_up(name, number)?;
        if let Some(before) = before.filter(|before| *before != number) {
            let previous = self.folder(name).join(PREVIOUS);
            files::replace(&previous, format!("{before}\n").as_bytes())?;
        }
        Ok(before)
    }

    fn take_up(&self, name: &str, number: u32) -> Result<Option<u32>, LibraryError> {
        let wanted = self.generation(name, number)?;
        // An adapter without its base would be found out by whoever asks next.
        self.base(&wanted)?;
        let before = self.current_number(name).ok();
        files::replace(
            &self.folder(name).join(CURRENT),
            format!("{number}\n").as_bytes(),
        )?;
        Ok(before)
    }

    /// The generation that was in use before the current one; where that is not known any more, the newest one before it.
    pub fn previous_number(&self, name: &str) -> Option<u32> {
        let current = self.current_number(name).ok()?;
        let numbers = self.numbers(name);
        let text = fs::read_to_string(self.folder(name).join(PREVIOUS)).unwrap_or_default();
        let noted: Option<u32> = text.trim().parse().ok();
        noted
            .filter(|number| *number != current && numbers.contains(number))
            .or_else(|| numbers.into_iter().filter(|n| *n < current).max())
    }

    /// Goes back to the generation that was in use before, or else to the newest sound one before it. What is left so is not gone back
    /// to by the next time. Returns both numbers: left, and taken up.
    pub fn rollback(&self, name: &str) -> Result<(u32, u32), LibraryError> {
        let _lock = self.lock()?;
        let current = self.current_number(name)?;
        let noted = self.previous_number(name);
        let older = self.numbers(name).into_iter().rev();
        let older = older.filter(|number| *number < current && Some(*number) != noted);
        for number in noted.into_iter().chain(older) {
            match self.take_up(name, number) {
                Ok(_) => {
                    let previous = self.folder(name).join(PREVIOUS);
                    match fs::remove_file(&previous) {
                        Err(error) if error.kind() != ErrorKind::NotFound => {
                            return Err(LibraryError::io("remove", &previous)(error));
                        }
                        _ => return Ok((current, number)),
                    }
                }
                Err(LibraryError::Damaged { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Err(LibraryError::NothingBefore {
            name: name.to_owned(),
            current,
        })
    }

    /// Chooses the model that answers where none is named.
    pub fn set_default(&self, name: &str) -> Result<(), LibraryError> {
        let _lock = self.lock()?;
        self.known(name)?;
        files::replace(
            &self.directory.join(name::DEFAULT),
            format!("{name}\n").as_bytes(),
        )
    }

    /// Removes a model with all its generations, unless an adapter is based on it. Returns the bytes that are free again.
    pub fn remove(&self, name: &str) -> Result<u64, LibraryError> {
        let _lock = self.lock()?;
        let generations = self.generations(name)?;
        let adapters = self.adapters_on(|base, adapter| {
            adapter != name && name::parse(base).is_ok_and(|(base, _)| base == name)
        });
        if !adapters.is_empty() {
            return Err(LibraryError::BaseOf {
                label: name.to_owned(),
                adapters,
            });
        }
        if self.default_name().as_deref() == Some(name) {
            let default = self.directory.join(name::DEFAULT);
            fs::remove_file(&default).map_err(LibraryError::io("remove", &default))?;
        }
        self.discard(&self.folder(name))?;
        Ok(generations.iter().map(super::Installed::bytes).sum())
    }

    /// The labels of the adapters for whose base, and own name, this holds.
    pub(super) fn adapters_on(&self, wanted: impl Fn(&str, &str) -> bool) -> Vec<String> {
        let mut labels = Vec::new();
        for name in self.names() {
            for generation in self.generations(&name).unwrap_or_default() {
                let base = generation.manifest.base.as_deref().unwrap_or_default();
                if generation.manifest.format == Format::Lora && wanted(base, &name) {
                    labels.push(generation.label());
                }
            }
        }
        labels
    }

    /// Who changes what is on disk holds this, for a moment: never while weights are copied or read.
    pub(super) fn lock(&self) -> Result<File, LibraryError> {
        files::locked(&self.directory.join(".lock"))
    }

    /// A number that no generation of this name has had. Caches and records name generations by it, so it is never given again,
    /// not even after the generation or the whole model was removed. For who holds the lock.
    pub(super) fn next_number(&self, name: &str) -> Result<u32, LibraryError> {
        let path = self.directory.join(NUMBERS);
        let mut last: BTreeMap<String, u32> = match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(LibraryError::io("read", &path)(error)),
        };
        let on_disk = self.numbers(name).last().copied().unwrap_or(0);
        let next = 1 + on_disk.max(last.get(name).copied().unwrap_or(0));
        last.insert(name.to_owned(), next);
        let text = serde_json::to_vec(&last)
            .map_err(|error| LibraryError::io("write", &path)(error.into()))?;
        files::replace(&path, &text)?;
        Ok(next)
    }
}
