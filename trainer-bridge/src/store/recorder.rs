//! What a server records through: it never fails and never blocks, whatever the state of the disk.

use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use futures::channel::oneshot;

use super::checkpoint::Checkpointer;
use super::ticket::{Notice, Outcome, Ticket};
use super::writer::{Job, Raw, State, Writer};
use crate::feedback::Feedback;
use crate::intake::Intake;
use crate::interaction::Interaction;

/// How a [`Recorder`] is set up.
pub struct RecorderOptions {
    /// What may be kept.
    pub intake: Intake,
    /// Called with what the user should know, from the thread that writes.
    pub tell: Box<dyn Fn(Notice) + Send>,
}

impl Default for RecorderOptions {
    fn default() -> Self {
        Self {
            intake: Intake::default(),
            tell: Box::new(|_| {}),
        }
    }
}

/// Records interactions and feedback from a thread of its own. Dropping it writes what is left.
pub struct Recorder {
    jobs: Option<SyncSender<Job>>,
    intake: Mutex<Arc<Intake>>,
    health: Arc<Mutex<Option<Notice>>>,
    writer: Option<JoinHandle<()>>,
    _checkpointer: Checkpointer,
}

/// Jobs that wait for the thread. More than this comes from nobody who asks by hand.
const QUEUE: usize = 4_096;

impl Recorder {
    /// Nothing is opened before the first interaction comes.
    pub fn new(path: &Path, options: RecorderOptions) -> Self {
        let (jobs, waiting) = sync_channel(QUEUE);
        let (written, news) = sync_channel(1);
        let health = Arc::new(Mutex::new(None));
        let writer = Writer {
            path: path.to_owned(),
            jobs: waiting,
            health: Arc::clone(&health),
            tell: options.tell,
            written,
            state: State::default(),
        };
        let writer = std::thread::Builder::new()
            .name("samples".to_owned())
            .spawn(move || writer.run())
            .ok();
        Self {
            jobs: Some(jobs),
            intake: Mutex::new(Arc::new(options.intake)),
            health,
            writer,
            _checkpointer: Checkpointer::start(path, news),
        }
    }

    /// What may be kept of everything that is recorded from now on.
    pub fn set_intake(&self, intake: Intake) {
        *self.intake.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(intake);
    }

    /// Takes an interaction as it is; privacy and redaction are applied before anything is written. The ticket says when it is safe to
    /// show its id to anybody.
    pub fn record(&self, raw: Interaction) -> Ticket {
        self.record_made(move || raw)
    }

    /// The same for an interaction that takes time to put together: that is done by the thread that writes.
    pub fn record_made(&self, make: impl FnOnce() -> Interaction + Send + 'static) -> Ticket {
        self.send(Raw::Interaction(Box::new(make)))
    }

    pub fn feedback(&self, raw: Feedback) -> Ticket {
        self.send(Raw::Feedback(raw))
    }

    /// Why nothing can be written at the moment; none if all is well.
    pub fn health(&self) -> Option<Notice> {
        self.health
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn send(&self, raw: Raw) -> Ticket {
        let (answer, ticket) = oneshot::channel();
        let intake = self.intake.lock().unwrap_or_else(PoisonError::into_inner);
        let intake = Arc::clone(&intake);
        let sent = match &self.jobs {
            Some(jobs) => jobs.try_send(Job {
                raw,
                intake,
                answer,
            }),
            None => return Ticket(ticket),
        };
        // A job that is not taken takes its answer with it, which the ticket reads as the end of recording.
        if let Err(TrySendError::Full(job)) = sent {
            let _ = job.answer.send(Outcome::Lost(Notice::Overrun));
        }
        Ticket(ticket)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}
