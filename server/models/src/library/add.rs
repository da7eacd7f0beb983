//! Taking a checkpoint in as a new generation: put together beside the others, looked through, and renamed into its place.
//!
//! A writer that is killed on the way leaves a folder in `.incoming` that nobody reads and the next writer takes away.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use trainer_bridge::{Format, Generation, Metrics, WeightFile};

use super::{Installed, Library, LibraryError, MANIFEST, checkpoint, files, name};

const INCOMING: &str = ".incoming";

/// A checkpoint that is to become a generation.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// A folder, or one `*.gguf` file.
    pub from: PathBuf,
    pub take: Take,
    pub origin: Origin,
}

/// Whether the files stay where they are as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    Copy,
    Move,
    /// They stay under both names until whoever has them takes the other away: what is cut short here can be begun again.
    Share,
}

/// What is known of a generation beside its weights; see [`Generation`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origin {
    pub source: Option<String>,
    /// An adapter needs one: the model it is laid over, `name` or `name@7`.
    pub base: Option<String>,
    pub parent: Option<u32>,
    pub dataset_hash: Option<String>,
    pub trainer: Option<String>,
    pub metrics: Metrics,
    pub sample_ids: Vec<String>,
}

/// A generation that was taken in. It is not in use before [`Library::switch`] says so.
#[derive(Debug, Clone, PartialEq)]
pub struct Added {
    pub installed: Installed,
    /// What was repaired on the way, one line each.
    pub notes: Vec<String>,
    /// The same weights were there already, and nothing was added.
    pub known: bool,
}

impl Library {
    /// Takes a checkpoint in as the next generation of a model, or refuses it with one line.
    /// `progress` hears of bytes looked through, and of how many there are.
    pub fn add(
        &self,
        name: &str,
        incoming: &Incoming,
        progress: &dyn Fn(u64, u64),
    ) -> Result<Added, LibraryError> {
        name::check(name)?;
        self.sweep(false)?;
        let (format, sources) = choose(&incoming.from)?;
        let base = self.base_of(format, &incoming.origin)?;
        let stage = Stage::new(self)?;
        if incoming.take == Take::Copy {
            let needed = sources.iter().map(|(path, _)| length(path)).sum();
            files::room(&self.directory, needed)?;
        }
        for (path, file) in &sources {
            bring(path, &stage.directory.join(file), incoming.take)?;
        }
        let checked = checkpoint::check(&stage.directory, format, base.as_ref())?;
        let files = look_through(&stage.directory, &checked, progress)?;

        let _lock = self.lock()?;
        if incoming.origin.source.is_some()
            && let Some(installed) = self.same(name, format, base.as_ref(), &files)
        {
            let notes = checked.notes;
            return Ok(Added {
                installed,
                notes,
                known: true,
            });
        }
        let origin = incoming.origin.clone();
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
        let installed = self.put_in_place(name, &stage, manifest)?;
        Ok(Added {
            installed,
            notes: checked.notes,
            known: false,
        })
    }

    /// The generation that an adapter is to be laid over: the one in use now, if only a name is given.
    fn base_of(&self, format: Format, origin: &Origin) -> Result<Option<Installed>, LibraryError> {
        if format != Format::Lora {
            return match origin.base {
                Some(_) if origin.source.is_some() => Err(no_adapter()),
                _ => Ok(None),
            };
        }
        let Some(base) = &origin.base else {
            return Err(no_base());
        };
        let base = self.resolve(Some(base))?;
        if base.manifest.format != Format::Safetensors {
            return Err(LibraryError::Refused(format!(
                "{} cannot be the base of an adapter; that has to be a model in safetensors",
                base.label()
            )));
        }
        Ok(Some(base))
    }

    /// A generation with the very same files.
    fn same(
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
                && known.examine().is_ok()
        })
    }

    fn put_in_place(
        &self,
        name: &str,
        stage: &Stage,
        manifest: Generation,
    ) -> Result<Installed, LibraryError> {
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| LibraryError::io("write", &stage.directory)(error.into()))?;
        files::replace(&stage.directory.join(MANIFEST), &text)?;
        let folder = self.folder(name);
        let directory = folder.join(manifest.number.to_string());
        fs::create_dir_all(&folder)
            .and_then(|()| fs::rename(&stage.directory, &directory))
            .and_then(|()| files::sync_folder(&folder))
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

    /// Takes a folder away in one step, and then its content. For who holds the lock.
    pub(super) fn discard(&self, folder: &Path) -> Result<(), LibraryError> {
        let grave = free_name(&self.incoming())?;
        fs::rename(folder, &grave)
            .and_then(|()| fs::remove_dir_all(&grave))
            .map_err(LibraryError::io("remove", folder))
    }
}

pub(super) fn no_base() -> LibraryError {
    LibraryError::Refused(
        "this is an adapter; name the model it is laid over with --base NAME".to_owned(),
    )
}

pub(super) fn no_adapter() -> LibraryError {
    LibraryError::Refused("--base is for adapters, and this is a whole model".to_owned())
}

/// A folder in which a generation is put together, and the lock that says that somebody still does.
struct Stage {
    directory: PathBuf,
    lock: PathBuf,
    _held: File,
}

impl Stage {
    fn new(library: &Library) -> Result<Self, LibraryError> {
        // Under the library's lock, so that nobody sweeps the folder away before its own lock is held.
        let _lock = library.lock()?;
        let directory = free_name(&library.incoming())?;
        let lock = directory.with_extension("lock");
        let held = files::locked(&lock)?;
        fs::create_dir(&directory).map_err(LibraryError::io("make the folder", &directory))?;
        Ok(Stage {
            directory,
            lock,
            _held: held,
        })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // It is gone where the generation was put in its place. What cannot be removed now is swept later.
        let _ = fs::remove_dir_all(&self.directory);
        let _ = fs::remove_file(&self.lock);
    }
}

fn free_name(incoming: &Path) -> Result<PathBuf, LibraryError> {
    fs::create_dir_all(incoming).map_err(LibraryError::io("make the folder", incoming))?;
    let own = std::process::id();
    let names = (0u32..).map(|count| incoming.join(format!("{own}-{count}")));
    let mut free = names.filter(|name| !name.exists() && !name.with_extension("lock").exists());
    free.next().ok_or_else(|| {
        LibraryError::io("make a folder in", incoming)(ErrorKind::AlreadyExists.into())
    })
}

/// The format of what lies there, and the files that belong to it with their names in the generation.
fn choose(from: &Path) -> Result<(Format, Vec<(PathBuf, String)>), LibraryError> {
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
        .map_err(|what| LibraryError::Refused(format!("{shown}: {what}")))?;
    let chosen = chosen.into_iter();
    Ok((
        format,
        chosen.map(|name| (from.join(&name), name)).collect(),
    ))
}

fn bring(from: &Path, to: &Path, take: Take) -> Result<(), LibraryError> {
    // What a link leads to belongs to somebody else, so it is copied.
    let is_link = fs::symlink_metadata(from).is_ok_and(|found| found.is_symlink());
    if take == Take::Share && !is_link && fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    // Not every file system has second names.
    if take != Take::Copy && !is_link {
        match fs::rename(from, to) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::CrossesDevices => {}
            Err(error) => return Err(LibraryError::io("move", from)(error)),
        }
    }
    let copied = fs::copy(from, to).and_then(|_| {
        let file = File::options().write(true).open(to);
        // A file that may not be written is copied as such.
        file.map_or(Ok(()), |file| file.sync_all())
    });
    copied.map_err(LibraryError::io("copy", from))?;
    if take != Take::Copy {
        fs::remove_file(from).map_err(LibraryError::io("remove", from))?;
    }
    Ok(())
}

/// Reads every byte once: for the hashes of the manifest, and for numbers that are none.
fn look_through(
    directory: &Path,
    checked: &checkpoint::Checked,
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
        let (bytes, hash) = files::measure(&path, |piece| {
            done += piece.len() as u64;
            progress(done, total);
            scan.as_mut().map_or(Ok(()), |scan| scan.look(piece))
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
