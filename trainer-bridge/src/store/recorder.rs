//! Records from a server: calls never fail and never block, whatever the state of the disk.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use futures::channel::oneshot;
use parking_lot::Mutex;

use super::checkpoint::Checkpointer;
use super::rows::{self, Row};
use super::ticket::{Notice, RecordOutcome, Ticket};
use super::writer::{Job, State, Write, Writer};
use crate::feedback::Feedback;
use crate::intake::Intake;
use crate::interaction::Interaction;

/// How a [`Recorder`] is set up.
pub struct RecorderOptions {
    /// What may be recorded.
    pub intake: Intake,
    /// Called from the writer's thread with each [`Notice`] for the user.
    pub on_notice: Box<dyn Fn(Notice) + Send>,
}

impl Default for RecorderOptions {
    fn default() -> Self {
        Self {
            intake: Intake::default(),
            on_notice: Box::new(|_| {}),
        }
    }
}

/// Records interactions and feedback on a thread of its own. Dropping it writes what is queued and waits for that.
pub struct Recorder {
    jobs: Option<SyncSender<Job>>,
    intake: Arc<Mutex<Intake>>,
    health: Arc<Mutex<Option<Notice>>>,
    writer: Option<JoinHandle<()>>,
    _checkpointer: Checkpointer,
}

/// Jobs in the queue. Questions asked by hand never fill it.
const MAX_QUEUED_JOBS: usize = 4_096;

impl Recorder {
    /// Starts the threads. The database is opened with the first job.
    pub fn new(path: &Path, options: RecorderOptions) -> Self {
        let (jobs, queue) = sync_channel(MAX_QUEUED_JOBS);
        let (written, commits) = sync_channel(1);
        let health = Arc::new(Mutex::new(None));
        let writer = Writer {
            path: path.to_owned(),
            jobs: queue,
            health: Arc::clone(&health),
            on_notice: options.on_notice,
            written,
            state: State::default(),
        };
        let writer = std::thread::Builder::new()
            .name("samples".to_owned())
            .spawn(move || writer.run())
            .ok();
        Self {
            jobs: Some(jobs),
            intake: Arc::new(Mutex::new(options.intake)),
            health,
            writer,
            _checkpointer: Checkpointer::start(path, commits),
        }
    }

    /// Sets what may be recorded from now on. It also holds for what is queued and not written yet, as far as it is stricter.
    pub fn set_intake(&self, intake: Intake) {
        *self.intake.lock() = intake;
    }

    /// Records an interaction, which is redacted before it is written. The id may be shown once the ticket resolves to
    /// [`RecordOutcome::Durable`].
    pub fn record(&self, raw: Interaction) -> Ticket {
        self.record_with(move || raw)
    }

    /// Records an interaction that takes time to build: `build` runs on the writer's thread.
    pub fn record_with(&self, build: impl FnOnce() -> Interaction + Send + 'static) -> Ticket {
        self.send(move |intake| {
            let failed = |reason: String| RecordOutcome::Lost(Notice::Failing { reason });
            // A panic in one interaction must not end the recording of all others.
            let raw = std::panic::catch_unwind(std::panic::AssertUnwindSafe(build))
                .map_err(|_| failed("the interaction could not be built".to_owned()))?;
            let admitted = intake().admit(raw).ok_or(RecordOutcome::NotAdmitted)?;
            let row = Row::new(&admitted).map_err(|error| failed(error.to_string()))?;
            Ok(Box::new(move |connection| {
                row.insert(connection)?;
                Ok(true)
            }))
        })
    }

    /// Records feedback on an interaction.
    pub fn record_feedback(&self, raw: Feedback) -> Ticket {
        self.send(move |intake| {
            let admitted = intake()
                .admit_feedback(raw)
                .ok_or(RecordOutcome::NotAdmitted)?;
            Ok(Box::new(move |connection| {
                rows::add_feedback(connection, &admitted)
            }))
        })
    }

    /// Returns why nothing can be written at the moment, and `None` if recording works.
    pub fn health(&self) -> Option<Notice> {
        self.health.lock().clone()
    }

    /// Queues a job. `prepare` is given what may be recorded: the policy of this call together with the one at the time of writing.
    fn send(
        &self,
        prepare: impl FnOnce(&dyn Fn() -> Intake) -> Result<Write, RecordOutcome> + Send + 'static,
    ) -> Ticket {
        let (answer, ticket) = oneshot::channel();
        let Some(jobs) = &self.jobs else {
            return Ticket(ticket);
        };
        let at_call = self.intake.lock().clone();
        let current = Arc::clone(&self.intake);
        let job = Job {
            prepare: Box::new(move || prepare(&|| at_call.and(&current.lock()))),
            answer,
        };
        // A job that is not queued drops its sender, which the ticket reads as the end of recording.
        if let Err(TrySendError::Full(job)) = jobs.try_send(job) {
            let _ = job.answer.send(RecordOutcome::Lost(Notice::QueueFull));
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
