//! The index of one workspace root: opens it, brings it up to date, publishes snapshots.
//!
//! One process writes, any number read; who writes is settled by a lock that the operating system releases however the writer ends.
//! Everything that can be read is a [`Snapshot`]; publishing one is replacing a pointer.

mod options;
mod plan;
mod refresh;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

pub use options::*;

use crate::buffers::{Buffer, Buffers};
use crate::commit::Committed;
use crate::error::IndexError;
use crate::record::{FileKey, FileRecord};
use crate::scan::ScanRules;
use crate::snapshot::Snapshot;
use crate::store::{IndexStore, StoreWriter};

pub struct Index {
    root: PathBuf,
    options: IndexOptions,
    rules: ScanRules,
    /// Made by the writer at its start, by a reader when it first sees the writer's index.
    state: Mutex<IndexState>,
    /// Held while writing; `None` in a process that only reads.
    writer: Mutex<Option<ActiveWriter>>,
    published: ArcSwap<Snapshot>,
    pool: rayon::ThreadPool,
}

struct IndexState {
    store: IndexStore,
    committed: Committed,
    buffers: Buffers,
    notice: Option<String>,
}

struct ActiveWriter {
    writer: StoreWriter,
    /// Released by the operating system when the process ends.
    lock: File,
}

impl Index {
    /// Opens the index of `root`, making or healing it where needed, and publishes what it holds. Nothing is scanned yet.
    pub fn open(root: &Path, options: IndexOptions) -> Result<Arc<Index>, IndexError> {
        if !root.is_dir() {
            return Err(IndexError::NoSuchFolder(root.to_owned()));
        }
        let root = root.canonicalize().map_err(IndexError::io(root))?;
        let rules = ScanRules::new(
            &root,
            &options.exclude,
            &options.private,
            options.max_file_bytes,
            &options.languages_off,
        )?;
        std::fs::create_dir_all(&options.directory).map_err(IndexError::io(&options.directory))?;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(options.threads)
            .thread_name(|number| format!("index-{number}"))
            .start_handler(|_| crate::priority::lower())
            .build()
            .map_err(|error| IndexError::io(&root)(std::io::Error::other(error)))?;

        let lock = open_lock(&options.directory)?;
        let (store, committed, notice, writing) = match lock.try_lock() {
            Ok(()) => {
                let opened = pool.install(|| Committed::open_or_heal(&options.directory));
                let (store, committed, notice) = opened?;
                let writer = store.writer()?;
                let writing = ActiveWriter { writer, lock };
                (store, committed, notice, Some(writing))
            }
            Err(TryLockError::WouldBlock) => {
                let store = open_for_reading(&options.directory)?;
                let committed = pool.install(|| Committed::load(&store))?;
                (store, committed, None, None)
            }
            Err(TryLockError::Error(error)) => {
                return Err(IndexError::io(&options.directory)(error));
            }
        };
        let state = IndexState {
            store,
            committed,
            buffers: Buffers::new(),
            notice,
        };
        let snapshot = Snapshot::new(
            &root,
            &rules,
            &state.store,
            &state.committed,
            &state.buffers,
        )?;
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

    pub fn access(&self) -> IndexAccess {
        // A writer that is busy holds the lock, and is a writer.
        match self.writer.try_lock() {
            Some(writer) if writer.is_none() => IndexAccess::Reader,
            _ => IndexAccess::Writer,
        }
    }

    /// What the user should know about how the index was opened, once.
    pub fn take_notice(&self) -> Option<String> {
        self.state.lock().notice.take()
    }

    /// The path relative to the root with `/`, or nothing if it lies elsewhere.
    pub fn relative(&self, path: &Path) -> Option<String> {
        self.rules.relative(path)
    }

    /// Lays the text of an open buffer over the disk, or takes it off. Extracts: not for a thread that must answer.
    pub fn set_overlay(&self, path: &str, text: Option<Arc<str>>) -> Result<(), IndexError> {
        let key = FileKey::of(path);
        let text = text.filter(|text| self.rules.admits(path, text.len() as u64));
        let buffer = text
            .map(|text| Buffer::new(&self.rules, path, text))
            .transpose()?;
        let mut state = self.state.lock();
        let changed = match buffer {
            Some(buffer) => {
                state.buffers.insert(key, Arc::new(buffer));
                true
            }
            None => state.buffers.remove(&key).is_some(),
        };
        if changed {
            self.publish(&mut state)
        } else {
            Ok(())
        }
    }

    fn commit(
        &self,
        writer: &mut StoreWriter,
        written: &FxHashMap<FileKey, Arc<FileRecord>>,
    ) -> Result<(), IndexError> {
        writer.commit()?;
        let mut state = self.state.lock();
        state.committed = state.committed.advance(&state.store, written)?;
        self.publish(&mut state)
    }

    /// Sees what another process has committed.
    pub(crate) fn reload(&self) -> Result<(), IndexError> {
        let mut state = self.state.lock();
        state.committed = self
            .pool
            .install(|| state.committed.advance(&state.store, &FxHashMap::default()))?;
        self.publish(&mut state)
    }

    /// Waits until the writing process ends, then takes over. For a thread of its own.
    pub(crate) fn wait_for_lock(directory: &Path) -> Result<File, IndexError> {
        let lock = open_lock(directory)?;
        lock.lock().map_err(IndexError::io(directory))?;
        Ok(lock)
    }

    pub(crate) fn become_writer(&self, lock_file: File) -> Result<(), IndexError> {
        let mut writing = self.writer.lock();
        if writing.is_none() {
            self.open_anew(&mut writing, lock_file)?;
        }
        Ok(())
    }

    /// Opens the index once more after something went wrong with it: its folder was removed, or a file of it is damaged.
    pub(crate) fn heal(&self) -> Result<IndexAccess, IndexError> {
        let mut writing = self.writer.lock();
        // The locks of the old one are released first.
        *writing = None;
        let directory = &self.options.directory;
        std::fs::create_dir_all(directory).map_err(IndexError::io(directory))?;
        let lock_file = open_lock(directory)?;
        match lock_file.try_lock() {
            Ok(()) => self
                .open_anew(&mut writing, lock_file)
                .map(|()| IndexAccess::Writer),
            Err(TryLockError::WouldBlock) => {
                let store = open_for_reading(directory)?;
                let committed = self.pool.install(|| Committed::load(&store))?;
                let mut state = self.state.lock();
                (state.store, state.committed) = (store, committed);
                self.publish(&mut state).map(|()| IndexAccess::Reader)
            }
            Err(TryLockError::Error(error)) => Err(IndexError::io(directory)(error)),
        }
    }

    fn open_anew(
        &self,
        writing: &mut Option<ActiveWriter>,
        lock_file: File,
    ) -> Result<(), IndexError> {
        let opened = self
            .pool
            .install(|| Committed::open_or_heal(&self.options.directory));
        let (store, committed, notice) = opened?;
        let writer = store.writer()?;
        *writing = Some(ActiveWriter {
            writer,
            lock: lock_file,
        });
        let mut state = self.state.lock();
        (state.store, state.committed, state.notice) = (store, committed, notice);
        self.publish(&mut state)
    }

    fn publish(&self, state: &mut IndexState) -> Result<(), IndexError> {
        let snapshot = Snapshot::new(
            &self.root,
            &self.rules,
            &state.store,
            &state.committed,
            &state.buffers,
        )?;
        self.published.store(Arc::new(snapshot));
        Ok(())
    }
}

/// Whether the lock that is held is still the one others would find: not if the index's folder was removed or replaced meanwhile.
fn is_in_place(held: &File, directory: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let identity = |meta: std::fs::Metadata| (meta.dev(), meta.ino());
        let found = std::fs::metadata(directory.join(LOCK)).map(identity);
        matches!((held.metadata().map(identity), found), (Ok(held), Ok(found)) if held == found)
    }
    #[cfg(not(unix))]
    {
        // There a file that is open cannot be removed.
        let _ = (held, directory);
        true
    }
}

const LOCK: &str = "writer.lock";

fn open_lock(directory: &Path) -> Result<File, IndexError> {
    let path = directory.join(LOCK);
    File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(IndexError::io(path))
}

/// A writer that holds the lock has made the index or is about to: it takes milliseconds.
fn open_for_reading(directory: &Path) -> Result<IndexStore, IndexError> {
    const PATIENCE: Duration = Duration::from_secs(5);
    let started = Instant::now();
    loop {
        match IndexStore::open(&IndexStore::folder(directory)) {
            Ok(store) => return Ok(store),
            Err(error) if started.elapsed() > PATIENCE => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}
