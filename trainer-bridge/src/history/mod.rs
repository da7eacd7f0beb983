//! The history of a repository: commits with their message, the files they changed, and the text before and after.
//!
//! It is read with gix, so no git program is run and no hook or configuration of the repository takes effect. Authors are not read: who wrote
//! something is nobody's training data.

mod class;
mod message;

use std::path::Path;

use gix::bstr::ByteSlice;

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
    pub fn is_modified(&self) -> bool {
        self.before.is_some() && self.after.is_some()
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

/// An opened repository.
pub struct History {
    repository: gix::Repository,
    /// The folder of the workspace within the repository, with a `/` at the end; empty if they are the same.
    prefix: String,
}

/// Bytes of unpacked objects that are kept while the history is read.
const OBJECT_CACHE: usize = 64 << 20;

/// Larger files are not compared, in bytes.
const MAX_BLOB: u64 = 1_000_000;

impl History {
    /// Opens the repository that contains `root`. `None` if there is none, or if it has no commit.
    pub fn open(root: &Path) -> Result<Option<History>, HistoryError> {
        let mut repository = match gix::discover(root) {
            Ok(repository) => repository,
            // A repository that cannot be opened is another matter than none.
            Err(error) if root.ancestors().any(|folder| folder.join(".git").exists()) => {
                return Err(HistoryError::new(&error));
            }
            Err(_) => return Ok(None),
        };
        // Trees of neighbouring commits have most objects in common.
        repository.object_cache_size_if_unset(OBJECT_CACHE);
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
    pub fn commits(&self, options: &HistoryOptions) -> Result<Vec<Commit>, HistoryError> {
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
        let mut commits = Vec::new();
        for info in walk.take(options.max_commits) {
            // The parents of the oldest commits of a shallow clone are missing; that is the end of what there is.
            let Ok(info) = info else { break };
            let Ok(commit) = info.object() else { break };
            if let Some(commit) = self.commit(&commit, options) {
                commits.push(commit);
            }
        }
        Ok(commits)
    }

    /// Reads one commit. `None` if its objects are not all there.
    fn commit(&self, commit: &gix::Commit, options: &HistoryOptions) -> Option<Commit> {
        let raw = commit.message_raw().ok()?.to_str_lossy().into_owned();
        let (subject, body) = message::clean(&raw);
        let parents: Vec<_> = commit.parent_ids().collect();
        let mut files = Vec::new();
        let mut class = class::of_message(&subject, parents.len());
        if class == CommitClass::Change {
            let tree = commit.tree().ok()?;
            let parent = parents
                .first()
                .and_then(|id| id.object().ok()?.try_into_commit().ok()?.tree().ok());
            if parent.is_none() && !parents.is_empty() {
                return None;
            }
            let options_of_diff = gix::diff::Options::default();
            let changes = self
                .repository
                .diff_tree_to_tree(parent.as_ref(), &tree, options_of_diff)
                .ok()?;
            for change in changes {
                files.extend(self.change(change));
            }
            files.sort_by(|a: &FileChange, b| a.path.cmp(&b.path));
            if files.len() > options.max_files {
                class = CommitClass::TooLarge;
                files.clear();
            } else {
                class = class::of_files(&files, |change| self.texts(change));
            }
        }
        Some(Commit {
            id: commit.id().to_string(),
            subject,
            body,
            class,
            files,
        })
    }

    fn change(&self, change: gix::object::tree::diff::ChangeDetached) -> Option<FileChange> {
        use gix::object::tree::diff::ChangeDetached::*;
        let (location, before, after) = match change {
            Addition {
                location,
                entry_mode,
                id,
                ..
            } => entry_mode.is_blob().then_some((location, None, Some(id)))?,
            Deletion {
                location,
                entry_mode,
                id,
                ..
            } => entry_mode.is_blob().then_some((location, Some(id), None))?,
            Modification {
                location,
                previous_id,
                entry_mode,
                id,
                ..
            } => entry_mode
                .is_blob()
                .then_some((location, Some(previous_id), Some(id)))?,
            Rewrite { .. } => return None,
        };
        let path = location
            .to_str()
            .ok()?
            .strip_prefix(&self.prefix)?
            .to_owned();
        Some(FileChange {
            path,
            before,
            after,
        })
    }

    /// Returns the text of a file before and after a commit. `None` if it was only added or removed, or is binary or large.
    pub fn texts(&self, change: &FileChange) -> Option<(String, String)> {
        Some((self.text(change.before?)?, self.text(change.after?)?))
    }

    fn text(&self, id: gix::ObjectId) -> Option<String> {
        let header = self.repository.find_header(id).ok()?;
        if header.size() > MAX_BLOB {
            return None;
        }
        let object = self.repository.find_object(id).ok()?;
        String::from_utf8(object.data.clone())
            .ok()
            .filter(|text| !text.contains('\0'))
    }
}

#[cfg(test)]
mod tests;
