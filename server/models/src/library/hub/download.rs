//! Fetching the files of a repository: what has arrived is kept, what is missing is asked for, what is wrong is thrown away.
//!
//! A file is called `name.part` until its checksum is known to be right, so whatever has its own name is complete.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_RANGE, RANGE};

use super::super::{Library, files};
use super::checksum::{Checksum, Running};
use super::{Hub, HubError, Listing};

/// How often something that may pass is tried again, with no byte gained in between.
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The files of a download, ready to be taken in. Nobody else touches them while this lives.
pub struct Fetched {
    pub directory: PathBuf,
    _held: File,
}

impl Fetched {
    /// Takes the folder away, once its files are elsewhere.
    pub fn discard(self) {
        // What stays behind is swept by `model gc`.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// One file on its way.
struct Arrival<'a> {
    name: &'a str,
    size: u64,
    checksum: Checksum,
    part: PathBuf,
    file: File,
    /// How much is in the file, and went through the checksum.
    at: u64,
    running: Running,
}

impl Hub {
    /// Fetches these files of a repository, going on where an earlier command was interrupted.
    /// `progress` hears of the bytes that are there, and of how many there will be.
    pub fn fetch(
        &self,
        library: &Library,
        listing: &Listing,
        names: &[String],
        progress: &dyn Fn(u64, u64),
    ) -> Result<Fetched, HubError> {
        let repo = listing.repo.to_string();
        let folder = format!("{}@{}", repo.replace('/', "--"), listing.commit);
        let directory = library.downloads().join(folder);
        let Some(held) = files::try_locked(&directory.join(".lock"))? else {
            return Err(HubError::Busy(repo));
        };
        self.run(async {
            let mut wanted = Vec::new();
            for name in names {
                let (size, checksum) = patiently(|| self.describe(listing, name)).await?;
                wanted.push((name.as_str(), size, checksum));
            }
            let total: u64 = wanted.iter().map(|(_, size, _)| size).sum();
            let here =
                |name: &str| length(&directory.join(name)).max(length(&part(&directory, name)));
            let missing = wanted
                .iter()
                .map(|(name, size, _)| size.saturating_sub(here(name)));
            files::room(&directory, missing.sum())?;
            let mut before = 0;
            for (name, size, checksum) in wanted {
                let own = |at: u64| progress(before + at, total);
                self.fetch_one(listing, &directory, (name, size, checksum), &own)
                    .await?;
                before += size;
                progress(before, total);
            }
            Ok(())
        })?;
        Ok(Fetched {
            directory,
            _held: held,
        })
    }

    async fn fetch_one(
        &self,
        listing: &Listing,
        directory: &Path,
        (name, size, checksum): (&str, u64, Checksum),
        progress: &dyn Fn(u64),
    ) -> Result<(), HubError> {
        let whole = directory.join(name);
        if whole.exists() {
            return Ok(());
        }
        let mut arrival = Arrival::open(directory, name, size, checksum)?;
        if arrival.at == 0 {
            arrival.reuse(&self.cached(listing, name))?;
        }
        let mut pause = Pause::new();
        while arrival.at < size {
            let before = arrival.at;
            let Err(error) = self.receive(listing, &mut arrival, progress).await else {
                continue;
            };
            if arrival.at > before {
                pause = Pause::new();
            }
            if !error.is_passing() || !pause.wait().await {
                return Err(error);
            }
        }
        arrival.finish(&whole)
    }

    /// Asks for what is missing of a file, and writes what arrives.
    async fn receive(
        &self,
        listing: &Listing,
        arrival: &mut Arrival<'_>,
        progress: &dyn Fn(u64),
    ) -> Result<(), HubError> {
        let mut request = self.signed(self.client.get(self.file_url(listing, arrival.name)));
        if arrival.at > 0 {
            request = request.header(RANGE, format!("bytes={}-", arrival.at));
        }
        let mut response = request.send().await.map_err(|error| arrival.lost(&error))?;
        let status = response.status();
        if !status.is_success() {
            let what = format!("file {} in {}", arrival.name, listing.repo);
            return Err(self.refusal(&listing.repo, &what, &response));
        }
        if arrival.at > 0 {
            let range = response
                .headers()
                .get(CONTENT_RANGE)
                .and_then(|range| range.to_str().ok());
            let expected = format!("bytes {}-", arrival.at);
            if status != StatusCode::PARTIAL_CONTENT
                || !range.is_some_and(|range| range.starts_with(&expected))
            {
                // A server that knows no ranges sends all of it again.
                arrival.restart()?;
                if status == StatusCode::PARTIAL_CONTENT {
                    return Err(self.odd(format!(
                        "it sent another part of {} than was asked for",
                        arrival.name
                    )));
                }
            }
        }
        loop {
            match response.chunk().await {
                Ok(Some(piece)) => arrival.write(&piece)?,
                Ok(None) if arrival.at < arrival.size => return Err(arrival.cut("it was closed")),
                Ok(None) => return Ok(()),
                Err(error) => return Err(arrival.lost(&error)),
            }
            progress(arrival.at);
        }
    }

    /// Where other programs that use this hub would have that file.
    fn cached(&self, listing: &Listing, name: &str) -> PathBuf {
        let folder = hf_hub::Repo::model(listing.repo.to_string()).folder_name();
        self.cache
            .join(folder)
            .join("snapshots")
            .join(&listing.commit)
            .join(name)
    }
}

impl<'a> Arrival<'a> {
    /// Takes up what an earlier command has left of the file.
    fn open(
        directory: &Path,
        name: &'a str,
        size: u64,
        checksum: Checksum,
    ) -> Result<Self, HubError> {
        let part = part(directory, name);
        let mut options = OpenOptions::new();
        let options = options.read(true).append(true).create(true);
        let mut file = options.open(&part).map_err(HubError::io(&part))?;
        let mut running = checksum.begin(size);
        let mut at = 0;
        let mut buffer = vec![0; 1 << 20];
        loop {
            let read = file.read(&mut buffer).map_err(HubError::io(&part))?;
            if read == 0 {
                break;
            }
            running.update(&buffer[..read]);
            at += read as u64;
        }
        let mut arrival = Arrival {
            name,
            size,
            checksum,
            part,
            file,
            at,
            running,
        };
        if at > size {
            arrival.restart()?;
        }
        Ok(arrival)
    }

    /// Copies a file that another program has fetched already, if it is the one.
    fn reuse(&mut self, cached: &Path) -> Result<(), HubError> {
        let Ok(mut other) = File::open(cached) else {
            return Ok(());
        };
        if other.metadata().map_or(0, |found| found.len()) != self.size {
            return Ok(());
        }
        let mut buffer = vec![0; 1 << 20];
        while let Ok(read) = other.read(&mut buffer) {
            if read == 0 {
                break;
            }
            self.write(&buffer[..read])?;
        }
        let sum = self.running.clone().finish();
        if self.at == self.size && sum == self.checksum.expected() {
            return Ok(());
        }
        self.restart()
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), HubError> {
        let path = &self.part;
        if self.at + piece.len() as u64 > self.size {
            // More than was announced cannot be the file.
            self.at = 0;
            let _ = fs::remove_file(path);
            return Err(HubError::Damaged {
                file: self.name.to_owned(),
                kind: "size",
                found: format!("more than {} bytes", self.size),
                expected: format!("{} bytes", self.size),
            });
        }
        self.file.write_all(piece).map_err(HubError::io(path))?;
        self.running.update(piece);
        self.at += piece.len() as u64;
        Ok(())
    }

    fn restart(&mut self) -> Result<(), HubError> {
        self.file.set_len(0).map_err(HubError::io(&self.part))?;
        self.at = 0;
        self.running = self.checksum.begin(self.size);
        Ok(())
    }

    /// Gives the file its name if it is what was announced, and takes it away if not.
    fn finish(self, whole: &Path) -> Result<(), HubError> {
        let found = self.running.finish();
        if found != self.checksum.expected() {
            drop(self.file);
            fs::remove_file(&self.part).map_err(HubError::io(&self.part))?;
            return Err(HubError::Damaged {
                file: self.name.to_owned(),
                kind: self.checksum.kind(),
                found,
                expected: self.checksum.expected().to_owned(),
            });
        }
        self.file.sync_all().map_err(HubError::io(&self.part))?;
        fs::rename(&self.part, whole).map_err(HubError::io(whole))
    }

    fn lost(&self, error: &reqwest::Error) -> HubError {
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let reason = if error.is_timeout() {
            "nothing came any more".to_owned()
        } else {
            cause.to_string()
        };
        self.cut(&reason)
    }

    fn cut(&self, reason: &str) -> HubError {
        HubError::Lost {
            file: self.name.to_owned(),
            at: self.at,
            of: self.size,
            reason: reason
                .split(" (os error")
                .next()
                .unwrap_or_default()
                .to_lowercase(),
        }
    }
}

/// Runs something again, after a growing pause, while it fails in a way that may pass.
pub(super) async fn patiently<T, F>(mut work: impl FnMut() -> F) -> Result<T, HubError>
where
    F: Future<Output = Result<T, HubError>>,
{
    let mut pause = Pause::new();
    loop {
        match work().await {
            Err(error) if error.is_passing() && pause.wait().await => {}
            done => return done,
        }
    }
}

struct Pause {
    left: u32,
    next: Duration,
}

impl Pause {
    fn new() -> Self {
        Pause {
            left: ATTEMPTS - 1,
            next: FIRST_PAUSE,
        }
    }

    /// False once there have been enough.
    async fn wait(&mut self) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        tokio::time::sleep(self.next).await;
        self.next *= 2;
        true
    }
}

fn part(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.part"))
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}
