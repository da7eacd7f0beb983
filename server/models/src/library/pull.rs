//! Getting a model: from a hub, from a folder or from a file, into the library and into use.

use std::path::{Path, PathBuf};

use trainer_bridge::Format;

use super::hub::{Hub, HubError, Listing, RepoId};
use super::{Incoming, Installed, Library, LibraryError, Origin, Take, checkpoint, name};

/// Where a model comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Hub {
        repo: RepoId,
        revision: String,
        /// One of several `*.gguf` files.
        file: Option<String>,
    },
    /// A folder, or a `*.gguf` file.
    Disk(PathBuf),
}

/// What is being done, in bytes: done, and to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Download(u64, u64),
    Check(u64, u64),
}

/// A model that was asked for and is in use now.
#[derive(Debug, Clone, PartialEq)]
pub struct Pulled {
    pub installed: Installed,
    /// What was repaired on the way.
    pub notes: Vec<String>,
    /// It was there already.
    pub known: bool,
    /// The generation that was in use before, if it was another.
    pub before: Option<u32>,
    /// It is now the model that answers where none is named, since none was chosen.
    pub chosen: bool,
}

impl Library {
    /// Gets a model under this name and puts it in use. The generation that was in use stays until `gc`.
    pub fn pull(
        &self,
        name: &str,
        source: &Source,
        base: Option<&str>,
        progress: &dyn Fn(Step),
    ) -> Result<Pulled, HubError> {
        name::check(name)?;
        let check = |done, total| progress(Step::Check(done, total));
        let added = match source {
            Source::Disk(path) => {
                let path = path
                    .canonicalize()
                    .map_err(LibraryError::io("open", path))?;
                let incoming = Incoming {
                    origin: origin(path.display().to_string(), base),
                    from: path,
                    take: Take::Copy,
                };
                self.add(name, &incoming, &check)?
            }
            Source::Hub {
                repo,
                revision,
                file,
            } => {
                let hub = Hub::from_environment()?;
                let listing = hub.list(repo, revision)?;
                let wanted = wanted(&listing, file.as_deref(), base)?;
                if let Some(installed) = self.from(name, &wanted.source, base) {
                    return Ok(self.put_in_use(installed, Vec::new(), true)?);
                }
                let download = |done, total| progress(Step::Download(done, total));
                let fetched = self.fetch(&hub, &listing, &wanted.names, &download)?;
                let gguf = (wanted.format == Format::Gguf)
                    .then(|| wanted.names.first())
                    .flatten();
                let from = match gguf {
                    Some(file) => fetched.directory.join(file),
                    None => fetched.directory.clone(),
                };
                let incoming = Incoming {
                    from,
                    take: Take::Share,
                    origin: origin(wanted.source, base),
                };
                let added = self.add(name, &incoming, &check);
                // What was refused would be refused again, so it is not kept either. Where the disk failed it is whole.
                if !matches!(
                    added,
                    Err(LibraryError::Io { .. } | LibraryError::DiskFull { .. })
                ) {
                    fetched.discard();
                }
                added?
            }
        };
        Ok(self.put_in_use(added.installed, added.notes, added.known)?)
    }

    /// Fetches the files of a repository, and of several files of weights only those that its index lists.
    fn fetch(
        &self,
        hub: &Hub,
        listing: &Listing,
        names: &[String],
        progress: &dyn Fn(u64, u64),
    ) -> Result<super::hub::Fetched, HubError> {
        let mut names = names.to_vec();
        if names.iter().any(|name| name == checkpoint::INDEX) {
            let index = [checkpoint::INDEX.to_owned()];
            let first = hub.fetch(self, listing, &index, &|_, _| {})?;
            checkpoint::keep_listed(&first.directory, &mut names)?;
        }
        hub.fetch(self, listing, &names, progress)
    }

    /// The newest sound generation that came from there.
    fn from(&self, name: &str, source: &str, base: Option<&str>) -> Option<Installed> {
        let generations = self.generations(name).ok()?;
        let base = base.map(|base| self.resolve(Some(base)).map(|base| base.label()));
        let base = base.transpose().ok()?;
        generations.into_iter().rev().find(|known| {
            known.manifest.source.as_deref() == Some(source)
                && (known.manifest.format != Format::Lora || known.manifest.base == base)
                && known.examine().is_ok()
        })
    }

    fn put_in_use(
        &self,
        installed: Installed,
        notes: Vec<String>,
        known: bool,
    ) -> Result<Pulled, LibraryError> {
        let number = installed.manifest.number;
        let before = self.switch(&installed.name, number)?;
        let chosen = self.default_name().is_none();
        if chosen {
            self.set_default(&installed.name)?;
        }
        Ok(Pulled {
            installed,
            notes,
            known,
            before: before.filter(|before| *before != number),
            chosen,
        })
    }
}

struct Wanted {
    format: Format,
    names: Vec<String>,
    source: String,
}

/// What of a repository is the model; refused here, before anything large is fetched.
fn wanted(
    listing: &Listing,
    file: Option<&str>,
    base: Option<&str>,
) -> Result<Wanted, LibraryError> {
    let (format, names) = checkpoint::select(&listing.names(), file)
        .map_err(|what| LibraryError::Refused(format!("{}: {what}", listing.repo)))?;
    if format == Format::Lora && base.is_none() {
        return Err(super::add::no_base());
    }
    if format != Format::Lora && base.is_some() {
        return Err(super::add::no_adapter());
    }
    let mut source = listing.source();
    if let (Format::Gguf, Some(file)) = (format, names.first()) {
        source = format!("{source}/{file}");
    }
    Ok(Wanted {
        format,
        names,
        source,
    })
}

fn origin(source: String, base: Option<&str>) -> Origin {
    Origin {
        source: Some(source),
        base: base.map(str::to_owned),
        ..Origin::default()
    }
}

impl Source {
    /// What a person means: something that is on this disk, or else a repository of a hub.
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
                return Err(LibraryError::Refused(format!(
                    "{flag} is for repositories of a hub; {text} is on this disk"
                )));
            }
            return Ok(Source::Disk(path.to_owned()));
        }
        match RepoId::parse(text) {
            Some(repo) => Ok(Source::Hub {
                repo,
                revision: revision.unwrap_or("main").to_owned(),
                file: file.map(str::to_owned),
            }),
            None => Err(LibraryError::Refused(format!(
                "no such folder or file: {text}. A repository of a hub looks like Qwen/Qwen3-4B"
            ))),
        }
    }
}
