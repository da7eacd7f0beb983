//! Pulls a model from a hub, a directory or a file into the library and activates it.

use std::path::{Path, PathBuf};

use trainer_bridge::Format;

use super::hub::{Hub, HubError, Listing, RepoId};
use super::{
    Installed, Library, LibraryError, NewCheckpoint, Provenance, Transfer, checkpoint, name,
};

/// Where a model comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelSource {
    Hub {
        repo: RepoId,
        revision: String,
        /// Selects one of several `*.gguf` files.
        file: Option<String>,
    },
    /// A directory, or a `*.gguf` file.
    Disk(PathBuf),
}

/// Progress of a pull, in bytes: done and total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullProgress {
    Download(u64, u64),
    Check(u64, u64),
}

/// The result of [`Library::pull`]: the generation, which is now active.
#[derive(Debug, Clone, PartialEq)]
pub struct PullResult {
    pub installed: Installed,
    /// Repairs that were made, one line each.
    pub notes: Vec<String>,
    /// It was already in the library.
    pub already_installed: bool,
    /// The previously active generation, if it was another one.
    pub previous: Option<u32>,
    /// It became the default model, because none was set.
    pub became_default: bool,
}

impl Library {
    /// Adds a model under this name and activates it. The previously active generation stays on disk until `gc`.
    pub fn pull(
        &self,
        name: &str,
        source: &ModelSource,
        base: Option<&str>,
        progress: &dyn Fn(PullProgress),
    ) -> Result<PullResult, HubError> {
        name::check(name)?;
        let check = |done, total| progress(PullProgress::Check(done, total));
        let added = match source {
            ModelSource::Disk(path) => {
                let path = path
                    .canonicalize()
                    .map_err(LibraryError::io("open", path))?;
                let incoming = NewCheckpoint {
                    provenance: provenance(path.display().to_string(), base),
                    path,
                    transfer: Transfer::Copy,
                };
                self.add(name, &incoming, &check)?
            }
            ModelSource::Hub {
                repo,
                revision,
                file,
            } => {
                let hub = Hub::from_environment()?;
                let listing = hub.list(repo, revision)?;
                let wanted = select(&listing, file.as_deref(), base)?;
                if let Some(installed) = self.find_by_source(name, &wanted.source, base) {
                    return Ok(self.activate(installed, Vec::new(), true)?);
                }
                let download = |done, total| progress(PullProgress::Download(done, total));
                let fetched = self.fetch(&hub, &listing, &wanted.names, &download)?;
                let gguf = (wanted.format == Format::Gguf)
                    .then(|| wanted.names.first())
                    .flatten();
                let from = match gguf {
                    Some(file) => fetched.directory.join(file),
                    None => fetched.directory.clone(),
                };
                let incoming = NewCheckpoint {
                    path: from,
                    transfer: Transfer::HardLink,
                    provenance: provenance(wanted.source, base),
                };
                let added = self.add(name, &incoming, &check);
                // Keep the download only if the disk failed: an invalid checkpoint would be rejected again.
                if !matches!(
                    added,
                    Err(LibraryError::Io { .. } | LibraryError::DiskFull { .. })
                ) {
                    fetched.discard();
                }
                added?
            }
        };
        Ok(self.activate(added.installed, added.notes, added.already_installed)?)
    }

    /// Downloads files of a repository. Of sharded weights, only the files listed in the index are downloaded.
    fn fetch(
        &self,
        hub: &Hub,
        listing: &Listing,
        names: &[String],
        progress: &dyn Fn(u64, u64),
    ) -> Result<super::hub::Download, HubError> {
        let mut names = names.to_vec();
        if names.iter().any(|name| name == checkpoint::INDEX) {
            let index = [checkpoint::INDEX.to_owned()];
            let first = hub.fetch(self, listing, &index, &|_, _| {})?;
            checkpoint::keep_listed(&first.directory, &mut names)?;
        }
        hub.fetch(self, listing, &names, progress)
    }

    /// Finds the newest usable generation with this source.
    fn find_by_source(&self, name: &str, source: &str, base: Option<&str>) -> Option<Installed> {
        let generations = self.generations(name).ok()?;
        let base = base.map(|base| self.resolve(Some(base)).map(|base| base.label()));
        let base = base.transpose().ok()?;
        generations.into_iter().rev().find(|known| {
            known.manifest.source.as_deref() == Some(source)
                && (known.manifest.format != Format::Lora || known.manifest.base == base)
                && known.check_sizes().is_ok()
        })
    }

    fn activate(
        &self,
        installed: Installed,
        notes: Vec<String>,
        already_installed: bool,
    ) -> Result<PullResult, LibraryError> {
        let number = installed.manifest.number;
        let before = self.switch(&installed.name, number)?;
        let chosen = self.default_name().is_none();
        if chosen {
            self.set_default(&installed.name)?;
        }
        Ok(PullResult {
            installed,
            notes,
            already_installed,
            previous: before.filter(|before| *before != number),
            became_default: chosen,
        })
    }
}

struct Selection {
    format: Format,
    names: Vec<String>,
    source: String,
}

/// Selects the files of a repository to download. Unsuitable repositories are rejected here, before large files are downloaded.
fn select(
    listing: &Listing,
    file: Option<&str>,
    base: Option<&str>,
) -> Result<Selection, LibraryError> {
    let (format, names) = checkpoint::select(&listing.names(), file)
        .map_err(|what| LibraryError::InvalidCheckpoint(format!("{}: {what}", listing.repo)))?;
    if format == Format::Lora && base.is_none() {
        return Err(super::add::missing_base());
    }
    if format != Format::Lora && base.is_some() {
        return Err(super::add::unexpected_base());
    }
    let mut source = listing.source();
    if let (Format::Gguf, Some(file)) = (format, names.first()) {
        source = format!("{source}/{file}");
    }
    Ok(Selection {
        format,
        names,
        source,
    })
}

fn provenance(source: String, base: Option<&str>) -> Provenance {
    Provenance {
        source: Some(source),
        base: base.map(str::to_owned),
        ..Provenance::default()
    }
}

impl ModelSource {
    /// Parses the SOURCE argument: an existing local path, or else a hub repository.
    pub fn parse(
        text: &str,
        revision: Option<&str>,
        file: Option<&str>,
    ) -> Result<Self, LibraryError> {
        let path = Path::new(text);
        if path.exists() {
            if let Some(flag) = [("--revision", revision), ("--file", file)]
                .iter()
                .find_map(|(flag, value)| value.map(|_| flag))
            {
                return Err(LibraryError::InvalidCheckpoint(format!(
                    "{flag} applies to hub repositories only; {text} is a local path"
                )));
            }
            return Ok(ModelSource::Disk(path.to_owned()));
        }
        match RepoId::parse(text) {
            Some(repo) => Ok(ModelSource::Hub {
                repo,
                revision: revision.unwrap_or("main").to_owned(),
                file: file.map(str::to_owned),
            }),
            None => Err(LibraryError::InvalidCheckpoint(format!(
                "no such file or directory: {text}. A hub repository is written like Qwen/Qwen3-4B"
            ))),
        }
    }
}
