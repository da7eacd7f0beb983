//! The state of a session, changed only under a short lock, and what all parts of the edge share.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use repo_indexer::PrivateFiles;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tower_lsp::Client;
use trainer_bridge::{Notice, PrivacyMode};

use super::capabilities::ClientSupport;
use super::convert::to_path;
use super::dispatch::Lanes;
use super::document::Document;
use super::insertions::Insertions;
use super::position::Encoding;
use super::roots::Root;
use super::settings::{Settings, SettingsSource};
use super::snapshot::{RootSnapshot, SessionSnapshot};
use super::worker::Coalescer;
use assistant::chat::{Conversations, Summaries};
use assistant::recording::{RecordingPolicy, Samples};

/// How long a detached request to the client may stay unanswered.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(30);
/// Extraction starts this long after a key stroke; quick enough for a save to be searchable at once.
const TYPING: Duration = Duration::from_millis(30);
/// Events about files come in bursts.
const FILES: Duration = Duration::from_millis(50);

/// What changes. Never held across an `.await`, never while the index works.
#[derive(Default)]
pub struct Session {
    pub encoding: Encoding,
    pub support: ClientSupport,
    /// The last `repoLsp` section the editor sent.
    pub editor_settings: Value,
    pub settings: Option<Arc<Settings>>,
    pub documents: Arc<HashMap<String, Arc<Document>>>,
    pub roots: Vec<Arc<Root>>,
    /// Which files are private that lie in no root; none while nobody can tell.
    pub private_elsewhere: Option<Arc<PrivateFiles>>,
    /// How much each root wants kept of questions and answers.
    pub recording: HashMap<PathBuf, PrivacyMode>,
    /// Capabilities that are registered dynamically at the moment.
    pub navigation_registered: bool,
    pub shut_down: bool,
}

/// What handlers and background tasks share.
pub struct Shared {
    session: Mutex<Session>,
    configuring: Mutex<()>,
    pub client: Client,
    pub source: Arc<dyn SettingsSource>,
    pub lanes: Lanes,
    pub summaries: Arc<Summaries>,
    /// What was said in the conversations of this session.
    pub conversations: Arc<Conversations>,
    pub samples: Arc<Samples>,
    pub insertions: Insertions,
    /// True once the client sent `initialized`: before, we may not ask it for anything.
    pub ready: watch::Sender<bool>,
    workers: Workers,
}

/// The threads that carry changes to the indexes.
pub struct Workers {
    /// Documents whose text the indexes may not have; what it is, the worker looks up when it gets there.
    overlays: Coalescer<PathBuf>,
    dirty: Coalescer<PathBuf>,
    session: Arc<OnceLock<Weak<Shared>>>,
}

impl Workers {
    /// Started before anything else, since it is all that can fail.
    pub fn start() -> std::io::Result<Self> {
        // The workers hold the session weakly: they end when it does.
        let session: Arc<OnceLock<Weak<Shared>>> = Arc::default();
        let (for_overlays, for_dirty) = (session.clone(), session.clone());
        let overlays = Coalescer::start("overlays", TYPING, move |batch: HashSet<PathBuf>| {
            if let Some(shared) = for_overlays.get().and_then(Weak::upgrade) {
                batch.iter().for_each(|path| shared.lay_over(path));
            }
        })?;
        let dirty = Coalescer::start("changed-files", FILES, move |batch: HashSet<PathBuf>| {
            if let Some(shared) = for_dirty.get().and_then(Weak::upgrade) {
                super::roots::refresh_paths(&shared, &Vec::from_iter(batch));
            }
        })?;
        Ok(Workers {
            overlays,
            dirty,
            session,
        })
    }
}

impl Shared {
    pub fn new(client: Client, source: Arc<dyn SettingsSource>, workers: Workers) -> Arc<Self> {
        let session = workers.session.clone();
        let ready = watch::Sender::new(false);
        let chooser = source.clone();
        let summaries = Summaries::start(Box::new(move |settings| {
            chooser.assistant(settings).ok().flatten()
        }));
        let (notices, told) = mpsc::unbounded_channel();
        let samples = Samples::new(move |notice| drop(notices.send(notice)));
        let shared = Shared {
            summaries: Arc::new(summaries),
            session: Mutex::default(),
            configuring: Mutex::default(),
            client,
            source,
            lanes: Lanes::default(),
            conversations: Arc::default(),
            samples: Arc::new(samples),
            insertions: Insertions::default(),
            ready,
            workers,
        };
        let shared = Arc::new(shared);
        let _ = session.set(Arc::downgrade(&shared));
        tokio::spawn(tell(Arc::downgrade(&shared), told));
        shared
    }

    /// A panic while the lock was held has changed at most one field; going on is better than refusing everything.
    pub fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held by whoever applies a change of the settings, which takes longer than the session may be locked.
    pub fn configuring(&self) -> MutexGuard<'_, ()> {
        self.configuring
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What a request works on: everything as it is now.
    pub fn snapshot(&self) -> SessionSnapshot {
        let session = self.session();
        let roots = session.roots.iter();
        let wanted = roots.filter_map(|root| session.recording.get(&root.path));
        let strictest = wanted.copied().max().unwrap_or_default();
        let keeping = session.settings.as_ref().map(|settings| RecordingPolicy {
            mode: settings.samples.mode.max(strictest),
            ..settings.samples.clone()
        });
        let open = |root: &Arc<Root>| {
            Some(RootSnapshot {
                root: root.clone(),
                snapshot: root.index()?.snapshot(),
            })
        };
        SessionSnapshot {
            encoding: session.encoding,
            support: session.support.clone(),
            settings: session.settings.clone(),
            documents: session.documents.clone(),
            roots: session.roots.iter().filter_map(open).collect(),
            all_roots: session.roots.clone(),
            private_elsewhere: session.private_elsewhere.clone(),
            summaries: self.summaries.clone(),
            samples: self.samples.clone(),
            keeping,
            source: self.source.clone(),
        }
    }

    /// Has what is kept follow the settings as they are now.
    pub fn settle_recording(&self) {
        let keeping = self.snapshot().keeping;
        self.samples
            .settle(keeping.map_or(PrivacyMode::Off, |keeping| keeping.mode));
    }

    /// Has the indexes see what a document is now, or that it is closed, later and elsewhere.
    pub fn queue_overlay(&self, path: PathBuf) {
        self.workers.overlays.put(path);
    }

    /// The same for every open document: folders came or went, and with them what each document belongs to.
    pub fn queue_overlays(&self) {
        let documents = self.session().documents.clone();
        let paths = documents.values().filter_map(|d| to_path(&d.uri));
        paths.for_each(|path| self.queue_overlay(path));
    }

    /// Has a file looked at again, later and elsewhere.
    pub fn queue_dirty(&self, path: PathBuf) {
        self.workers.dirty.put(path);
    }

    /// Lets something that waits for the client happen on its own, and not for ever (rule 3).
    pub fn detach(&self, task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(async move {
            if tokio::time::timeout(CLIENT_TIMEOUT, task).await.is_err() {
                tracing::warn!("the client did not answer in time");
            }
        });
    }

    /// Lays the newest text over the innermost root's index, as [`SessionSnapshot::place`] has it, and over no other's.
    fn lay_over(&self, path: &Path) {
        let (documents, roots) = {
            let session = self.session();
            (session.documents.clone(), session.roots.clone())
        };
        let mut around: Vec<_> = roots
            .iter()
            .filter_map(|root| Some((root, root.relative(path)?, root.index()?)))
            .collect();
        around.sort_by_key(|(root, ..)| Reverse(root.path.as_os_str().len()));
        let document = documents.get(path.to_string_lossy().as_ref());
        // The same file may be open under another name as well.
        let document = document.or_else(|| {
            let (root, relative, _) = around.first()?;
            documents.values().find(|document| {
                let other = to_path(&document.uri);
                other.and_then(|path| root.relative(&path)).as_ref() == Some(relative)
            })
        });
        let mut text = document.map(|document| document.text().clone());
        for (_, relative, index) in around {
            if let Err(error) = index.set_overlay(&relative, text.take()) {
                tracing::warn!("cannot lay the open text over {relative}: {error}");
            }
        }
    }
}

/// Says what is wrong with recording, which says each trouble once.
async fn tell(shared: Weak<Shared>, mut told: mpsc::UnboundedReceiver<Notice>) {
    while let Some(notice) = told.recv().await {
        tracing::warn!("{notice}");
        let Some(shared) = shared.upgrade() else {
            return;
        };
        super::roots::notify(&shared, &notice.to_string()).await;
    }
}
