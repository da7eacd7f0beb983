//! Adds a checkpoint to the library as a new generation: stages it in `.incoming`, validates it, and renames it into place.
//!
//! A writer that is killed leaves a staging directory, which the next writer removes.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use trainer_bridge::{Format, Generation, Metrics, WeightFile};

use super::{Installed, Library, LibraryError, MANIFEST, checkpoint, files, name};

const INCOMING: &str = ".incoming";

/// A checkpoint to add as a generation.
#[derive(Debug, Clone)]
pub struct NewCheckpoint {
    /// A directory, or one `*.gguf` file.
    pub path: PathBuf,
    pub transfer: Transfer,
    pub provenance: Provenance,
}

/// How files are brought into the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    Copy,
    Move,
    /// Hard links, so that an interrupted `add` can be repeated. The caller removes the originals. Falls back to moving.
    HardLink,
}

/// Metadata of a generation; see [`Generation`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Provenance {
    pub source: Option<String>,
    /// The base model of an adapter, `name` or `name@7`. Required for adapters.
    pub base: Option<String>,
    pub parent: Option<u32>,
    pub dataset_hash: Option<String>,
    pub trainer: Option<String>,
    pub metrics: Metrics,
    pub sample_ids: Vec<String>,
}

/// The result of [`Library::add`]. The generation is not active until [`Library::switch`] is called.
#[derive(Debug, Clone, PartialEq)]
pub struct AddedGeneration {
    pub installed: Installed,
    /// Repairs that were made, one line each.
    pub notes: Vec<String>,
    /// The same files were already in the library, and nothing was added.
    pub already_installed: bool,
}

impl Library {
    /// Validates a checkpoint and adds it as the next generation of a model. `progress` is called with the number of bytes checked and
    /// the total.
    pub fn add(
        &self,
        name: &str,
        incoming: &NewCheckpoint,
        progress: &dyn Fn(u64, u64),
    ) -> Result<AddedGeneration, LibraryError> {
        name::check(name)?;
        self.remove_leftovers(false)?;
        let (format, sources) = select_files(&incoming.path)?;
        let base = self.resolve_base(format, &incoming.provenance)?;
        let stage = StagingDirectory::new(self)?;
        if incoming.transfer == Transfer::Copy {
            let needed = sources.iter().map(|(path, _)| length(path)).sum();
            files::ensure_free_space(&self.directory, needed)?;
        }
        for (path, file) in &sources {
            transfer_file(path, &stage.directory.join(file), incoming.transfer)?;
        }
        let checked = checkpoint::check(&stage.directory, format, base.as_ref())?;
        let files = hash_and_scan(&stage.directory, &checked, progress)?;

        let _lock = self.lock()?;
        if incoming.provenance.source.is_some()
            && let Some(installed) = self.find_identical(name, format, base.as_ref(), &files)
        {
            let notes = checked.notes;
            return Ok(AddedGeneration {
                installed,
                notes,
                already_installed: true,
            });
        }
        let origin = incoming.provenance.clone();
        let manifest = Generation {
            number: self.next_number(name)?,
            format,
            source: origin.source,
            base: base.map(|base| base.label()).or(origin.base),
            parent: origin.parent,
            created: now(),
            files,
            dataset_hash: origin.dataset_hash,
            trainer: origin.trainer,
            metrics: origin.metrics,
            sample_ids: origin.sample_ids,
        };
        let installed = self.publish(name, &stage, manifest)?;
        Ok(AddedGeneration {
            installed,
            notes: checked.notes,
            already_installed: false,
        })
    }

    /// Resolves the base of an adapter. A name without a number means the active generation.
    fn resolve_base(
        &self,
        format: Format,
        provenance: &Provenance,
    ) -> Result<Option<Installed>, LibraryError> {
        if format != Format::Lora {
            return match provenance.base {
                Some(_) if provenance.source.is_some() => Err(unexpected_base()),
                _ => Ok(None),
            };
        }
        let Some(base) = &provenance.base else {
            return Err(missing_base());
        };
        let base = self.resolve(Some(base))?;
        if base.manifest.format != Format::Safetensors {
            return Err(LibraryError::InvalidCheckpoint(format!(
                "{} cannot be the base of an adapter; only models in safetensors format can",
                base.label()
            )));
        }
        Ok(Some(base))
    }

    /// Finds a generation with identical files.
    fn find_identical(
        &self,
        name: &str,
        format: Format,
        base: Option<&Installed>,
        files: &[WeightFile],
    ) -> Option<Installed> {
        let base = base.map(Installed::label);
        let generations = self.generations(name).ok()?;
        generations.into_iter().rev().find(|known| {
            known.manifest.format == format
                && known.manifest.files == files
                && (format != Format::Lora || known.manifest.base == base)
                && known.check_sizes().is_ok()
        })
    }

    fn publish(
        &self,
        name: &str,
        stage: &StagingDirectory,
        manifest: Generation,
    ) -> Result<Installed, LibraryError> {
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| LibraryError::io("write", &stage.directory)(error.into()))?;
        files::write_atomically(&stage.directory.join(MANIFEST), &text)?;
        let folder = self.model_directory(name);
        let directory = folder.join(manifest.number.to_string());
        fs::create_dir_all(&folder)
            .and_then(|()| fs::rename(&stage.directory, &directory))
            .and_then(|()| settings::files::sync_directory(&folder))
            .map_err(LibraryError::io("make the folder", &directory))?;
        Ok(Installed {
            name: name.to_owned(),
            directory,
            manifest,
        })
    }

    pub(super) fn incoming(&self) -> PathBuf {
        self.directory.join(INCOMING)
    }

    /// Removes a directory: renames it first, so that readers never see it half deleted. The caller must hold the lock.
    pub(super) fn delete_directory(&self, folder: &Path) -> Result<(), LibraryError> {
        let trash = unused_name(&self.incoming())?;
        fs::rename(folder, &trash)
            .and_then(|()| fs::remove_dir_all(&trash))
            .map_err(LibraryError::io("remove", folder))
    }
}

pub(super) fn missing_base() -> LibraryError {
    LibraryError::InvalidCheckpoint(
        "this is an adapter; name its base model with --base NAME".to_owned(),
    )
}

pub(super) fn unexpected_base() -> LibraryError {
    LibraryError::InvalidCheckpoint(
        "--base applies to adapters only, and this is a complete model".to_owned(),
    )
}

/// A directory in which a generation is assembled, and the lock that marks it as in use.
struct StagingDirectory {
    directory: PathBuf,
    lock: PathBuf,
    _held: File,
}

impl StagingDirectory {
    fn new(library: &Library) -> Result<Self, LibraryError> {
        // Under the library lock, so that the directory is not removed as a leftover before its own lock is held.
        let _lock = library.lock()?;
        let directory = unused_name(&library.incoming())?;
        let lock = directory.with_extension("lock");
        let held = files::lock_exclusive(&lock)?;
        fs::create_dir(&directory).map_err(LibraryError::io("make the folder", &directory))?;
        Ok(StagingDirectory {
            directory,
            lock,
            _held: held,
        })
    }
}

impl Drop for StagingDirectory {
    fn drop(&mut self) {
        // The directory was renamed if the generation was published. `remove_leftovers` retries what fails here.
        let _ = fs::remove_dir_all(&self.directory);
        let _ = fs::remove_file(&self.lock);
    }
}

fn unused_name(incoming: &Path) -> Result<PathBuf, LibraryError> {
    fs::create_dir_all(incoming).map_err(LibraryError::io("make the folder", incoming))?;
    let own = std::process::id();
    let names = (0u32..).map(|count| incoming.join(format!("{own}-{count}")));
    let mut free = names.filter(|name| !name.exists() && !name.with_extension("lock").exists());
    free.next().ok_or_else(|| {
        LibraryError::io("make a folder in", incoming)(ErrorKind::AlreadyExists.into())
    })
}

/// Detects the format of a checkpoint and selects its files: source path and file name in the generation.
fn select_files(from: &Path) -> Result<(Format, Vec<(PathBuf, String)>), LibraryError> {
    let shown = settings::paths::tilde(from);
    let is_gguf = from
        .extension()
        .is_some_and(|extension| extension == "gguf");
    if is_gguf && from.is_file() {
        return Ok((
            Format::Gguf,
            vec![(from.to_owned(), "model.gguf".to_owned())],
        ));
    }
    let entries = fs::read_dir(from).map_err(LibraryError::io("read the folder", from))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    let (format, chosen) = checkpoint::select(&names, None)
        .map_err(|what| LibraryError::InvalidCheckpoint(format!("{shown}: {what}")))?;
    let chosen = chosen.into_iter();
    Ok((
        format,
        chosen.map(|name| (from.join(&name), name)).collect(),
    ))
}

fn transfer_file(from: &Path, to: &Path, transfer: Transfer) -> Result<(), LibraryError> {
    // The target of a symbolic link is not ours to move, so it is copied.
    let is_link = fs::symlink_metadata(from).is_ok_and(|found| found.is_symlink());
    if transfer == Transfer::HardLink && !is_link && fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    // Also the fallback where the file system has no hard links.
    if transfer != Transfer::Copy && !is_link {
        match fs::rename(from, to) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::CrossesDevices => {}
            Err(error) => return Err(LibraryError::io("move", from)(error)),
        }
    }
    let copied = fs::copy(from, to).and_then(|_| {
        let file = File::options().write(true).open(to);
        // A read-only file stays read-only in the copy and cannot be opened for writing.
        file.map_or(Ok(()), |file| file.sync_all())
    });
    copied.map_err(LibraryError::io("copy", from))?;
    if transfer != Transfer::Copy {
        fs::remove_file(from).map_err(LibraryError::io("remove", from))?;
    }
    Ok(())
}

/// Reads every file once, to compute the hashes for the manifest and to find values that are not finite.
fn hash_and_scan(
    directory: &Path,
    checked: &checkpoint::CheckedFiles,
    progress: &dyn Fn(u64, u64),
) -> Result<Vec<WeightFile>, LibraryError> {
    let failed = LibraryError::io("read the folder", directory);
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .map_err(failed)?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    let total = paths.iter().map(|path| length(path)).sum();
    let mut done = 0;
    let mut files = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut scan = checked.scan(&name);
        let (bytes, hash) = files::hash_file(&path, |piece| {
            done += piece.len() as u64;
            progress(done, total);
            scan.as_mut().map_or(Ok(()), |scan| scan.update(piece))
        })?;
        files.push(WeightFile {
            path: name.into_owned(),
            bytes,
            hash,
        });
    }
    Ok(files)
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
