//! Bringing the index up to date: look at what changed, index it on all threads, commit, publish.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::plan::RefreshPlan;
use super::{Index, Progress, RefreshReport, RefreshScope};
use crate::Cancel;
use crate::error::IndexError;
use crate::record::{FileKey, FileRecord};
use crate::scan::{FoundFile, ReadOutcome};
use crate::store::StoreWriter;

/// A long refresh commits this often, so that a crash costs no more and search works early.
const COMMIT_EVERY: Duration = Duration::from_secs(5);
/// Files between two looks at the clock.
const BATCH: usize = 256;

impl Index {
    /// Brings the index up to date with the disk in one batch. Blocks until it is published.
    pub fn refresh(
        &self,
        scope: RefreshScope,
        progress: &(dyn Fn(Progress) + Sync),
        cancel: &Cancel,
    ) -> Result<RefreshReport, IndexError> {
        self.refresh_listing(scope, progress, cancel)
            .map(|(report, _)| report)
    }

    /// The same, and the folders that were seen, which have to be watched.
    pub(crate) fn refresh_listing(
        &self,
        scope: RefreshScope,
        progress: &(dyn Fn(Progress) + Sync),
        cancel: &Cancel,
    ) -> Result<(RefreshReport, Vec<PathBuf>), IndexError> {
        let mut guard = self.writer.lock();
        let writing = guard.as_mut().ok_or(IndexError::ReadOnly)?;
        if !super::is_in_place(&writing.lock, &self.options.directory) {
            return Err(IndexError::Removed);
        }
        let result = self
            .pool
            .install(|| self.write(&mut writing.writer, scope, progress, cancel));
        if result.is_err() {
            // What was half done must not slip into a later commit.
            writing.writer.rollback()?;
        }
        result
    }

    fn write(
        &self,
        writer: &mut StoreWriter,
        scope: RefreshScope,
        progress: &(dyn Fn(Progress) + Sync),
        cancel: &Cancel,
    ) -> Result<(RefreshReport, Vec<PathBuf>), IndexError> {
        let rebuild = matches!(scope, RefreshScope::Rebuild);
        let RefreshPlan {
            listing,
            candidates_for_removal,
        } = self.plan(scope)?;
        let mut report = RefreshReport::default();
        let (mut work, mut gone) = (Vec::new(), Vec::new());
        {
            let state = self.state.lock();
            let listed: FxHashSet<&str> = listing.files.iter().map(|found| &*found.path).collect();
            gone.extend(
                candidates_for_removal
                    .select(&state.committed)
                    .filter(|record| !listed.contains(&*record.path))
                    .map(|record| record.key),
            );
            for found in &listing.files {
                let known = state.committed.record(FileKey::of(&found.path)).cloned();
                let same = known.as_ref().is_some_and(|record| {
                    record.fingerprint.size == found.size
                        && record.fingerprint.modified == found.modified
                        && self.rules.agree(record, found.size)
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
    fn index_one(
        &self,
        writer: &StoreWriter,
        found: &FoundFile,
        known: Option<&FileRecord>,
        rebuild: bool,
    ) -> Result<Option<Arc<FileRecord>>, IndexError> {
        let read = self.rules.read(
            found,
            known.filter(|known| !rebuild && self.rules.agree(known, found.size)),
        );
        match read {
            ReadOutcome::New(indexed) => {
                writer.put(&indexed, known.is_some())?;
                Ok(Some(Arc::new(indexed.record)))
            }
            ReadOutcome::Touched(record) => {
                writer.touch(&record)?;
                Ok(None)
            }
            ReadOutcome::Gone => {
                if known.is_some() {
                    writer.remove(FileKey::of(&found.path));
                }
                Ok(None)
            }
        }
    }
}
