//! Updates an index in the background: one full scan, then incremental refreshes on file system events.
//!
//! An event only states which path to check; the current state is read from the disk. Duplicate or reordered events are therefore
//! harmless, lost events cause a full scan, and a branch switch is processed in few batches. A process that only reads watches the
//! writer's commits instead, and becomes the writer when the writing process ends.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::Cancel;
use crate::error::IndexError;
use crate::index::{Index, IndexAccess, Progress, RefreshReport, RefreshScope};
use crate::store::IndexStore;

/// An event of background indexing.
#[derive(Debug, Clone, PartialEq)]
pub enum IndexEvent {
    Progress(Progress),
    /// A refresh finished, and the index agrees with the disk.
    Fresh(RefreshReport),
    /// A refresh failed with the given message, so the index may be out of date. It is retried later.
    Failed(String),
    /// A message for the user, in one sentence.
    Notice(String),
}

/// Stops the background thread when dropped.
pub struct IndexGuard {
    messages: Sender<IndexerMessage>,
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl IndexGuard {
    /// Requests a refresh. Paths, such as those of a file that the editor has saved, join the batch of the watcher's own events, so that
    /// a change that both report is read once.
    pub fn refresh(&self, scope: RefreshScope) {
        let message = match scope {
            RefreshScope::Paths(paths) => IndexerMessage::Changed(paths),
            scope => IndexerMessage::Refresh(scope),
        };
        // The thread lives as long as the guard. Sending fails only if the thread has panicked.
        let _ = self.messages.send(message);
    }
}

impl Drop for IndexGuard {
    fn drop(&mut self) {
        self.cancel.cancel();
        let _ = self.messages.send(IndexerMessage::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

enum IndexerMessage {
    /// Paths that may have changed.
    Changed(Vec<PathBuf>),
    Refresh(RefreshScope),
    /// The system lost events, so that a full scan is needed.
    EventsLost,
    /// The writer's lock was acquired after the writing process ended.
    LockAcquired(std::fs::File),
    Stop,
}

/// Events that follow each other within this time form one batch.
const DEBOUNCE_INTERVAL: Duration = Duration::from_millis(30);
/// A batch is closed after this time even if events continue.
const MAX_BATCH_DURATION: Duration = Duration::from_secs(2);
/// Interval between full scans if not all folders can be watched.
const POLL_INTERVAL: Duration = Duration::from_secs(60);
/// Delay before the next attempt to become the writer.
const TAKEOVER_RETRY_INTERVAL: Duration = Duration::from_secs(5);

impl Index {
    /// Starts background indexing on a new thread: one full scan, then refreshes on file system events. `observer` is called with each
    /// event. Dropping the returned guard stops the thread.
    pub fn keep_fresh(
        self: &Arc<Self>,
        observer: impl Fn(IndexEvent) + Send + Sync + 'static,
    ) -> Result<IndexGuard, IndexError> {
        let (messages, inbox) = unbounded();
        let cancel = Cancel::new();
        let indexer = BackgroundIndexer {
            index: self.clone(),
            observer: Box::new(observer),
            outbox: messages.clone(),
            inbox,
            cancel: cancel.clone(),
            watcher: None,
            watched: HashSet::new(),
            polling: false,
        };
        let thread = std::thread::Builder::new()
            .name("index".to_owned())
            .spawn(move || indexer.run())
            .map_err(IndexError::io(self.root()))?;
        Ok(IndexGuard {
            messages,
            cancel,
            thread: Some(thread),
        })
    }
}

struct BackgroundIndexer {
    index: Arc<Index>,
    observer: Box<dyn Fn(IndexEvent) + Send + Sync>,
    outbox: Sender<IndexerMessage>,
    inbox: Receiver<IndexerMessage>,
    cancel: Cancel,
    watcher: Option<RecommendedWatcher>,
    watched: HashSet<PathBuf>,
    /// Whether changes may go unnoticed, so that periodic full scans are needed.
    polling: bool,
}

impl BackgroundIndexer {
    fn run(mut self) {
        self.forward_notice();
        match self.index.access() {
            IndexAccess::Writer => self.start_writing(),
            IndexAccess::Reader => self.start_reading(),
        }
        loop {
            let message = if self.polling {
                self.inbox.recv_timeout(POLL_INTERVAL)
            } else {
                self.inbox
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected)
            };
            match message {
                Ok(IndexerMessage::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(IndexerMessage::LockAcquired(lock)) => {
                    if let Err(error) = self.index.become_writer(lock) {
                        self.notice(format!("could not take over the index: {error}"));
                        self.wait_for_lock(TAKEOVER_RETRY_INTERVAL);
                        continue;
                    }
                    self.forward_notice();
                    self.start_writing();
                }
                Ok(IndexerMessage::Refresh(scope)) => self.refresh(scope),
                Ok(IndexerMessage::EventsLost) | Err(RecvTimeoutError::Timeout) => {
                    self.refresh(RefreshScope::All)
                }
                Ok(IndexerMessage::Changed(paths)) => {
                    let Some(paths) = self.collect(paths) else {
                        return;
                    };
                    self.remove_watched(&paths);
                    self.refresh(RefreshScope::Paths(paths));
                }
            }
        }
    }

    /// Removes changed paths and all folders below them from the watched folders. The system drops the watches of a folder that is moved
    /// or removed, even if a new folder of the same name exists.
    fn remove_watched(&mut self, paths: &[PathBuf]) {
        let root = self.index.root();
        let dirty: HashSet<&Path> = paths
            .iter()
            .map(PathBuf::as_path)
            .filter(|path| *path != root)
            .collect();
        self.watched
            .retain(|folder| !folder.ancestors().any(|above| dirty.contains(above)));
    }

    /// Collects the changed paths of one batch. Returns `None` if a stop was requested.
    fn collect(&self, mut paths: Vec<PathBuf>) -> Option<Vec<PathBuf>> {
        let started = Instant::now();
        while started.elapsed() < MAX_BATCH_DURATION {
            match self.inbox.recv_timeout(DEBOUNCE_INTERVAL) {
                Ok(IndexerMessage::Changed(more)) => paths.extend(more),
                Ok(IndexerMessage::Stop) => return None,
                Ok(other) => {
                    // Other messages are handled after the batch.
                    let _ = self.outbox.send(other);
                    break;
                }
                Err(_) => break,
            }
        }
        paths.sort_unstable();
        paths.dedup();
        Some(paths)
    }

    fn start_writing(&mut self) {
        self.watcher = self.watcher_of_paths();
        self.watched.clear();
        self.watch(&[self.index.root().to_owned()]);
        self.refresh(RefreshScope::All);
    }

    fn start_reading(&mut self) {
        let directory = self.index.options().directory.clone();
        self.wait_for_lock(Duration::ZERO);
        self.watcher = self.watcher_of_paths();
        self.watch(&[IndexStore::folder(&directory)]);
        self.refresh(RefreshScope::All);
    }

    fn wait_for_lock(&self, delay: Duration) {
        let (outbox, directory) = (self.outbox.clone(), self.index.options().directory.clone());
        // The thread blocks without using CPU time, and ends with the process if the lock is never released.
        std::thread::spawn(move || {
            std::thread::sleep(delay);
            if let Ok(lock) = Index::wait_for_lock(&directory) {
                let _ = outbox.send(IndexerMessage::LockAcquired(lock));
            }
        });
    }

    fn refresh(&mut self, scope: RefreshScope) {
        if self.index.access() == IndexAccess::Reader {
            match self.index.reload() {
                Ok(()) => self.emit(IndexEvent::Fresh(RefreshReport::default())),
                Err(error) => self.notice(format!("could not read the index: {error}")),
            }
            return;
        }
        let observer = &self.observer;
        match self.index.refresh_listing(
            scope.clone(),
            &|progress| observer(IndexEvent::Progress(progress)),
            &self.cancel,
        ) {
            Ok((report, folders)) => {
                // Changes between listing and watching a folder are missed by both, so newly watched folders are listed again.
                let unwatched: Vec<PathBuf> = folders
                    .into_iter()
                    .filter(|folder| !self.watched.contains(folder))
                    .collect();
                if unwatched.is_empty() {
                    return self.emit(IndexEvent::Fresh(report));
                }
                self.watch(&unwatched);
                let again = if matches!(scope, RefreshScope::Paths(_)) {
                    RefreshScope::Paths(unwatched)
                } else {
                    RefreshScope::All
                };
                self.refresh(again);
            }
            Err(IndexError::Cancelled(_)) => {}
            Err(error) => self.recover(&error),
        }
    }

    /// Handles a failed refresh: reopens the index, which is recreated if necessary, and refreshes it. If this fails too, it is retried
    /// at [`POLL_INTERVAL`].
    fn recover(&mut self, error: &IndexError) {
        tracing::warn!("{error}");
        let reopened = self.index.reopen().and_then(|role| match role {
            IndexAccess::Writer => self
                .index
                .refresh(RefreshScope::All, &|_| {}, &self.cancel)
                .map(Some),
            IndexAccess::Reader => Ok(None),
        });
        match reopened {
            Ok(Some(report)) => {
                self.notice(format!("the index was reopened after an error: {error}"));
                self.emit(IndexEvent::Fresh(report));
            }
            Ok(None) => self.start_reading(),
            Err(again) => {
                self.polling = true;
                self.emit(IndexEvent::Failed(format!(
                    "the index could not be updated: {again}"
                )));
            }
        }
    }

    fn watcher_of_paths(&self) -> Option<RecommendedWatcher> {
        let outbox = self.outbox.clone();
        let reading = self.index.access() == IndexAccess::Reader;
        let handler = move |event: notify::Result<notify::Event>| {
            let message = match event {
                Ok(event) if event.need_rescan() => IndexerMessage::EventsLost,
                Ok(event) if matches!(event.kind, EventKind::Access(_)) => return,
                // In the index folder only commits are relevant, and each commit writes a new `meta.json`.
                Ok(event)
                    if reading && !event.paths.iter().any(|path| path.ends_with("meta.json")) =>
                {
                    return;
                }
                Ok(event) => IndexerMessage::Changed(event.paths),
                Err(_) => IndexerMessage::EventsLost,
            };
            let _ = outbox.send(message);
        };
        notify::recommended_watcher(handler).ok()
    }

    /// Watches folders individually rather than recursively, so that ignored folders are not watched. Watching a folder twice is harmless.
    fn watch(&mut self, folders: &[PathBuf]) {
        self.watched.extend(folders.iter().cloned());
        let watched = self
            .watcher
            .as_mut()
            .is_some_and(|watcher| watch_all(watcher, folders).is_ok());
        if !watched && !self.polling {
            self.polling = true;
            self.notice(format!(
                "some folders cannot be watched; the workspace is scanned every {} seconds instead",
                POLL_INTERVAL.as_secs()
            ));
        }
    }

    fn forward_notice(&self) {
        if let Some(notice) = self.index.take_notice() {
            self.notice(notice);
        }
    }

    fn notice(&self, notice: String) {
        tracing::warn!("{notice}");
        self.emit(IndexEvent::Notice(notice));
    }

    fn emit(&self, event: IndexEvent) {
        (self.observer)(event);
    }
}

fn watch_all(watcher: &mut RecommendedWatcher, folders: &[PathBuf]) -> notify::Result<()> {
    let mut paths = watcher.paths_mut();
    for folder in folders {
        match paths.add(folder, RecursiveMode::NonRecursive) {
            // A folder that was removed in the meantime need not be watched.
            Err(error)
                if matches!(error.kind, notify::ErrorKind::PathNotFound) || is_missing(folder) => {}
            other => other?,
        }
    }
    paths.commit()
}

fn is_missing(folder: &Path) -> bool {
    !folder.exists()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::IndexOptions;

    #[test]
    fn a_save_that_editor_and_watcher_report_is_refreshed_once() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        std::fs::create_dir(&root).unwrap();
        let path = root.join("a.py");
        std::fs::write(&path, "def a(): pass\n").unwrap();
        let options = IndexOptions {
            directory: folder.path().join("index"),
            exclude: Vec::new(),
            private: Vec::new(),
            max_file_bytes: 1_000_000,
            languages_off: Vec::new(),
            threads: 1,
        };
        let index = Index::open(&root, options).unwrap();
        let (sender, events) = mpsc::channel();
        let (resume, paused) = mpsc::channel::<()>();
        let paused = std::sync::Mutex::new(paused);
        let guard = index
            .keep_fresh(move |event| {
                if let IndexEvent::Fresh(report) = event {
                    sender.send(report).unwrap();
                    // Ends once the test has dropped its end.
                    let _ = paused.lock().unwrap().recv();
                }
            })
            .unwrap();
        events.recv().unwrap();
        // While the thread is paused after the first scan, both reports are queued, and after them a rebuild.
        guard
            .messages
            .send(IndexerMessage::Changed(vec![path.clone()]))
            .unwrap();
        guard.refresh(RefreshScope::Paths(vec![path]));
        guard.refresh(RefreshScope::Rebuild);
        drop(resume);
        let mut refreshes = 1;
        while events.recv().unwrap().indexed == 0 {
            refreshes += 1;
        }
        assert_eq!(refreshes, 2, "one for the save, one for the rebuild");
    }
}
