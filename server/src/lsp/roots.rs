//! The workspace's roots: each has one index, opened in the background and kept fresh until the root goes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use repo_indexer::{Event, Guard, Index, IndexOptions, PrivateFiles, Progress, Scope};
use tokio::sync::mpsc;
use tower_lsp::ls_types::{MessageType, Uri};

use super::convert::to_path;
use super::progress;
use super::session::Shared;

/// How many notices are kept for the status.
const NOTICES: usize = 20;

pub struct Root {
    pub name: String,
    pub path: PathBuf,
    /// The same folder without links, where there is one: what a client names may be spelled either way.
    real: Option<PathBuf>,
    pub settings: IndexOptions,
    /// Which files are private, whether there is an index yet or not; none where nobody can tell.
    private: Option<PrivateFiles>,
    state: Mutex<RootState>,
}

#[derive(Default)]
pub struct RootState {
    index: Option<(Arc<Index>, Guard)>,
    condition: Condition,
    closed: bool,
}

/// What the keeper of the index last said of it.
#[derive(Clone, Default)]
pub struct Condition {
    /// Why there is no index, or why it is not up to date.
    pub error: Option<String>,
    /// Set while a scan runs.
    pub progress: Option<Progress>,
    /// Whether the first scan is over.
    pub fresh: bool,
    pub notices: Vec<String>,
}

impl Root {
    pub fn new(name: String, path: PathBuf, settings: IndexOptions) -> Self {
        Root {
            name,
            real: path.canonicalize().ok(),
            path,
            private: PrivateFiles::new(&settings.private).ok(),
            settings,
            state: Mutex::default(),
        }
    }

    /// A root without an index, since nobody can tell which of its files are private; and the reason.
    pub fn refused(self, reason: String) -> Self {
        self.state().condition.error = Some(reason);
        Root {
            private: None,
            ..self
        }
    }

    /// Whether it was refused: nobody could tell what is private with the settings it came with.
    pub fn is_refused(&self) -> bool {
        self.private.is_none()
    }

    /// Whether a file, by its path below this root, is kept private.
    pub fn is_private(&self, path: &str) -> bool {
        let private = self.private.as_ref();
        private.is_none_or(|private| private.contains(path))
    }

    fn state(&self) -> MutexGuard<'_, RootState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn index(&self) -> Option<Arc<Index>> {
        self.state().index.as_ref().map(|(index, _)| index.clone())
    }

    pub fn condition(&self) -> Condition {
        self.state().condition.clone()
    }

    /// The path of a file below this root, as the index spells it. The root itself is spelled as the client spells it, or without links.
    pub fn relative(&self, path: &Path) -> Option<String> {
        let spelled = std::iter::once(&self.path).chain(&self.real);
        let inside = spelled
            .filter_map(|root| path.strip_prefix(root).ok())
            .next()?;
        let parts: Vec<_> = inside
            .components()
            .map(|c| c.as_os_str().to_string_lossy())
            .collect();
        (!parts.is_empty()).then(|| parts.join("/"))
    }

    /// Stops watching and lets go of the index. What still reads a snapshot keeps it.
    pub fn close(&self) {
        let index = {
            let mut state = self.state();
            state.closed = true;
            state.index.take()
        };
        // Dropped without the lock: ending the watcher may wait for its thread.
        std::thread::spawn(move || drop(index));
    }
}

/// The name and path of a workspace folder; none if it is not on this machine's disk.
pub fn folder(uri: &Uri, name: Option<&str>) -> Option<(String, PathBuf)> {
    let path = to_path(uri)?;
    // Without its trailing separator, as the index and other folders spell it.
    let path: PathBuf = path.components().collect();
    let last = path.file_name().map(|n| n.to_string_lossy().into_owned());
    let name = name.filter(|n| !n.is_empty()).map(str::to_owned).or(last);
    Some((name.unwrap_or_else(|| path.display().to_string()), path))
}

/// Opens a root's index on a worker and keeps it fresh from then on.
pub fn open(shared: &Arc<Shared>, root: Arc<Root>) {
    let (events, receiver) = mpsc::unbounded_channel();
    tokio::spawn(progress::report(shared.clone(), root.clone(), receiver));
    let shared = shared.clone();
    tokio::task::spawn_blocking(move || {
        let observed = Arc::downgrade(&root);
        let notices = events.clone();
        let opened = Index::open(&root.path, root.settings.clone()).and_then(|index| {
            let guard = index.keep_fresh(move |event| {
                if let Some(root) = observed.upgrade() {
                    root.observe(&event);
                }
                let _ = events.send(event);
            })?;
            Ok((index, guard))
        });
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let text = format!("cannot open the index of {}: {error}", root.path.display());
                root.state().condition.error = Some(text.clone());
                let _ = notices.send(Event::Notice(text));
                return;
            }
        };
        drop(notices);
        let mut state = root.state();
        if state.closed {
            return;
        }
        state.index = Some(opened);
        drop(state);
        // Documents may have been opened before the index was.
        shared.queue_overlays();
    });
}

/// Has the index look again at files the client says have changed.
pub fn refresh_paths(shared: &Shared, paths: &[PathBuf]) {
    let roots = shared.session().roots.clone();
    for root in roots {
        let state = root.state();
        let Some((index, guard)) = &state.index else {
            continue;
        };
        let inside = paths
            .iter()
            .filter_map(|p| root.relative(p))
            .map(|p| index.root().join(p));
        let inside: Vec<PathBuf> = inside.collect();
        if !inside.is_empty() {
            guard.refresh(Scope::Paths(inside));
        }
    }
}

/// Tells the user, once the client may be told anything.
pub async fn notify(shared: &Shared, text: &str) {
    if shared
        .ready
        .subscribe()
        .wait_for(|ready| *ready)
        .await
        .is_ok()
    {
        shared.client.log_message(MessageType::WARNING, text).await;
    }
}

impl Root {
    pub(super) fn observe(&self, event: &Event) {
        let condition = &mut self.state().condition;
        match event {
            Event::Progress(progress) => condition.progress = Some(*progress),
            Event::Fresh(_) => {
                condition.progress = None;
                condition.error = None;
                condition.fresh = true;
            }
            // What is known stays and is answered from.
            Event::Failed(text) => {
                condition.progress = None;
                condition.error = Some(text.clone());
            }
            Event::Notice(text) => {
                condition.notices.push(text.clone());
                let excess = condition.notices.len().saturating_sub(NOTICES);
                condition.notices.drain(..excess);
            }
        }
    }
}
