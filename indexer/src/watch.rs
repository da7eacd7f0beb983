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
use crate::index::{Index, Progress, Report, Role, Scope};
use crate::store::Store;

/// What happened in the background.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Progress(Progress),
    /// The index agrees with the disk.
    Fresh(Report),
    /// The index does not agree with the disk, for the reason given; it is tried again later.
    Failed(String),
    /// Something the user should know, in one sentence.
    Notice(String),
}

/// Stops the background thread when dropped.
pub struct Guard {
    messages: Sender<Message>,
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl Guard {
    /// Requests a refresh. Paths, such as those of a file that the editor has saved, join the batch of the watcher's own events, so that
    /// a change that both report is read once.
    pub fn refresh(&self, scope: Scope) {
        let message = match scope {
            Scope::Paths(paths) => Message::Dirty(paths),
            scope => Message::Refresh(scope),
        };
        // The thread lives as long as the guard. Sending fails only if the thread has panicked.
        let _ = self.messages.send(message);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.cancel.cancel();
        let _ = self.messages.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

enum Message {
    Dirty(Vec<PathBuf>),
    Refresh(Scope),
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
        observer: impl Fn(Event) + Send + Sync + 'static,
    ) -> Result<Guard, IndexError> {
        let (messages, inbox) = unbounded();
        let cancel = Cancel::new();
        let keeper = Keeper {
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
        Ok(Guard {
            messages,
            cancel,
            thread: Some(thread),
        })
    }
}

struct Keeper {
    index: Arc<Index>,
    observer: Box<dyn Fn(Event) + Send + Sync>,
    outbox: Sender<Message>,
    inbox: Receiver<Message>,
    cancel: Cancel,
    watcher: Option<RecommendedWatcher>,
    watched: HashSet<PathBuf>,
    /// Whether changes may happen unseen, so that a scan now and then is needed.
    polling: bool,
}

impl Keeper {
    fn run(mut self) {
        self.pass_on_notice();
        match self.index.role() {
            Role::Writer => self.start_writing(),
            Role::Reader => self.start_reading(),
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
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Message::Lock(lock)) => {
                    if let Err(error) = self.index.become_writer(lock) {
                        self.notice(format!("could not take over the index: {error}"));
                        self.wait_for_lock(RETRY);
                        continue;
                    }
                    self.pass_on_notice();
                    self.start_writing();
                }
                Ok(Message::Refresh(scope)) => self.bring_up_to_date(scope),
                Ok(Message::Lost) | Err(RecvTimeoutError::Timeout) => {
                    self.bring_up_to_date(Scope::All)
                }
                Ok(Message::Dirty(paths)) => {
                    let Some(paths) = self.collect(paths) else {
                        return;
                    };
                    self.forget_watches(&paths);
                    self.bring_up_to_date(Scope::Paths(paths));
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
                Ok(Message::Dirty(more)) => paths.extend(more),
                Ok(Message::Stop) => return None,
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
        self.bring_up_to_date(Scope::All);
    }

    fn start_reading(&mut self) {
        let directory = self.index.options().directory.clone();
        self.wait_for_lock(Duration::ZERO);
        self.watcher = self.watcher_of_paths();
        self.watch(&[Store::folder(&directory)]);
        self.bring_up_to_date(Scope::All);
    }

    fn wait_for_lock(&self, delay: Duration) {
        let (outbox, directory) = (self.outbox.clone(), self.index.options().directory.clone());
        // A blocked lock costs nothing while it waits, and ends with the process if it never comes.
        std::thread::spawn(move || {
            std::thread::sleep(delay);
            if let Ok(lock) = Index::wait_for_lock(&directory) {
                let _ = outbox.send(Message::Lock(lock));
            }
        });
    }

    fn bring_up_to_date(&mut self, scope: Scope) {
        if self.index.role() == Role::Reader {
            match self.index.reload() {
                Ok(()) => self.tell(Event::Fresh(Report::default())),
                Err(error) => self.notice(format!("could not read the index: {error}")),
            }
            return;
        }
        let observer = &self.observer;
        match self.index.refresh_listing(
            scope.clone(),
            &|progress| observer(Event::Progress(progress)),
            &self.cancel,
        ) {
            Ok((report, folders)) => {
                // What happened in a folder between listing and watching it was seen by neither: it is listed once more.
                let news: Vec<PathBuf> = folders
                    .into_iter()
                    .filter(|folder| !self.watched.contains(folder))
                    .collect();
                if news.is_empty() {
                    return self.tell(Event::Fresh(report));
                }
                self.watch(&news);
                let again = if matches!(scope, Scope::Paths(_)) {
                    Scope::Paths(news)
                } else {
                    Scope::All
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
            Role::Writer => self
                .index
                .refresh(Scope::All, &|_| {}, &self.cancel)
                .map(Some),
            Role::Reader => Ok(None),
        });
        match healed {
            Ok(Some(report)) => {
                self.notice(format!("the index was opened anew ({error})"));
                self.tell(Event::Fresh(report));
            }
            Ok(None) => self.start_reading(),
            Err(again) => {
                self.polling = true;
                self.tell(Event::Failed(format!(
                    "the index could not be brought up to date: {again}"
                )));
            }
        }
    }

    fn watcher_of_paths(&self) -> Option<RecommendedWatcher> {
        let outbox = self.outbox.clone();
        let reading = self.index.role() == Role::Reader;
        let handler = move |event: notify::Result<notify::Event>| {
            let message = match event {
                Ok(event) if event.need_rescan() => Message::Lost,
                Ok(event) if matches!(event.kind, EventKind::Access(_)) => return,
                // Of the writer's folder only a commit matters, and a commit is a new `meta.json`.
                Ok(event)
                    if reading && !event.paths.iter().any(|path| path.ends_with("meta.json")) =>
                {
                    return;
                }
                Ok(event) => Message::Dirty(event.paths),
                Err(_) => Message::Lost,
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
        self.tell(Event::Notice(notice));
    }

    fn tell(&self, event: Event) {
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
                if let Event::Fresh(report) = event {
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
            .send(Message::Dirty(vec![path.clone()]))
            .unwrap();
        guard.refresh(Scope::Paths(vec![path]));
        guard.refresh(Scope::Rebuild);
        drop(resume);
        let mut refreshes = 1;
        while events.recv().unwrap().indexed == 0 {
            refreshes += 1;
        }
        assert_eq!(refreshes, 2, "one for the save, one for the rebuild");
    }
}
