//! Refreshing the index: find changed files, index them in parallel, commit and publish.

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

/// A long refresh commits at this interval, so that a crash loses little work and search returns first results early.
const COMMIT_INTERVAL: Duration = Duration::from_secs(5);
/// Number of files indexed between two checks whether to commit.
const BATCH_LEN: usize = 256;

impl Index {
    /// Updates the index from the disk. Blocks until the result is published.
    ///
    /// Returns [`IndexError::ReadOnly`] in a process that only reads, and [`IndexError::Removed`] if the index folder was removed.
    pub fn refresh(
        &self,
        scope: RefreshScope,
        progress: &(dyn Fn(Progress) + Sync),
        cancel: &Cancel,
    ) -> Result<RefreshReport, IndexError> {
        self.refresh_listing(scope, progress, cancel)
            .map(|(report, _)| report)
    }

    /// Like [`Index::refresh`], and also returns the folders that were listed, which have to be watched.
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
            // Discard partial changes so that a later commit does not publish them.
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
            removal_candidates,
        } = self.plan(scope)?;
        let mut report = RefreshReport::default();
        let (mut work, mut gone) = (Vec::new(), Vec::new());
        {
            let state = self.state.lock();
            let listed: FxHashSet<&str> = listing.files.iter().map(|found| &*found.path).collect();
            gone.extend(
                removal_candidates
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
        for batch in work.chunks(BATCH_LEN) {
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
            if committed_at.elapsed() > COMMIT_INTERVAL && done < total {
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

    /// Reads one file and passes it to the writer. Returns `None` if the file was removed or its content is unchanged.
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
