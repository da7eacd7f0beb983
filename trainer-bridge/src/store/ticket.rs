//! What whoever records is told: of each call what became of it, and of trouble, once.

use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::channel::oneshot;

/// What became of something that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the database, and killing every process would not lose it.
    Durable,
    /// The privacy mode, or a private file, does not let it in.
    NotKept,
    /// Feedback on an interaction that is not there.
    Unknown,
    /// It waits in memory until the database can be written again.
    Deferred(Notice),
    /// It is gone.
    Lost(Notice),
}

/// What the user should know about recording. Each is told once, until recording works again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Notice {
    #[error("the samples were damaged; they are kept as {}, and new ones are begun", .aside.display())]
    Damaged { aside: PathBuf },
    #[error("interactions are not recorded for now: {reason}")]
    Failing { reason: String },
    #[error("interactions are recorded again; {late} were written late, {lost} were lost")]
    Recovered { late: u64, lost: u64 },
    #[error("more interactions than can be recorded; some are lost")]
    Overrun,
    #[error("recording has ended")]
    Ended,
}

/// The answer to one call; wait for it, or drop it.
pub struct Ticket(pub(super) oneshot::Receiver<Outcome>);

impl Ticket {
    /// Blocks until it is known.
    pub fn wait(self) -> Outcome {
        futures::executor::block_on(self)
    }
}

impl Future for Ticket {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|outcome| outcome.unwrap_or(Outcome::Lost(Notice::Ended)))
    }
}
