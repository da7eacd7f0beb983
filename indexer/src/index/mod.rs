//! The index of one workspace root: opening, updating, and publishing snapshots.
//!
//! One process writes and any number of processes read. The writer holds a file lock, which the operating system releases when the
//! process ends for any reason. All queries go through a [`Snapshot`]; publishing one replaces a pointer atomically.

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
    /// The on-disk index, its in-memory state and the open buffers.
    state: Mutex<IndexState>,
    /// Locked while writing; `None` in a process that only reads.
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
    /// The lock file. The operating system releases the lock when the process ends.
    lock: File,
}

impl Index {
    /// Opens the index of `root` and publishes a snapshot of it, without scanning the workspace. The writer
    /// recreates a missing or damaged index.
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
                let opened = pool.install(|| Committed::open_or_recreate(&options.directory));
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

    /// Returns the latest published state, including open buffers. Does not block.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.published.load_full()
    }

    /// Returns whether this process writes the index or only reads it.
    pub fn access(&self) -> IndexAccess {
        // If the mutex is locked, a refresh is running, so this process is the writer.
        match self.writer.try_lock() {
            Some(writer) if writer.is_none() => IndexAccess::Reader,
            _ => IndexAccess::Writer,
        }
    }

    /// Returns and clears the message about a problem when the index was opened, to be shown to the user.
    pub fn take_notice(&self) -> Option<String> {
        self.state.lock().notice.take()
    }

    /// Returns the path relative to the root, separated by `/`, or `None` if it is not inside the root.
    pub fn relative(&self, path: &Path) -> Option<String> {
        self.rules.relative(path)
    }

    /// Replaces the content of a file with the text of an open buffer, or removes the replacement. Blocking: extracts the text.
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

    /// Loads and publishes the latest commit of another process.
    pub(crate) fn reload(&self) -> Result<(), IndexError> {
        let mut state = self.state.lock();
        state.committed = self
            .pool
            .install(|| state.committed.advance(&state.store, &FxHashMap::default()))?;
        self.publish(&mut state)
    }

    /// Blocks until the writing process ends, then returns the locked file. Call it on a dedicated thread.
    pub(crate) fn wait_for_lock(directory: &Path) -> Result<File, IndexError> {
        let lock = open_lock(directory)?;
        lock.lock().map_err(IndexError::io(directory))?;
        Ok(lock)
    }

    /// Makes this process the writer with the lock from [`Index::wait_for_lock`].
    pub(crate) fn become_writer(&self, lock_file: File) -> Result<(), IndexError> {
        let mut writing = self.writer.lock();
        if writing.is_none() {
            self.reopen_as_writer(&mut writing, lock_file)?;
        }
        Ok(())
    }

    /// Reopens the index after a failure: its folder was removed, or one of its files is damaged. Returns the new access.
    pub(crate) fn reopen(&self) -> Result<IndexAccess, IndexError> {
        let mut writing = self.writer.lock();
        // Release the locks of the old index before opening the new one.
        *writing = None;
        let directory = &self.options.directory;
        std::fs::create_dir_all(directory).map_err(IndexError::io(directory))?;
        let lock_file = open_lock(directory)?;
        match lock_file.try_lock() {
            Ok(()) => self
                .reopen_as_writer(&mut writing, lock_file)
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

    fn reopen_as_writer(
        &self,
        writing: &mut Option<ActiveWriter>,
        lock_file: File,
    ) -> Result<(), IndexError> {
        let opened = self
            .pool
            .install(|| Committed::open_or_recreate(&self.options.directory));
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

/// Whether the held lock file is still the one in the index folder. It is not if the folder was removed or replaced.
fn is_in_place(held: &File, directory: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let identity = |meta: std::fs::Metadata| (meta.dev(), meta.ino());
        let found = std::fs::metadata(directory.join(LOCK_FILE)).map(identity);
        matches!((held.metadata().map(identity), found), (Ok(held), Ok(found)) if held == found)
    }
    #[cfg(not(unix))]
    {
        // On Windows an open file cannot be removed.
        let _ = (held, directory);
        true
    }
}

const LOCK_FILE: &str = "writer.lock";

fn open_lock(directory: &Path) -> Result<File, IndexError> {
    let path = directory.join(LOCK_FILE);
    File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(IndexError::io(path))
}

/// Opens the index for reading. Retries for a while, because the process that holds the lock may still be creating the index.
fn open_for_reading(directory: &Path) -> Result<IndexStore, IndexError> {
    const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
    let started = Instant::now();
    loop {
        match IndexStore::open(&IndexStore::folder(directory)) {
            Ok(store) => return Ok(store),
            Err(error) if started.elapsed() > OPEN_TIMEOUT => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}
