//! The result of recording: an outcome for each call, and notices for the user.

use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::channel::oneshot;

/// The outcome of one call of the recorder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordOutcome {
    /// It is in the database, and is not lost if every process is killed.
    Durable,
    /// The privacy mode or a private file forbids to record it.
    NotAdmitted,
    /// Feedback on an interaction that does not exist.
    UnknownInteraction,
    /// It is kept in memory until the database can be written again.
    Deferred(Notice),
    /// It is lost.
    Lost(Notice),
}

/// A message for the user about recording. Each is reported once, until recording works again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Notice {
    #[error("the samples were damaged; they were moved to {}, and a new file was created", .moved_to.display())]
    Damaged { moved_to: PathBuf },
    #[error("interactions are not recorded for now: {reason}")]
    Failing { reason: String },
    #[error("interactions are recorded again; {late} were written late, {lost} were lost")]
    Recovered { late: u64, lost: u64 },
    #[error("more interactions arrive than can be recorded; some are lost")]
    QueueFull,
    #[error("recording has stopped")]
    Stopped,
}

/// A future that resolves to the outcome of one call. It may be dropped.
pub struct Ticket(pub(super) oneshot::Receiver<RecordOutcome>);

impl Ticket {
    /// Blocks until the outcome is known.
    pub fn wait(self) -> RecordOutcome {
        futures::executor::block_on(self)
    }
}

impl Future for Ticket {
    type Output = RecordOutcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<RecordOutcome> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|outcome| outcome.unwrap_or(RecordOutcome::Lost(Notice::Stopped)))
    }
}
