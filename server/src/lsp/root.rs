//! The state of a workspace root: its options, its index once it is open, and the condition of that index.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use repo_indexer::{Index, IndexEvent, IndexGuard, IndexOptions, Progress, RefreshScope};
use tower_lsp::ls_types::Uri;

use super::settings::{PrivateGlobs, Resolved};
use super::uri::to_path;

/// Notices of the index that are kept for `repoLsp/status`; older ones are dropped.
const MAX_NOTICES: usize = 20;

pub struct Root {
    pub name: String,
    pub path: PathBuf,
    /// `path` with its links resolved, if it exists. Clients may use either spelling.
    real_path: Option<PathBuf>,
    pub options: IndexOptions,
    private: PrivateGlobs,
    state: Mutex<RootState>,
}

#[derive(Default)]
struct RootState {
    index: Option<(Arc<Index>, IndexGuard)>,
    condition: Condition,
    closed: bool,
}

/// The condition of an index, as last reported by its background thread.
#[derive(Clone, Default)]
pub struct Condition {
    /// Why there is no index, or why it is out of date.
    pub error: Option<String>,
    /// The progress of the running scan, if any.
    pub progress: Option<Progress>,
    /// Whether the first scan has finished.
    pub fresh: bool,
    pub notices: Vec<String>,
}

impl Root {
    /// Creates a root without an index. Its condition is an error if the settings forbid indexing.
    pub fn new(name: String, path: PathBuf, resolved: &Resolved) -> Self {
        let condition = Condition {
            error: resolved.fatal.clone(),
            ..Condition::default()
        };
        Root {
            name,
            real_path: path.canonicalize().ok(),
            path,
            options: resolved.settings.index.clone(),
            private: resolved.private(),
            state: Mutex::new(RootState {
                condition,
                ..RootState::default()
            }),
        }
    }

    /// Whether the private globs of the root are invalid or unknown, so that it is not indexed.
    pub fn is_refused(&self) -> bool {
        !self.private.is_known()
    }

    /// Whether a file, given by its path relative to this root, matches the private globs of this root.
    pub fn is_private(&self, path: &str) -> bool {
        self.private.contains(path)
    }

    /// Returns the index, or `None` until it is open.
    pub fn index(&self) -> Option<Arc<Index>> {
        let state = self.state.lock();
        state.index.as_ref().map(|(index, _)| index.clone())
    }

    pub fn condition(&self) -> Condition {
        self.state.lock().condition.clone()
    }

    /// Returns the path of a file relative to this root, with `/` as the separator, or `None` if the file is not below it.
    pub fn relative(&self, path: &Path) -> Option<String> {
        let spellings = std::iter::once(&self.path).chain(&self.real_path);
        let inside = spellings
            .filter_map(|root| path.strip_prefix(root).ok())
            .next()?;
        let parts: Vec<_> = inside
            .components()
            .map(|c| c.as_os_str().to_string_lossy())
            .collect();
        (!parts.is_empty()).then(|| parts.join("/"))
    }

    /// Requests a refresh of those of the paths that lie below this root. Does nothing until the index is open: its first scan reads
    /// all files anyway.
    pub fn refresh(&self, paths: &[PathBuf]) {
        let state = self.state.lock();
        let Some((index, guard)) = &state.index else {
            return;
        };
        let inside = paths.iter().filter_map(|path| self.relative(path));
        let inside: Vec<PathBuf> = inside.map(|path| index.root().join(path)).collect();
        if !inside.is_empty() {
            guard.refresh(RefreshScope::Paths(inside));
        }
    }

    /// Stores the opened index. Returns false, and drops the index, if the root was closed in the meantime.
    pub fn attach(&self, opened: (Arc<Index>, IndexGuard)) -> bool {
        let mut state = self.state.lock();
        if state.closed {
            return false;
        }
        state.index = Some(opened);
        true
    }

    /// Updates the condition after an event of the index.
    pub fn observe(&self, event: &IndexEvent) {
        let condition = &mut self.state.lock().condition;
        match event {
            IndexEvent::Progress(progress) => condition.progress = Some(*progress),
            IndexEvent::Fresh(_) => {
                condition.progress = None;
                condition.error = None;
                condition.fresh = true;
            }
            // Requests are still answered from the last commit.
            IndexEvent::Failed(text) => {
                condition.progress = None;
                condition.error = Some(text.clone());
            }
            IndexEvent::Notice(text) => {
                condition.notices.push(text.clone());
                let excess = condition.notices.len().saturating_sub(MAX_NOTICES);
                condition.notices.drain(..excess);
            }
        }
    }

    /// Marks the root as failed because its index could not be opened.
    pub fn fail(&self, error: String) {
        self.state.lock().condition.error = Some(error);
    }

    /// Stops watching and drops the index. Existing snapshots stay valid.
    pub fn close(&self) {
        let index = {
            let mut state = self.state.lock();
            state.closed = true;
            state.index.take()
        };
        // Dropping the guard joins the thread of the index, which may take a while.
        std::thread::spawn(move || drop(index));
    }
}

/// Returns the name and path of a workspace folder, or `None` if its URI is not a local file.
pub fn folder(uri: &Uri, name: Option<&str>) -> Option<(String, PathBuf)> {
    let path = to_path(uri)?;
    // Collecting the components removes a trailing separator.
    let path: PathBuf = path.components().collect();
    let last = path.file_name().map(|n| n.to_string_lossy().into_owned());
    let name = name.filter(|n| !n.is_empty()).map(str::to_owned).or(last);
    Some((name.unwrap_or_else(|| path.display().to_string()), path))
}
