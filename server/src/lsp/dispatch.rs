//! How blocking work is run for a request: on a worker thread, bounded, cancellable, and surviving a panic.

use std::sync::Arc;

use repo_indexer::Cancel;
use tokio::sync::Semaphore;
use tower_lsp::jsonrpc::{Error, Result};

use super::transport::panic_text;

/// Which queue a request waits in, so that an ask never stands before a hover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Answers from memory within milliseconds: hover, actions, status.
    Instant,
    /// Searches and reads files: ask, commands, references.
    Work,
}

/// The framework runs as many requests as arrive; these bound how many do real work at once.
#[derive(Clone)]
pub struct Lanes {
    instant: Arc<Semaphore>,
    work: Arc<Semaphore>,
}

impl Default for Lanes {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Lanes {
            instant: Arc::new(Semaphore::new(16)),
            work: Arc::new(Semaphore::new(cores.clamp(2, 8))),
        }
    }
}

/// Sets the token when the request's future is dropped: that is what `$/cancelRequest` does, and it stops nothing on a worker.
struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Lanes {
    pub async fn run<R, F>(&self, lane: Lane, work: F) -> Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&Cancel) -> Result<R> + Send + 'static,
    {
        let cancel = Cancel::new();
        let _guard = CancelOnDrop(cancel.clone());
        let queue = match lane {
            Lane::Instant => &self.instant,
            Lane::Work => &self.work,
        };
        let permit = queue
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| Error::internal_error())?;
        let task = tokio::task::spawn_blocking(move || {
            // Held until the work is over, not until its future is dropped: it bounds threads, not requests.
            let _permit = permit;
            cancel.check().map_err(|_| Error::request_cancelled())?;
            work(&cancel)
        });
        task.await.unwrap_or_else(|failure| {
            if let Ok(panic) = failure.try_into_panic() {
                tracing::error!("a request panicked: {}", panic_text(&*panic));
            }
            Err(Error::internal_error())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_internal_error_and_frees_its_place() {
        let lanes = Lanes::default();
        for _ in 0..50 {
            let result: Result<()> = lanes
                .run(Lane::Work, |_| panic!("as intended by the test"))
                .await;
            assert_eq!(result, Err(Error::internal_error()));
        }
        assert_eq!(lanes.run(Lane::Work, |_| Ok(1)).await, Ok(1));
    }

    #[tokio::test]
    async fn dropping_the_future_stops_the_work() {
        let lanes = Lanes::default();
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let work = lanes.run(Lane::Work, move |cancel| {
            sender.send("started").unwrap();
            while !cancel.is_cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
            sender.send("stopped").unwrap();
            Ok(())
        });
        tokio::select! {
            result = work => panic!("it ended before it was dropped: {result:?}"),
            said = receiver.recv() => assert_eq!(said, Some("started")),
        }
        assert_eq!(receiver.recv().await, Some("stopped"));
    }

    #[tokio::test]
    async fn slow_work_does_not_hold_up_what_is_instant() {
        let lanes = Arc::new(Lanes::default());
        let slow: Vec<_> = (0..100)
            .map(|_| {
                let lanes = lanes.clone();
                tokio::spawn(async move {
                    lanes
                        .run(Lane::Work, |cancel| {
                            while !cancel.is_cancelled() {
                                std::thread::sleep(Duration::from_millis(1));
                            }
                            Ok(())
                        })
                        .await
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let instant =
            tokio::time::timeout(Duration::from_secs(2), lanes.run(Lane::Instant, |_| Ok(1))).await;
        slow.iter().for_each(|task| task.abort());
        assert_eq!(instant, Ok(Ok(1)));
    }
}
