//! The writer's thread: takes the queued jobs, writes them in one transaction, and then reports them as durable.
//!
//! It survives every failure of the disk or the database: what cannot be written is kept in memory and retried, a damaged file is set
//! aside and a new one is begun, and each problem is reported once.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use parking_lot::Mutex;
use rusqlite::{Connection, TransactionBehavior};

use super::connect::{self, Identity, OpenMode};
use super::error::StoreError;
use super::ticket::{Notice, RecordOutcome};

/// Writes something that was admitted and packed before the database is locked. It may be called again after a failed transaction.
///
/// Returns false if the interaction that it belongs to does not exist.
pub(super) type Write = Box<dyn Fn(&Connection) -> Result<bool, StoreError> + Send>;

/// A queued call of the recorder.
pub(super) struct Job {
    /// Builds, redacts and packs what is to be written.
    pub(super) prepare: Box<dyn FnOnce() -> Result<Write, RecordOutcome> + Send>,
    pub(super) answer: oneshot::Sender<RecordOutcome>,
}

pub(super) struct Writer {
    pub(super) path: PathBuf,
    pub(super) jobs: Receiver<Job>,
    pub(super) health: Arc<Mutex<Option<Notice>>>,
    pub(super) on_notice: Box<dyn Fn(Notice) + Send>,
    /// Signals each commit. One signal that is not received yet stands for all that follow.
    pub(super) written: SyncSender<()>,
    pub(super) state: State,
}

/// The state of the thread.
#[derive(Default)]
pub(super) struct State {
    open: Option<(Connection, Option<Identity>)>,
    /// What could not be written yet, oldest first.
    backlog: VecDeque<Write>,
    failing: Option<Failing>,
    lost: u64,
}

struct Failing {
    notice: Notice,
    next_try: Instant,
    delay: Duration,
}

const MAX_JOBS_PER_TRANSACTION: usize = 256;
/// Writes that are kept in memory while nothing can be written.
const MAX_BACKLOG: usize = 10_000;
const MIN_RETRY_DELAY: Duration = Duration::from_millis(100);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(5);
/// Attempts to write while other processes replace the file.
const MAX_REOPENS: usize = 8;

impl Writer {
    pub(super) fn run(mut self) {
        loop {
            let first = match &self.state.failing {
                None => self.jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(failing) => self
                    .jobs
                    .recv_timeout(failing.next_try.saturating_duration_since(Instant::now())),
            };
            let mut jobs = match first {
                Ok(job) => vec![job],
                Err(RecvTimeoutError::Timeout) => Vec::new(),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            while jobs.len() < MAX_JOBS_PER_TRANSACTION
                && let Ok(job) = self.jobs.try_recv()
            {
                jobs.push(job);
            }
            self.process(jobs);
        }
        if !self.state.backlog.is_empty() {
            self.write_all(Vec::new());
        }
    }

    /// Prepares jobs, before anything is locked, and writes them.
    fn process(&mut self, jobs: Vec<Job>) {
        let mut ready = Vec::with_capacity(jobs.len());
        for job in jobs {
            match (job.prepare)() {
                Ok(write) => ready.push((write, job.answer)),
                // The ticket may have been dropped, here and below.
                Err(outcome) => drop(job.answer.send(outcome)),
            }
        }
        match &self.state.failing {
            Some(failing) if Instant::now() < failing.next_try => {
                let notice = failing.notice.clone();
                self.defer(ready, &notice);
            }
            _ => self.write_all(ready),
        }
    }

    /// Writes the backlog and what is new in one transaction. If that fails, all of it is kept for the next attempt.
    fn write_all(&mut self, ready: Vec<(Write, oneshot::Sender<RecordOutcome>)>) {
        let waiting = self.state.backlog.len();
        let mut answers = Vec::with_capacity(ready.len());
        for (write, answer) in ready {
            self.state.backlog.push_back(write);
            answers.push(answer);
        }
        if self.state.backlog.is_empty() {
            return;
        }
        match self.commit_or_replace() {
            Ok(known) => {
                let _ = self.written.try_send(());
                self.state.backlog.clear();
                for (answer, known) in answers.into_iter().zip(known.into_iter().skip(waiting)) {
                    let _ = answer.send(if known {
                        RecordOutcome::Durable
                    } else {
                        RecordOutcome::UnknownInteraction
                    });
                }
                if self.state.failing.take().is_some() {
                    let late = u64::try_from(waiting).unwrap_or(u64::MAX);
                    let lost = std::mem::take(&mut self.state.lost);
                    *self.health.lock() = None;
                    (self.on_notice)(Notice::Recovered { late, lost });
                }
            }
            Err(error) => {
                let notice = self.fail(&error);
                let new = self
                    .state
                    .backlog
                    .split_off(waiting.min(self.state.backlog.len()));
                self.defer(new.into_iter().zip(answers).collect(), &notice);
            }
        }
    }

    fn defer(&mut self, ready: Vec<(Write, oneshot::Sender<RecordOutcome>)>, notice: &Notice) {
        for (write, answer) in ready {
            let _ = answer.send(RecordOutcome::Deferred(notice.clone()));
            self.state.backlog.push_back(write);
        }
        // The oldest are dropped first, since the newest say most about the present code.
        while self.state.backlog.len() > MAX_BACKLOG {
            self.state.backlog.pop_front();
            self.state.lost += 1;
        }
    }

    /// Notes a failure and when to retry, and reports it unless it is the same as before.
    fn fail(&mut self, error: &StoreError) -> Notice {
        let notice = Notice::Failing {
            reason: error.to_string(),
        };
        if !matches!(error, StoreError::Locked) {
            self.state.open = None;
        }
        let before = self.state.failing.take();
        let delay = before.as_ref().map_or(MIN_RETRY_DELAY, |failing| {
            (failing.delay * 2).min(MAX_RETRY_DELAY)
        });
        if before.is_none_or(|failing| failing.notice != notice) {
            *self.health.lock() = Some(notice.clone());
            (self.on_notice)(notice.clone());
        }
        self.state.failing = Some(Failing {
            notice: notice.clone(),
            next_try: Instant::now() + delay,
            delay,
        });
        notice
    }

    /// Commits the backlog; if the file is damaged, sets it aside and commits to a new one.
    ///
    /// Returns for each write whether the interaction that it belongs to exists.
    fn commit_or_replace(&mut self) -> Result<Vec<bool>, StoreError> {
        match self.commit() {
            Err(StoreError::Damaged(_)) => {}
            result => return result,
        }
        let seen = self.state.open.take().and_then(|(_, identity)| identity);
        let damaged = seen.or_else(|| connect::identity(&self.path));
        if let Some(moved_to) = connect::set_aside(&self.path, damaged)? {
            (self.on_notice)(Notice::Damaged { moved_to });
        }
        self.commit()
    }

    fn commit(&mut self) -> Result<Vec<bool>, StoreError> {
        // Another process may set the file aside before or during the transaction, which is then repeated on the new file.
        for _ in 0..MAX_REOPENS {
            if let Some((_, identity)) = &self.state.open
                && *identity != connect::identity(&self.path)
            {
                self.state.open = None;
            }
            let (connection, identity) = match &mut self.state.open {
                Some(open) => open,
                none => {
                    let connection = connect::open(&self.path, OpenMode::Recorder)?;
                    none.insert((connection, connect::identity(&self.path)))
                }
            };
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let known = self
                .state
                .backlog
                .iter()
                .map(|write| write(&transaction))
                .collect::<Result<Vec<_>, _>>()?;
            transaction.commit()?;
            if *identity == connect::identity(&self.path) {
                return Ok(known);
            }
        }
        Err(StoreError::Other(
            "other processes replace the file again and again".to_owned(),
        ))
    }
}
