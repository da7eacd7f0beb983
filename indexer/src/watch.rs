//! Keeps an index fresh in the background: one scan, then whatever the file system reports.
//!
//! An event only says where to look; what is there now is read from the disk. So events that are lost, doubled or out of order do no
//! harm, and a branch switch is one batch. A process that only reads watches the writer's commits instead, and takes over when it ends.

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

/// What happened in the background.
#[derive(Debug, Clone, PartialEq)]
pub enum IndexEvent {
    Progress(Progress),
    /// The index agrees with the disk.
    Fresh(RefreshReport),
    /// The index does not agree with the disk, for the reason given; it is tried again later.
    Failed(String),
    /// Something the user should know, in one sentence.
    Notice(String),
}

/// Stops the background thread when dropped.
pub struct IndexGuard {
    messages: Sender<IndexerMessage>,
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl IndexGuard {
    /// Asks for a refresh now: after a save that the editor announces, or by the user.
    pub fn refresh(&self, scope: RefreshScope) {
        // The thread lives as long as the guard; if it panicked there is nobody left to ask.
        let _ = self.messages.send(IndexerMessage::Refresh(scope));
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
    Dirty(Vec<PathBuf>),
    Refresh(RefreshScope),
    /// The system lost events, or could not watch everything.
    Lost,
    Lock(std::fs::File),
    Stop,
}

/// Events closer together than this are one batch …
const QUIET: Duration = Duration::from_millis(30);
/// … unless they go on for longer than this.
const LONGEST_BATCH: Duration = Duration::from_secs(2);
/// How often to scan where the system cannot watch.
const POLL: Duration = Duration::from_secs(60);
/// How long to wait before trying once more to take over.
const RETRY: Duration = Duration::from_secs(5);

impl Index {
    /// Scans once, then watches, on a thread of its own; `observer` is told what happens.
    pub fn keep_fresh(
        self: &Arc<Self>,
        observer: impl Fn(IndexEvent) + Send + Sync + 'static,
    ) -> Result<IndexGuard, IndexError> {
        let (messages, inbox) = unbounded();
        let cancel = Cancel::new();
        let keeper = BackgroundIndexer {
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
            .spawn(move || keeper.run())
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
    /// Whether changes may happen unseen, so that a scan now and then is needed.
    polling: bool,
}

impl BackgroundIndexer {
    fn run(mut self) {
        self.pass_on_notice();
        match self.index.access() {
            IndexAccess::Writer => self.start_writing(),
            IndexAccess::Reader => self.start_reading(),
        }
        loop {
            let message = if self.polling {
                self.inbox.recv_timeout(POLL)
            } else {
                self.inbox
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected)
            };
            match message {
                Ok(IndexerMessage::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(IndexerMessage::Lock(lock)) => {
                    if let Err(error) = self.index.become_writer(lock) {
                        self.notice(format!("could not take over the index: {error}"));
                        self.wait_for_lock(RETRY);
                        continue;
                    }
                    self.pass_on_notice();
                    self.start_writing();
                }
                Ok(IndexerMessage::Refresh(scope)) => self.bring_up_to_date(scope),
                Ok(IndexerMessage::Lost) | Err(RecvTimeoutError::Timeout) => {
                    self.bring_up_to_date(RefreshScope::All)
                }
                Ok(IndexerMessage::Dirty(paths)) => {
                    let Some(paths) = self.collect(paths) else {
                        return;
                    };
                    self.forget_watches(&paths);
                    self.bring_up_to_date(RefreshScope::Paths(paths));
                }
            }
        }
    }

    /// The watches on a folder that was moved or removed, and on all below it, went with it, also if there is a new one of that name.
    fn forget_watches(&mut self, paths: &[PathBuf]) {
        let root = self.index.root();
        let dirty: HashSet<&Path> = paths
            .iter()
            .map(PathBuf::as_path)
            .filter(|path| *path != root)
            .collect();
        self.watched
            .retain(|folder| !folder.ancestors().any(|above| dirty.contains(above)));
    }

    /// Gathers what belongs to one batch; nothing when asked to stop meanwhile.
    fn collect(&self, mut paths: Vec<PathBuf>) -> Option<Vec<PathBuf>> {
        let started = Instant::now();
        while started.elapsed() < LONGEST_BATCH {
            match self.inbox.recv_timeout(QUIET) {
                Ok(IndexerMessage::Dirty(more)) => paths.extend(more),
                Ok(IndexerMessage::Stop) => return None,
                Ok(other) => {
                    // Whatever else is asked for is done after the batch.
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
        self.bring_up_to_date(RefreshScope::All);
    }

    fn start_reading(&mut self) {
        let directory = self.index.options().directory.clone();
        self.wait_for_lock(Duration::ZERO);
        self.watcher = self.watcher_of_paths();
        self.watch(&[IndexStore::folder(&directory)]);
        self.bring_up_to_date(RefreshScope::All);
    }

    fn wait_for_lock(&self, delay: Duration) {
        let (outbox, directory) = (self.outbox.clone(), self.index.options().directory.clone());
        // A blocked lock costs nothing while it waits, and ends with the process if it never comes.
        std::thread::spawn(move || {
            std::thread::sleep(delay);
            if let Ok(lock) = Index::wait_for_lock(&directory) {
                let _ = outbox.send(IndexerMessage::Lock(lock));
            }
        });
    }

    fn bring_up_to_date(&mut self, scope: RefreshScope) {
        if self.index.access() == IndexAccess::Reader {
            match self.index.reload() {
                Ok(()) => self.tell(IndexEvent::Fresh(RefreshReport::default())),
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
                // What happened in a folder between listing and watching it was seen by neither: it is listed once more.
                let news: Vec<PathBuf> = folders
                    .into_iter()
                    .filter(|folder| !self.watched.contains(folder))
                    .collect();
                if news.is_empty() {
                    return self.tell(IndexEvent::Fresh(report));
                }
                self.watch(&news);
                let again = if matches!(scope, RefreshScope::Paths(_)) {
                    RefreshScope::Paths(news)
                } else {
                    RefreshScope::All
                };
                self.bring_up_to_date(again);
            }
            Err(IndexError::Cancelled(_)) => {}
            Err(error) => self.recover(&error),
        }
    }

    /// After a failed refresh: the index is opened anew, and made anew if need be. What fails again is tried again later.
    fn recover(&mut self, error: &IndexError) {
        tracing::warn!("{error}");
        let healed = self.index.heal().and_then(|role| match role {
            IndexAccess::Writer => self
                .index
                .refresh(RefreshScope::All, &|_| {}, &self.cancel)
                .map(Some),
            IndexAccess::Reader => Ok(None),
        });
        match healed {
            Ok(Some(report)) => {
                self.notice(format!("the index was opened anew ({error})"));
                self.tell(IndexEvent::Fresh(report));
            }
            Ok(None) => self.start_reading(),
            Err(again) => {
                self.polling = true;
                self.tell(IndexEvent::Failed(format!(
                    "the index could not be brought up to date: {again}"
                )));
            }
        }
    }

    fn watcher_of_paths(&self) -> Option<RecommendedWatcher> {
        let outbox = self.outbox.clone();
        let reading = self.index.access() == IndexAccess::Reader;
        let handler = move |event: notify::Result<notify::Event>| {
            let message = match event {
                Ok(event) if event.need_rescan() => IndexerMessage::Lost,
                Ok(event) if matches!(event.kind, EventKind::Access(_)) => return,
                // Of the writer's folder only a commit matters, and a commit is a new `meta.json`.
                Ok(event)
                    if reading && !event.paths.iter().any(|path| path.ends_with("meta.json")) =>
                {
                    return;
                }
                Ok(event) => IndexerMessage::Dirty(event.paths),
                Err(_) => IndexerMessage::Lost,
            };
            let _ = outbox.send(message);
        };
        notify::recommended_watcher(handler).ok()
    }

    /// Watches folders one by one, so that ignored ones cost nothing. Watching one twice is harmless.
    fn watch(&mut self, folders: &[PathBuf]) {
        self.watched.extend(folders.iter().cloned());
        let watched = self
            .watcher
            .as_mut()
            .is_some_and(|watcher| watch_all(watcher, folders).is_ok());
        if !watched && !self.polling {
            self.polling = true;
            self.notice(format!(
                "not every folder can be watched; changes are looked for every {} seconds",
                POLL.as_secs()
            ));
        }
    }

    fn pass_on_notice(&self) {
        if let Some(notice) = self.index.take_notice() {
            self.notice(notice);
        }
    }

    fn notice(&self, notice: String) {
        tracing::warn!("{notice}");
        self.tell(IndexEvent::Notice(notice));
    }

    fn tell(&self, event: IndexEvent) {
        (self.observer)(event);
    }
}

fn watch_all(watcher: &mut RecommendedWatcher, folders: &[PathBuf]) -> notify::Result<()> {
    let mut paths = watcher.paths_mut();
    for folder in folders {
        match paths.add(folder, RecursiveMode::NonRecursive) {
            // A folder that vanished meanwhile needs no watching.
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
