//! Runs the blocking work of requests on worker threads: limited in number, cancellable, and isolated from panics.

use std::sync::Arc;

use repo_indexer::Cancel;
use tokio::sync::Semaphore;
use tower_lsp::jsonrpc::{Error, Result};

use super::transport::panic_text;

/// The queue a request waits in. Two lanes, so that a hover never waits behind a slow question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Requests answered from memory within milliseconds: hover, code actions, navigation.
    Instant,
    /// Requests that search and read files: questions, commands, references.
    Work,
}

/// Limits how many requests do blocking work at once. The framework itself runs as many requests as arrive.
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

/// Cancels the token when the future of the request is dropped. `$/cancelRequest` only drops the future, which does not stop a worker
/// thread.
struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Lanes {
    /// Runs work on a worker thread and returns its result. A panic becomes an internal error. Dropping the future cancels the token.
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
            // Held until the work has ended and not until the future is dropped, because it limits threads.
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
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_internal_error_and_frees_its_permit() {
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
                std::thread::yield_now();
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
    async fn slow_work_does_not_delay_instant_requests() {
        let lanes = Arc::new(Lanes::default());
        let slow: Vec<_> = (0..100)
            .map(|_| {
                let lanes = lanes.clone();
                tokio::spawn(async move {
                    lanes
                        .run(Lane::Work, |cancel| {
                            while !cancel.is_cancelled() {
                                std::thread::yield_now();
                            }
                            Ok(())
                        })
                        .await
                })
            })
            .collect();
        while lanes.work.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(lanes.run(Lane::Instant, |_| Ok(1)).await, Ok(1));
        assert!(slow.iter().all(|task| !task.is_finished()));
        slow.iter().for_each(|task| task.abort());
    }
}
