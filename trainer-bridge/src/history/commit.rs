//! Reads one commit: its message, the files that it changed, and what kind of change it is.

use gix::bstr::ByteSlice;
use gix::diff::tree::recorder::Change;
use gix::objs::{CommitRefIter, TreeRefIter};

use super::{Commit, CommitClass, FileChange, HistoryOptions, class, message};

/// Larger files are not compared, in bytes.
const MAX_BLOB: u64 = 1_000_000;

/// Reads commits one after the other, with the buffers of the comparison of trees kept in between.
pub(super) struct Reader<'r> {
    repository: &'r gix::Repository,
    prefix: &'r str,
    options: &'r HistoryOptions,
    is_private: &'r (dyn Fn(&str) -> bool + Sync),
    state: gix::diff::tree::State,
}

impl<'r> Reader<'r> {
    pub(super) fn new(
        repository: &'r gix::Repository,
        prefix: &'r str,
        options: &'r HistoryOptions,
        is_private: &'r (dyn Fn(&str) -> bool + Sync),
    ) -> Reader<'r> {
        Reader {
            repository,
            prefix,
            options,
            is_private,
            state: Default::default(),
        }
    }

    /// Reads a commit. If objects of it are missing, that is its class.
    pub(super) fn read(&mut self, id: gix::ObjectId) -> Commit {
        self.try_read(id)
            .unwrap_or_else(|| nothing_of(id, CommitClass::Incomplete))
    }

    fn try_read(&mut self, id: gix::ObjectId) -> Option<Commit> {
        let commit = self.repository.find_commit(id).ok()?;
        let raw = commit.message_raw().ok()?.to_str_lossy().into_owned();
        let (subject, body) = message::clean(&raw);
        let parents: Vec<_> = commit.parent_ids().collect();
        let mut class = class::of_message(&subject, parents.len());
        let mut files = Vec::new();
        if class == CommitClass::Change {
            files = self.files(parents.first().map(|id| id.detach()), &commit)?;
            if files.iter().any(|file| (self.is_private)(&file.path)) {
                return Some(nothing_of(id, CommitClass::Private));
            }
            if files.len() > self.options.max_files {
                class = CommitClass::TooLarge;
                files.clear();
            } else {
                class = class::of_files(&files, |change| change.texts(self.repository));
            }
        }
        Some(Commit {
            id: id.to_string(),
            subject,
            body,
            class,
            files,
        })
    }

    /// Compares the trees of a commit and of its first parent.
    ///
    /// This is what `gix::Repository::diff_tree_to_tree` does, without the attributes and filters of the work tree, which it
    /// reads anew for each pair of trees.
    fn files(
        &mut self,
        parent: Option<gix::ObjectId>,
        commit: &gix::Commit,
    ) -> Option<Vec<FileChange>> {
        let after = self.repository.find_tree(commit.tree_id().ok()?).ok()?;
        let before = match parent {
            Some(id) => {
                let parent = self.repository.find_object(id).ok()?;
                let tree = CommitRefIter::from_bytes(&parent.data, id.kind())
                    .tree_id()
                    .ok()?;
                self.repository.find_tree(tree).ok()?
            }
            None => self.repository.empty_tree(),
        };
        let mut recorder = gix::diff::tree::Recorder::default();
        gix::diff::tree(
            TreeRefIter::from_bytes(&before.data, before.id.kind()),
            TreeRefIter::from_bytes(&after.data, after.id.kind()),
            &mut self.state,
            &self.repository.objects,
            &mut recorder,
        )
        .ok()?;
        let changes = recorder.records.into_iter();
        let mut files: Vec<_> = changes.filter_map(|change| self.file(change)).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Some(files)
    }

    /// `None` if the change is not one of a file of the workspace.
    fn file(&self, change: Change) -> Option<FileChange> {
        let (path, mode, before, after) = match change {
            Change::Addition {
                path,
                entry_mode,
                oid,
                ..
            } => (path, entry_mode, None, Some(oid)),
            Change::Deletion {
                path,
                entry_mode,
                oid,
                ..
            } => (path, entry_mode, Some(oid), None),
            Change::Modification {
                path,
                previous_oid,
                entry_mode,
                oid,
                ..
            } => (path, entry_mode, Some(previous_oid), Some(oid)),
        };
        let path = path.to_str().ok()?.strip_prefix(self.prefix)?.to_owned();
        mode.is_blob().then_some(FileChange {
            path,
            before,
            after,
        })
    }
}

/// A commit of which nothing but its class is known.
fn nothing_of(id: gix::ObjectId, class: CommitClass) -> Commit {
    Commit {
        id: id.to_string(),
        subject: String::new(),
        body: String::new(),
        class,
        files: Vec::new(),
    }
}

/// Reads a text file. `None` if it is missing, large or binary.
pub(super) fn text(repository: &gix::Repository, id: gix::ObjectId) -> Option<String> {
    let header = repository.find_header(id).ok()?;
    if header.size() > MAX_BLOB {
        return None;
    }
    let mut object = repository.find_object(id).ok()?;
    String::from_utf8(std::mem::take(&mut object.data))
        .ok()
        .filter(|text| !text.contains('\0'))
}
