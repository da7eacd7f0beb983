//! The index of one workspace root: opens it, brings it up to date, publishes snapshots.
//!
//! One process writes, any number read; who writes is settled by a lock that the operating system releases however the writer ends.
//! Everything that can be read is a [`Snapshot`]; publishing one is replacing a pointer.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Cancel;
use crate::buffers::{Buffer, Buffers};
use crate::commit::Committed;
use crate::error::IndexError;
use crate::graph::resolve::folder;
use crate::record::{FileKey, FileRecord, hash64};
use crate::scan::{Found, Listing, Read, Rules};
use crate::snapshot::Snapshot;
use crate::store::{Store, StoreWriter};

/// How an index is made; its location and limits come from the user, never from the workspace.
#[derive(Debug, Clone)]
pub struct IndexOptions {
    /// Where the index lies: a folder of its own for each root, outside of it.
    pub directory: PathBuf,
    /// Globs of files and folders to leave out.
    pub exclude: Vec<String>,
    /// Globs of files that must not be read.
    pub private: Vec<String>,
    pub max_file_bytes: u64,
    /// Languages, by id, whose files are treated as plain text.
    pub languages_off: Vec<String>,
    /// Threads for reading and extraction.
    pub threads: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// This process keeps the index up to date.
    Writer,
    /// Another process does; this one sees its commits.
    Reader,
}

/// What to bring up to date.
#[derive(Debug, Clone)]
pub enum Scope {
    All,
    /// Absolute paths of files and folders that may have changed.
    Paths(Vec<PathBuf>),
    /// Everything, as if nothing were known.
    Rebuild,
}

/// Files done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub done: usize,
    pub total: usize,
}

/// What a refresh did, in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    pub indexed: usize,
    pub removed: usize,
    pub unchanged: usize,
    pub skipped: usize,
}

/// A long refresh commits this often, so that a crash costs no more and search works early.
const COMMIT_EVERY: Duration = Duration::from_secs(5);
/// Files between two looks at the clock.
const BATCH: usize = 256;

pub struct Index {
    root: PathBuf,
    options: IndexOptions,
    rules: Rules,
    /// Made by the writer at its start, by a reader when it first sees the writer's index.
    state: Mutex<State>,
    /// Held while writing; `None` in a process that only reads.
    writer: Mutex<Option<Writing>>,
    published: ArcSwap<Snapshot>,
    pool: rayon::ThreadPool,
}

struct State {
    store: Store,
    committed: Committed,
    buffers: Buffers,
    notice: Option<String>,
}

struct Writing {
    writer: StoreWriter,
    /// Released by the operating system when the process ends.
    _lock: File,
}

impl Index {
    /// Opens the index of `root`, making or healing it where needed, and publishes what it holds. Nothing is scanned yet.
    pub fn open(root: &Path, options: IndexOptions) -> Result<Arc<Index>, IndexError> {
        if !root.is_dir() {
            return Err(IndexError::NoSuchFolder(root.to_owned()));
        }
        let root = root.canonicalize().map_err(IndexError::io(root))?;
        let rules = Rules::new(&root, &options.exclude, &options.private, options.max_file_bytes, &options.languages_off)?;
        std::fs::create_dir_all(&options.directory).map_err(IndexError::io(&options.directory))?;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(options.threads)
            .thread_name(|number| format!("index-{number}"))
            .start_handler(|_| crate::priority::lower())
            .build()
            .map_err(|error| IndexError::io(&root)(std::io::Error::other(error)))?;

        let lock = open_lock(&options.directory)?;
        let (store, notice, writing) = match lock.try_lock() {
            Ok(()) => {
                let (store, notice) = Store::open_or_heal(&options.directory)?;
                let writing = Writing { writer: store.writer()?, _lock: lock };
                (store, notice, Some(writing))
            }
            Err(TryLockError::WouldBlock) => (open_for_reading(&options.directory)?, None, None),
            Err(TryLockError::Error(error)) => return Err(IndexError::io(&options.directory)(error)),
        };
        let committed = pool.install(|| Committed::load(&store))?;
        let state = State { store, committed, buffers: Buffers::new(), notice };
        let snapshot = Snapshot::new(&root, &rules, &state.store, &state.committed, &state.buffers)?;
        Ok(Arc::new(Index {
            root,
            options,
            rules,
            state: Mutex::new(state),
            writer: Mutex::new(writing),
            published: ArcSwap::from_pointee(snapshot),
            pool,
        }))
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn options(&self) -> &IndexOptions {
        &self.options
    }

    /// The latest published state, open buffers included. Never waits.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.published.load_full()
    }

    pub fn role(&self) -> Role {
        // A writer that is busy holds the lock, and is a writer.
        match self.writer.try_lock() {
            Ok(writer) if writer.is_none() => Role::Reader,
            _ => Role::Writer,
        }
    }

    /// What the user should know about how the index was opened, once.
    pub fn take_notice(&self) -> Option<String> {
        lock(&self.state).notice.take()
    }

    /// The path relative to the root with `/`, or nothing if it lies elsewhere.
    pub fn relative(&self, path: &Path) -> Option<String> {
        self.rules.relative(path)
    }

    /// Lays the text of an open buffer over the disk, or takes it off. Extracts: not for a thread that must answer.
    pub fn set_overlay(&self, path: &str, text: Option<Arc<str>>) -> Result<(), IndexError> {
        let key = FileKey::of(path);
        let buffer = match text {
            Some(text) if !self.is_on_disk(key, &text) => Some(Arc::new(Buffer::new(&self.rules, path, text)?)),
            _ => None,
        };
        let mut state = lock(&self.state);
        let changed = match buffer {
            Some(buffer) => {
                state.buffers.insert(key, buffer);
                true
            }
            None => state.buffers.remove(&key).is_some(),
        };
        if changed { self.publish(&mut state) } else { Ok(()) }
    }

    fn is_on_disk(&self, key: FileKey, text: &str) -> bool {
        lock(&self.state).committed.record(key).is_some_and(|record| record.fingerprint.hash == hash64(text.as_bytes()))
    }

    /// Brings the index up to date with the disk in one batch. Blocks until it is published.
    pub fn refresh(&self, scope: Scope, progress: &(dyn Fn(Progress) + Sync), cancel: &Cancel) -> Result<Report, IndexError> {
        self.refresh_listing(scope, progress, cancel).map(|(report, _)| report)
    }

    /// The same, and the folders that were seen, which have to be watched.
    pub(crate) fn refresh_listing(
        &self,
        scope: Scope,
        progress: &(dyn Fn(Progress) + Sync),
        cancel: &Cancel,
    ) -> Result<(Report, Vec<PathBuf>), IndexError> {
        let mut guard = lock(&self.writer);
        let writing = guard.as_mut().ok_or(IndexError::ReadOnly)?;
        let result = self.pool.install(|| self.write(&mut writing.writer, scope, progress, cancel));
        if result.is_err() {
            // What was half done must not slip into a later commit.
            writing.writer.rollback()?;
        }
        result
    }

    fn write(
        &self,
        writer: &mut StoreWriter,
        scope: Scope,
        progress: &(dyn Fn(Progress) + Sync),
        cancel: &Cancel,
    ) -> Result<(Report, Vec<PathBuf>), IndexError> {
        let rebuild = matches!(scope, Scope::Rebuild);
        let Plan { listing, candidates_for_removal } = self.plan(scope)?;
        let mut report = Report::default();
        let (mut work, mut gone) = (Vec::new(), Vec::new());
        {
            let state = lock(&self.state);
            let listed: FxHashSet<&str> = listing.files.iter().map(|found| &*found.path).collect();
            gone.extend(candidates_for_removal.select(&state.committed).filter(|record| !listed.contains(&*record.path)).map(|record| record.key));
            for found in &listing.files {
                let known = state.committed.record(FileKey::of(&found.path)).cloned();
                let same = known.as_ref().is_some_and(|record| {
                    record.fingerprint.size == found.size && record.fingerprint.modified == found.modified && self.rules.agree(record, found.size)
                });
                if same && !rebuild {
                    report.unchanged += 1;
                } else {
                    work.push((found, known));
                }
            }
        }
        let total = work.len();
        let mut done = 0;
        let mut written = FxHashMap::default();
        let mut committed_at = Instant::now();
        if total > 0 {
            progress(Progress { done, total });
        }
        for batch in work.chunks(BATCH) {
            let finished = AtomicUsize::new(done);
            let outcomes: Result<Vec<_>, IndexError> = batch
                .par_iter()
                .map(|(found, known)| {
                    cancel.check()?;
                    let outcome = self.index_one(writer, found, known.as_deref(), rebuild)?;
                    let done = finished.fetch_add(1, Ordering::Relaxed) + 1;
                    if done.is_multiple_of(16) {
                        progress(Progress { done, total });
                    }
                    Ok(outcome)
                })
                .collect();
            for outcome in outcomes? {
                match outcome {
                    Some(record) => {
                        report.skipped += usize::from(record.skipped.is_some());
                        report.indexed += usize::from(record.skipped.is_none());
                        written.insert(record.key, record);
                    }
                    None => report.unchanged += 1,
                }
            }
            done += batch.len();
            progress(Progress { done, total });
            if committed_at.elapsed() > COMMIT_EVERY && done < total {
                self.commit(writer, &written)?;
                written.clear();
                committed_at = Instant::now();
            }
        }
        report.removed = gone.len();
        gone.into_iter().for_each(|key| writer.remove(key));
        if total > 0 || report.removed > 0 {
            self.commit(writer, &written)?;
        }
        Ok((report, listing.folders))
    }

    /// Reads one file and hands it to the writer. Nothing is returned for a file that vanished or only looks changed.
    fn index_one(&self, writer: &StoreWriter, found: &Found, known: Option<&FileRecord>, rebuild: bool) -> Result<Option<Arc<FileRecord>>, IndexError> {
        let read = self.rules.read(found, known.filter(|known| !rebuild && self.rules.agree(known, found.size)));
        match read {
            Read::New(indexed) => {
                writer.put(&indexed, known.is_some())?;
                Ok(Some(Arc::new(indexed.record)))
            }
            Read::Touched(record) => {
                writer.touch(&record)?;
                Ok(None)
            }
            Read::Gone => {
                if known.is_some() {
                    writer.remove(FileKey::of(&found.path));
                }
                Ok(None)
            }
        }
    }

    fn commit(&self, writer: &mut StoreWriter, written: &FxHashMap<FileKey, Arc<FileRecord>>) -> Result<(), IndexError> {
        writer.commit()?;
        let mut state = lock(&self.state);
        state.committed = state.committed.advance(&state.store, written)?;
        self.publish(&mut state)
    }

    /// Sees what another process has committed.
    pub(crate) fn reload(&self) -> Result<(), IndexError> {
        let mut state = lock(&self.state);
        state.committed = self.pool.install(|| state.committed.advance(&state.store, &FxHashMap::default()))?;
        self.publish(&mut state)
    }

    /// Waits until the writing process ends, then takes over. For a thread of its own.
    pub(crate) fn wait_for_lock(directory: &Path) -> Result<File, IndexError> {
        let lock = open_lock(directory)?;
        lock.lock().map_err(IndexError::io(directory))?;
        Ok(lock)
    }

    pub(crate) fn become_writer(&self, lock_file: File) -> Result<(), IndexError> {
        let mut writer = lock(&self.writer);
        if writer.is_some() {
            return Ok(());
        }
        let mut state = lock(&self.state);
        let (store, notice) = Store::open_or_heal(&self.options.directory)?;
        *writer = Some(Writing { writer: store.writer()?, _lock: lock_file });
        state.committed = self.pool.install(|| Committed::load(&store))?;
        state.store = store;
        state.notice = notice;
        self.publish(&mut state)
    }

    fn publish(&self, state: &mut State) -> Result<(), IndexError> {
        let snapshot = Snapshot::new(&self.root, &self.rules, &state.store, &state.committed, &state.buffers)?;
        self.published.store(Arc::new(snapshot));
        Ok(())
    }

    /// Which files to look at and which known files to miss.
    fn plan(&self, scope: Scope) -> Result<Plan, IndexError> {
        let everything = || Plan { listing: self.rules.list(&self.root, false, self.options.threads), candidates_for_removal: Candidates::All };
        let paths = match scope {
            Scope::All | Scope::Rebuild => return Ok(everything()),
            Scope::Paths(paths) => paths,
        };
        // Past this many paths one walk is cheaper, and a changed ignore file can change everything below it.
        const MANY: usize = 500;
        let is_ignore_file = |path: &PathBuf| path.file_name().is_some_and(|name| name == ".gitignore" || name == ".ignore");
        if paths.len() > MANY || paths.iter().any(is_ignore_file) {
            return Ok(everything());
        }
        let mut listing = Listing::default();
        let mut dirty = Vec::new();
        let mut parents: FxHashMap<PathBuf, Listing> = FxHashMap::default();
        for path in &paths {
            let (Some(relative), Some(parent)) = (self.rules.relative(path), path.parent()) else { continue };
            let siblings = parents.entry(parent.to_owned()).or_insert_with(|| {
                if self.rules.holds(parent) { self.rules.list(parent, true, 1) } else { Listing::default() }
            });
            if let Some(found) = siblings.files.iter().find(|found| found.path == relative) {
                listing.files.push(found.clone());
            } else if siblings.folders.contains(path) {
                let inside = self.rules.list(path, false, 1);
                listing.files.extend(inside.files);
                listing.folders.extend(inside.folders);
            }
            dirty.push(relative);
        }
        listing.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        listing.files.dedup_by(|a, b| a.path == b.path);
        Ok(Plan { listing, candidates_for_removal: Candidates::Under(dirty) })
    }
}

struct Plan {
    listing: Listing,
    candidates_for_removal: Candidates,
}

enum Candidates {
    All,
    /// Files that are, or lie in, one of these.
    Under(Vec<String>),
}

impl Candidates {
    fn select<'a>(&'a self, committed: &'a Committed) -> Box<dyn Iterator<Item = &'a Arc<FileRecord>> + 'a> {
        match self {
            Candidates::All => Box::new(committed.records()),
            Candidates::Under(dirty) => {
                let dirty: FxHashSet<&str> = dirty.iter().map(String::as_str).collect();
                Box::new(committed.records().filter(move |record| {
                    let parents = std::iter::successors(Some(&*record.path), |path| Some(folder(path)).filter(|folder| !folder.is_empty()));
                    parents.into_iter().any(|path| dirty.contains(path))
                }))
            }
        }
    }
}

fn open_lock(directory: &Path) -> Result<File, IndexError> {
    let path = directory.join("writer.lock");
    File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(IndexError::io(path))
}

/// A writer that holds the lock has made the index or is about to: it takes milliseconds.
fn open_for_reading(directory: &Path) -> Result<Store, IndexError> {
    const PATIENCE: Duration = Duration::from_secs(5);
    let started = Instant::now();
    loop {
        match Store::open(&Store::folder(directory)) {
            Ok(store) => return Ok(store),
            Err(error) if started.elapsed() > PATIENCE => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while the lock was held is contained at the edges; the data is replaced as a whole or not at all.
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
