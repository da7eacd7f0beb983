//! Resumable downloads of repository files.
//!
//! A file is named `name.part` until its checksum was verified, so a file without that suffix is complete.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use backon::{BackoffBuilder, Retryable};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_RANGE, RANGE};

use super::super::{Library, files};
use super::checksum::{Checksum, Hasher};
use super::{Hub, HubError, Listing};
use crate::backoff::exponential;

/// Delay before the first retry. Any received byte starts the backoff again.
const FIRST_DELAY: Duration = Duration::from_millis(250);

/// A completed download. Its directory stays locked until this is dropped.
pub struct Download {
    pub directory: PathBuf,
    _held: File,
}

impl Download {
    /// Removes the directory.
    pub fn discard(self) {
        // `model gc` removes what fails here.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A file that is being downloaded.
struct PartialFile<'a> {
    name: &'a str,
    size: u64,
    checksum: Checksum,
    part: PathBuf,
    file: File,
    /// Number of bytes written and hashed.
    at: u64,
    hasher: Hasher,
}

impl Hub {
    /// Downloads files of a repository, resuming an interrupted download. `progress` is called with the number of bytes present and the
    /// total.
    pub fn fetch(
        &self,
        library: &Library,
        listing: &Listing,
        names: &[String],
        progress: &dyn Fn(u64, u64),
    ) -> Result<Download, HubError> {
        let repo = listing.repo.to_string();
        let folder = format!("{}@{}", repo.replace('/', "--"), listing.commit);
        let directory = library.downloads().join(folder);
        let Some(held) = files::try_lock_exclusive(&directory.join(".lock"))? else {
            return Err(HubError::DownloadInProgress(repo));
        };
        self.run(async {
            let mut wanted = Vec::new();
            for name in names {
                let (size, checksum) = with_retries(|| self.describe(listing, name)).await?;
                wanted.push((name.as_str(), size, checksum));
            }
            let total: u64 = wanted.iter().map(|(_, size, _)| size).sum();
            let here =
                |name: &str| length(&directory.join(name)).max(length(&part(&directory, name)));
            let missing = wanted
                .iter()
                .map(|(name, size, _)| size.saturating_sub(here(name)));
            files::ensure_free_space(&directory, missing.sum())?;
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
        Ok(Download {
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
        let mut partial = PartialFile::open(directory, name, size, checksum)?;
        if partial.at == 0 {
            partial.reuse(&self.cached(listing, name))?;
        }
        let mut delays = exponential(FIRST_DELAY).build();
        while partial.at < size {
            let before = partial.at;
            let Err(error) = self.receive(listing, &mut partial, progress).await else {
                continue;
            };
            if partial.at > before {
                delays = exponential(FIRST_DELAY).build();
            }
            match delays.next() {
                Some(delay) if error.is_transient() => tokio::time::sleep(delay).await,
                _ => return Err(error),
            }
        }
        partial.finish(&whole)
    }

    /// Requests the missing part of a file and writes it.
    async fn receive(
        &self,
        listing: &Listing,
        partial: &mut PartialFile<'_>,
        progress: &dyn Fn(u64),
    ) -> Result<(), HubError> {
        let mut request = self.authorized(self.client.get(self.file_url(listing, partial.name)));
        if partial.at > 0 {
            request = request.header(RANGE, format!("bytes={}-", partial.at));
        }
        let mut response = request.send().await.map_err(|error| partial.lost(&error))?;
        let status = response.status();
        if !status.is_success() {
            let what = format!("file {} in {}", partial.name, listing.repo);
            return Err(self.error_for(&listing.repo, &what, &response));
        }
        if partial.at > 0 {
            let range = response
                .headers()
                .get(CONTENT_RANGE)
                .and_then(|range| range.to_str().ok());
            let expected = format!("bytes {}-", partial.at);
            if status != StatusCode::PARTIAL_CONTENT
                || !range.is_some_and(|range| range.starts_with(&expected))
            {
                // The server does not support ranges and sends the whole file.
                partial.restart()?;
                if status == StatusCode::PARTIAL_CONTENT {
                    return Err(self.unexpected(format!(
                        "the server sent another byte range of {} than requested",
                        partial.name
                    )));
                }
            }
        }
        loop {
            match response.chunk().await {
                Ok(Some(piece)) => partial.write(&piece)?,
                Ok(None) if partial.at < partial.size => {
                    return Err(partial.cut("the server closed it"));
                }
                Ok(None) => return Ok(()),
                Err(error) => return Err(partial.lost(&error)),
            }
            progress(partial.at);
        }
    }

    /// Returns the path of the file in the Hugging Face cache.
    fn cached(&self, listing: &Listing, name: &str) -> PathBuf {
        let folder = hf_hub::Repo::model(listing.repo.to_string()).folder_name();
        self.cache
            .join(folder)
            .join("snapshots")
            .join(&listing.commit)
            .join(name)
    }
}

impl<'a> PartialFile<'a> {
    /// Opens the partial file of an earlier download, if any, and hashes it.
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
        let mut hasher = checksum.begin(size);
        let mut at = 0;
        let mut buffer = vec![0; 1 << 20];
        loop {
            let read = file.read(&mut buffer).map_err(HubError::io(&part))?;
            if read == 0 {
                break;
            }
            hasher.update(&buffer[..read]);
            at += read as u64;
        }
        let mut partial = PartialFile {
            name,
            size,
            checksum,
            part,
            file,
            at,
            hasher,
        };
        if at > size {
            partial.restart()?;
        }
        Ok(partial)
    }

    /// Copies the file from the cache of another program, if its checksum matches.
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
        let sum = self.hasher.clone().finish();
        if self.at == self.size && sum == self.checksum.expected() {
            return Ok(());
        }
        self.restart()
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), HubError> {
        let path = &self.part;
        if self.at + piece.len() as u64 > self.size {
            // The response is longer than the announced size, so it cannot be the expected file.
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
        self.hasher.update(piece);
        self.at += piece.len() as u64;
        Ok(())
    }

    fn restart(&mut self) -> Result<(), HubError> {
        self.file.set_len(0).map_err(HubError::io(&self.part))?;
        self.at = 0;
        self.hasher = self.checksum.begin(self.size);
        Ok(())
    }

    /// Renames the file if its checksum matches, and removes it otherwise.
    fn finish(self, whole: &Path) -> Result<(), HubError> {
        let found = self.hasher.finish();
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
            "no data was received".to_owned()
        } else {
            cause.to_string()
        };
        self.cut(&reason)
    }

    fn cut(&self, reason: &str) -> HubError {
        HubError::ConnectionLost {
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

/// Runs `work`, and retries it after transient errors.
pub(super) async fn with_retries<T, F>(work: impl FnMut() -> F) -> Result<T, HubError>
where
    F: Future<Output = Result<T, HubError>>,
{
    let retries = work.retry(exponential(FIRST_DELAY));
    retries.when(HubError::is_transient).await
}

fn part(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.part"))
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}
