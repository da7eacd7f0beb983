//! Changes the default model and the active generation, and removes models.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;

use trainer_bridge::Format;

use super::{CURRENT, Library, LibraryError, files, name};

const NUMBERS: &str = ".numbers";
/// File beside `current` with the number of the previously active generation.
const PREVIOUS: &str = "previous";

impl Library {
    /// Makes a generation the active one, atomically. Returns the number of the previously active generation, if any.
    pub fn switch(&self, name: &str, number: u32) -> Result<Option<u32>, LibraryError> {
        let _lock = self.lock()?;
        let before = self.set_current(name, number)?;
        if let Some(before) = before.filter(|before| *before != number) {
            let previous = self.model_directory(name).join(PREVIOUS);
            files::write_atomically(&previous, format!("{before}\n").as_bytes())?;
        }
        Ok(before)
    }

    fn set_current(&self, name: &str, number: u32) -> Result<Option<u32>, LibraryError> {
        let wanted = self.generation(name, number)?;
        // Fail here rather than at the next request if the base model of an adapter is missing.
        self.base(&wanted)?;
        let before = self.current_number(name).ok();
        files::write_atomically(
            &self.model_directory(name).join(CURRENT),
            format!("{number}\n").as_bytes(),
        )?;
        Ok(before)
    }

    /// Returns the number of the previously active generation or, if it is unknown, of the newest generation before the active one.
    pub fn previous_number(&self, name: &str) -> Option<u32> {
        let current = self.current_number(name).ok()?;
        let numbers = self.numbers(name);
        let text =
            fs::read_to_string(self.model_directory(name).join(PREVIOUS)).unwrap_or_default();
        let noted: Option<u32> = text.trim().parse().ok();
        noted
            .filter(|number| *number != current && numbers.contains(number))
            .or_else(|| numbers.into_iter().filter(|n| *n < current).max())
    }

    /// Activates the previously active generation or, if it is damaged, the newest usable generation before the active one. The next
    /// rollback does not return to the generation that was left. Returns the old and the new number.
    pub fn rollback(&self, name: &str) -> Result<(u32, u32), LibraryError> {
        let _lock = self.lock()?;
        let current = self.current_number(name)?;
        let noted = self.previous_number(name);
        let older = self.numbers(name).into_iter().rev();
        let older = older.filter(|number| *number < current && Some(*number) != noted);
        for number in noted.into_iter().chain(older) {
            match self.set_current(name, number) {
                Ok(_) => {
                    let previous = self.model_directory(name).join(PREVIOUS);
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
        Err(LibraryError::NoPreviousGeneration {
            name: name.to_owned(),
            current,
        })
    }

    /// Sets the default model.
    pub fn set_default(&self, name: &str) -> Result<(), LibraryError> {
        let _lock = self.lock()?;
        self.ensure_exists(name)?;
        files::write_atomically(
            &self.directory.join(name::DEFAULT),
            format!("{name}\n").as_bytes(),
        )
    }

    /// Removes a model with all its generations, unless an adapter is based on it. Returns the number of bytes freed.
    pub fn remove(&self, name: &str) -> Result<u64, LibraryError> {
        let _lock = self.lock()?;
        let generations = self.generations(name)?;
        let adapters = self.adapters_where(|base, adapter| {
            adapter != name && name::parse(base).is_ok_and(|(base, _)| base == name)
        });
        if !adapters.is_empty() {
            return Err(LibraryError::UsedAsBase {
                label: name.to_owned(),
                adapters,
            });
        }
        if self.default_name().as_deref() == Some(name) {
            let default = self.directory.join(name::DEFAULT);
            fs::remove_file(&default).map_err(LibraryError::io("remove", &default))?;
        }
        self.delete_directory(&self.model_directory(name))?;
        Ok(generations.iter().map(super::Installed::bytes).sum())
    }

    /// Returns the labels of all adapters for which `wanted(base, name)` is true.
    pub(super) fn adapters_where(&self, wanted: impl Fn(&str, &str) -> bool) -> Vec<String> {
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

    /// Locks the library for a change. Held only briefly, never while weights are copied or read.
    pub(super) fn lock(&self) -> Result<File, LibraryError> {
        files::lock_exclusive(&self.directory.join(".lock"))
    }

    /// Returns the next unused generation number. Numbers are never reused, even after the model is removed, because caches and
    /// records identify generations by them. The caller must hold the lock.
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
        files::write_atomically(&path, &text)?;
        Ok(next)
    }
}
