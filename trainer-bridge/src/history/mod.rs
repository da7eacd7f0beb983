//! The history of a repository: commits with their message, the files they changed, and the text before and after.
//!
//! It is read with gix, so no git program is run and no hook or configuration of the repository takes effect. Authors are not read: who wrote
//! something is nobody's training data.

mod class;
mod commit;
mod message;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

pub use class::CommitClass;

/// A commit in the order of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The object id in hexadecimal digits.
    pub id: String,
    /// The first line of the message, without issue numbers.
    pub subject: String,
    /// The rest of the message, without trailers and e-mail addresses.
    pub body: String,
    /// Whether it is one of the changes that something can be learned from.
    pub class: CommitClass,
    /// Sorted by path.
    pub files: Vec<FileChange>,
}

/// A file that a commit changed. A renamed file is one that was removed and another one that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Relative to the root of the repository, separated by `/`.
    pub path: String,
    before: Option<gix::ObjectId>,
    after: Option<gix::ObjectId>,
}

impl FileChange {
    #[cfg(test)]
    pub(crate) fn of_test(path: &str) -> FileChange {
        FileChange {
            path: path.to_owned(),
            before: None,
            after: None,
        }
    }

    /// The ids of the texts before and after, if the file was neither added nor removed.
    pub(crate) fn versions(&self) -> Option<(gix::ObjectId, gix::ObjectId)> {
        self.before.zip(self.after)
    }

    fn texts(&self, repository: &gix::Repository) -> Option<(String, String)> {
        let (before, after) = self.versions()?;
        Some((
            commit::text(repository, before)?,
            commit::text(repository, after)?,
        ))
    }
}

#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("cannot read the history: {0}; --no-history does without it")]
    Git(String),
}

impl HistoryError {
    fn new(error: &dyn std::fmt::Display) -> Self {
        let text = error.to_string();
        HistoryError::Git(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// Which part of the history is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryOptions {
    /// The newest commits that are looked at.
    pub max_commits: usize,
    /// Commits with more files are sweeping changes; their files are not listed.
    pub max_files: usize,
}

impl Default for HistoryOptions {
    fn default() -> Self {
        HistoryOptions {
            max_commits: 1_500,
            max_files: 20,
        }
    }
}

/// Returns whether `folder` is the root of a repository, a linked work tree or a submodule, however damaged it is.
fn has_repository(folder: &Path) -> bool {
    let git = folder.join(".git");
    git.is_file() || git.join("HEAD").exists()
}

/// An opened repository.
pub struct History {
    repository: gix::Repository,
    /// The folder of the workspace within the repository, with a `/` at the end; empty if they are the same.
    prefix: String,
}

/// Bytes of unpacked objects that a thread keeps while it reads the history.
const OBJECT_CACHE: usize = 16 << 20;

/// Commits that a thread reads in a row.
const CHUNK: usize = 32;

impl History {
    /// Opens the repository that contains `root`. `None` if there is none, or if it has no commit.
    pub fn open(root: &Path) -> Result<Option<History>, HistoryError> {
        let repository = match gix::discover(root) {
            Ok(repository) => repository,
            // A repository that cannot be opened is another matter than none. Git takes no notice of an empty folder of the name either.
            Err(error) if root.ancestors().any(has_repository) => {
                return Err(HistoryError::new(&error));
            }
            Err(_) => return Ok(None),
        };
        if repository.head_id().is_err() {
            return Ok(None);
        }
        let work_tree = repository
            .workdir()
            .and_then(|path| path.canonicalize().ok());
        let inside = work_tree
            .zip(root.canonicalize().ok())
            .and_then(|(tree, root)| {
                let inside = root
                    .strip_prefix(&tree)
                    .ok()?
                    .to_string_lossy()
                    .replace('\\', "/");
                Some(if inside.is_empty() {
                    inside
                } else {
                    format!("{inside}/")
                })
            });
        Ok(Some(History {
            repository,
            prefix: inside.unwrap_or_default(),
        }))
    }

    /// Reads the newest commits that the current branch contains, newest first. It ends where the history of a shallow clone ends.
    ///
    /// A commit that changed a private file keeps neither its message nor its files. `progress` is called with the number of commits that are
    /// done and of all.
    pub fn commits(
        &self,
        options: &HistoryOptions,
        is_private: &(dyn Fn(&str) -> bool + Sync),
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<Commit>, HistoryError> {
        let head = self
            .repository
            .head_id()
            .map_err(|error| HistoryError::new(&error))?;
        let walk = self
            .repository
            .rev_walk([head.detach()])
            .sorting(gix::revision::walk::Sorting::ByCommitTime(
                Default::default(),
            ))
            .all()
            .map_err(|error| HistoryError::new(&error))?;
        // The parents of the oldest commits of a shallow clone are missing; that is the end of what there is.
        let ids: Vec<_> = walk
            .take(options.max_commits)
            .map_while(|info| info.ok().map(|info| info.id))
            .collect();
        let done = AtomicUsize::new(0);
        let (prefix, total) = (self.prefix.as_str(), ids.len());
        Ok(self.in_parallel(&ids, |repository, chunk| {
            let mut reader = commit::Reader::new(repository, prefix, options, is_private);
            let commits = chunk.iter().map(|id| reader.read(*id)).collect();
            let before = done.fetch_add(chunk.len(), Ordering::Relaxed);
            progress(before + chunk.len(), total);
            commits
        }))
    }

    /// Calls `of` with runs of commits, in parallel, and returns the results in the order of the commits. Neighbours are in the same run,
    /// because one's text after is often the next one's text before.
    pub(crate) fn map_commits<T: Send>(
        &self,
        commits: &[Commit],
        of: impl Fn(&Texts, &[Commit]) -> Vec<T> + Sync,
    ) -> Vec<T> {
        self.in_parallel(commits, |repository, chunk| of(&Texts(repository), chunk))
    }

    fn in_parallel<I: Sync, T: Send>(
        &self,
        items: &[I],
        of: impl Fn(&gix::Repository, &[I]) -> Vec<T> + Sync,
    ) -> Vec<T> {
        let shared = self.repository.clone().into_sync();
        let results = items.par_chunks(CHUNK).flat_map_iter(|chunk| {
            let mut repository = shared.to_thread_local();
            repository.object_cache_size_if_unset(OBJECT_CACHE);
            of(&repository, chunk)
        });
        results.collect()
    }
}

/// Reads the files of commits.
pub(crate) struct Texts<'r>(&'r gix::Repository);

impl Texts<'_> {
    /// Returns a version of a file. `None` if it is missing, binary or large.
    pub fn text(&self, id: gix::ObjectId) -> Option<String> {
        commit::text(self.0, id)
    }
}

#[cfg(test)]
mod tests;
