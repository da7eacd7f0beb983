//! The thread that writes: it takes what has piled up, writes it in one transaction, and only then says that it is kept.
//!
//! Whatever is wrong with the disk or the database, it goes on: what cannot be written waits in memory and is tried again, a damaged
//! file is set aside for a new one, and each trouble is told once.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use rusqlite::{Connection, TransactionBehavior};

use super::connect::{self, Identity, Patience};
use super::error::StoreError;
use super::rows::{self, Row};
use super::ticket::{Notice, Outcome};
use crate::feedback::Feedback;
use crate::intake::{Admitted, Intake};
use crate::interaction::Interaction;

pub(super) enum Raw {
    Interaction(Box<dyn FnOnce() -> Interaction + Send>),
    Feedback(Feedback),
}

pub(super) struct Job {
    pub(super) raw: Raw,
    /// What may be kept of it, as it was when it came.
    pub(super) intake: Arc<Intake>,
    pub(super) answer: oneshot::Sender<Outcome>,
}

/// Ready to be written.
enum Item {
    Interaction(Row),
    Feedback(Admitted<Feedback>),
}

pub(super) struct Writer {
    pub(super) path: PathBuf,
    pub(super) jobs: Receiver<Job>,
    pub(super) health: Arc<Mutex<Option<Notice>>>,
    pub(super) tell: Box<dyn Fn(Notice) + Send>,
    /// Hears that something was written; one who has heard so already need not hear it twice.
    pub(super) written: SyncSender<()>,
    pub(super) state: State,
}

/// What the thread has at the moment.
#[derive(Default)]
pub(super) struct State {
    open: Option<(Connection, Option<Identity>)>,
    /// What could not be written, oldest first.
    backlog: VecDeque<Item>,
    failing: Option<Failing>,
    lost: u64,
}

struct Failing {
    notice: Notice,
    next_try: Instant,
    pause: Duration,
}

/// Jobs of one transaction.
const BATCH: usize = 256;
/// Interactions that wait in memory while nothing can be written.
const BACKLOG: usize = 10_000;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

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
            while jobs.len() < BATCH
                && let Ok(job) = self.jobs.try_recv()
            {
                jobs.push(job);
            }
            self.take(jobs);
        }
        if !self.state.backlog.is_empty() {
            self.try_again(Vec::new());
        }
    }

    /// Sorts out what may be written, before anything is locked, and writes it.
    fn take(&mut self, jobs: Vec<Job>) {
        let mut ready = Vec::with_capacity(jobs.len());
        for job in jobs {
            match prepare(job.raw, &job.intake) {
                Ok(item) => ready.push((item, job.answer)),
                // Nobody may be waiting any more, here and below.
                Err(outcome) => drop(job.answer.send(outcome)),
            }
        }
        match &self.state.failing {
            Some(failing) if Instant::now() < failing.next_try => {
                let notice = failing.notice.clone();
                self.put_off(ready, &notice);
            }
            _ => self.try_again(ready),
        }
    }

    /// Writes what waits and what has come. All of it, or it waits.
    fn try_again(&mut self, ready: Vec<(Item, oneshot::Sender<Outcome>)>) {
        let waiting = self.state.backlog.len();
        let mut answers = Vec::with_capacity(ready.len());
        for (item, answer) in ready {
            self.state.backlog.push_back(item);
            answers.push(answer);
        }
        if self.state.backlog.is_empty() {
            return;
        }
        match self.write() {
            Ok(known) => {
                let _ = self.written.try_send(());
                self.state.backlog.clear();
                for (answer, known) in answers.into_iter().zip(known.into_iter().skip(waiting)) {
                    let _ = answer.send(if known {
                        Outcome::Durable
                    } else {
                        Outcome::Unknown
                    });
                }
                if self.state.failing.take().is_some() {
                    let late = u64::try_from(waiting).unwrap_or(u64::MAX);
                    let lost = std::mem::take(&mut self.state.lost);
                    self.set_health(None);
                    (self.tell)(Notice::Recovered { late, lost });
                }
            }
            Err(error) => {
                let notice = self.fail(&error);
                let new = self
                    .state
                    .backlog
                    .split_off(waiting.min(self.state.backlog.len()));
                self.put_off(new.into_iter().zip(answers).collect(), &notice);
            }
        }
    }

    fn put_off(&mut self, ready: Vec<(Item, oneshot::Sender<Outcome>)>, notice: &Notice) {
        for (item, answer) in ready {
            let _ = answer.send(Outcome::Deferred(notice.clone()));
            self.state.backlog.push_back(item);
        }
        // The oldest go first: what is asked now says most about how the code is now.
        while self.state.backlog.len() > BACKLOG {
            self.state.backlog.pop_front();
            self.state.lost += 1;
        }
    }

    /// Notes that nothing can be written, and when to try again. Tells it once.
    fn fail(&mut self, error: &StoreError) -> Notice {
        let notice = Notice::Failing {
            reason: error.to_string(),
        };
        if !matches!(error, StoreError::Locked) {
            self.state.open = None;
        }
        let pause = match &self.state.failing {
            Some(failing) => (failing.pause * 2).min(LONGEST_PAUSE),
            None => FIRST_PAUSE,
        };
        let news = self
            .state
            .failing
            .as_ref()
            .is_none_or(|failing| failing.notice != notice);
        self.state.failing = Some(Failing {
            notice: notice.clone(),
            next_try: Instant::now() + pause,
            pause,
        });
        if news {
            self.set_health(Some(notice.clone()));
            (self.tell)(notice.clone());
        }
        notice
    }

    fn set_health(&self, notice: Option<Notice>) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = notice;
    }

    /// Writes everything that waits in one transaction. Says of each whether it belonged to something known.
    fn write(&mut self) -> Result<Vec<bool>, StoreError> {
        match self.write_once() {
            Err(StoreError::Damaged(_)) => {}
            result => return result,
        }
        let seen = self.state.open.take().and_then(|(_, identity)| identity);
        if let Some(aside) =
            connect::set_aside(&self.path, seen.or_else(|| connect::identity(&self.path)))?
        {
            (self.tell)(Notice::Damaged { aside });
        }
        self.write_once()
    }

    fn write_once(&mut self) -> Result<Vec<bool>, StoreError> {
        // Another process may have set the file aside just before, or during, the transaction. Then it is written to the new one.
        for _ in 0..8 {
            if let Some((_, identity)) = &self.state.open
                && *identity != connect::identity(&self.path)
            {
                self.state.open = None;
            }
            let (connection, identity) = match &mut self.state.open {
                Some(open) => open,
                none => {
                    let connection = connect::open(&self.path, Patience::Recorder)?;
                    none.insert((connection, connect::identity(&self.path)))
                }
            };
            let known = commit(connection, &self.state.backlog)?;
            if *identity == connect::identity(&self.path) {
                return Ok(known);
            }
        }
        Err(StoreError::Other(
            "the file is replaced again and again".to_owned(),
        ))
    }
}

fn prepare(raw: Raw, intake: &Intake) -> Result<Item, Outcome> {
    match raw {
        Raw::Interaction(make) => {
            let failing = |reason: String| Outcome::Lost(Notice::Failing { reason });
            // What is wrong with one interaction must not end the recording of all.
            let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(make));
            let made = made.map_err(|_| failing("it could not be put together".to_owned()))?;
            let admitted = intake.admit(made).ok_or(Outcome::NotKept)?;
            let row = Row::new(admitted.get()).map(Item::Interaction);
            row.map_err(|error| failing(error.to_string()))
        }
        Raw::Feedback(raw) => intake
            .admit_feedback(raw)
            .map(Item::Feedback)
            .ok_or(Outcome::NotKept),
    }
}

fn commit(connection: &mut Connection, items: &VecDeque<Item>) -> Result<Vec<bool>, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut known = Vec::with_capacity(items.len());
    for item in items {
        known.push(match item {
            Item::Interaction(row) => {
                row.insert(&transaction)?;
                true
            }
            Item::Feedback(feedback) => rows::add_feedback(&transaction, feedback.get())?,
        });
    }
    transaction.commit()?;
    Ok(known)
}
