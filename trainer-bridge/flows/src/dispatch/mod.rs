//! Sends requests to the teacher: limits, retries, and the cache of answers. Knows nothing of flows.

mod cache;
mod pace;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::{OnceCell, Semaphore};

use crate::teacher::{Reply, Teacher, TeacherError, TeacherRequest};
use cache::Key;
pub use cache::{AnswerCache, CacheError};
use pace::RateLimiter;

/// How requests are sent.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Maximum number of concurrent requests; at least 1.
    pub in_flight: usize,
    pub requests_per_minute: Option<u32>,
    /// For one attempt.
    pub timeout: Duration,
    /// Attempts per request, the first included; at least 1.
    pub attempts: u32,
    /// The delay before the second attempt. It doubles with each further one, up to `max_backoff`, less up to a half as jitter.
    pub initial_backoff: Duration,
    pub max_backoff: Duration,
    /// After so many requests have failed in a row, each after all its attempts, no further one is sent: the teacher is gone, or refuses all.
    pub max_consecutive_failures: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 8,
            requests_per_minute: None,
            timeout: Duration::from_secs(300),
            attempts: 6,
            initial_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(60),
            max_consecutive_failures: 20,
        }
    }
}

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    #[error("{reason} (after {attempts} {})", if *attempts == 1 { "attempt" } else { "attempts" })]
    Failed { reason: String, attempts: u32 },
    /// The same request would fail again.
    #[error("{0}")]
    Refused(String),
    #[error("the reply was cut off at its limit of tokens (`max_tokens`)")]
    Truncated,
    /// One text for all requests, so that a report shows it as one reason.
    #[error("given up, because too many requests before it had failed in a row")]
    GivenUp,
    #[error("{0}")]
    Cache(String),
}

/// What became of the requests of a dispatcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CallCounts {
    /// Requests made, whether sent or not.
    pub requests: u64,
    /// Answered from the cache.
    pub cached: u64,
    /// Answered together with an identical request that was in flight.
    pub merged: u64,
    /// Attempts that reached the teacher.
    pub sent: u64,
    pub retries: u64,
    pub failed: u64,
}

impl std::ops::Sub for CallCounts {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            requests: self.requests - earlier.requests,
            cached: self.cached - earlier.cached,
            merged: self.merged - earlier.merged,
            sent: self.sent - earlier.sent,
            retries: self.retries - earlier.retries,
            failed: self.failed - earlier.failed,
        }
    }
}

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    cached: AtomicU64,
    merged: AtomicU64,
    sent: AtomicU64,
    retries: AtomicU64,
    failed: AtomicU64,
    consecutive_failures: AtomicU64,
}

type Answer = Result<Arc<Vec<Reply>>, AskError>;

pub struct Dispatcher {
    teacher: Arc<dyn Teacher>,
    cache: Option<AnswerCache>,
    limits: Limits,
    permits: Semaphore,
    pacer: RateLimiter,
    in_flight: Mutex<HashMap<Key, Arc<OnceCell<Answer>>>>,
    counters: Counters,
    last_error: Mutex<Option<String>>,
}

impl Dispatcher {
    pub fn new(teacher: Arc<dyn Teacher>, cache: Option<AnswerCache>, limits: Limits) -> Self {
        Self {
            teacher,
            cache,
            permits: Semaphore::new(limits.in_flight.max(1)),
            pacer: RateLimiter::new(limits.requests_per_minute),
            limits,
            in_flight: Mutex::default(),
            counters: Counters::default(),
            last_error: Mutex::default(),
        }
    }

    /// Returns why the last request that failed did so.
    pub fn last_error(&self) -> Option<String> {
        self.last_error.lock().clone()
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    pub fn counts(&self) -> CallCounts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CallCounts {
            requests: get(&self.counters.requests),
            cached: get(&self.counters.cached),
            merged: get(&self.counters.merged),
            sent: get(&self.counters.sent),
            retries: get(&self.counters.retries),
            failed: get(&self.counters.failed),
        }
    }

    /// Returns the replies to a request. `choice` tells several answers to the same request apart.
    pub async fn ask(&self, request: &TeacherRequest, choice: u32) -> Answer {
        count(&self.counters.requests);
        let key = Key::new(self.teacher.model(), request, choice);
        let slot = Arc::clone(self.requests_in_flight().entry(key).or_default());
        let mut is_first = false;
        let answer = slot
            .get_or_init(async || {
                is_first = true;
                self.fetch(&key, request).await
            })
            .await
            .clone();
        if is_first {
            self.requests_in_flight().remove(&key);
        } else {
            count(&self.counters.merged);
        }
        if let Err(error) = &answer {
            count(&self.counters.failed);
            // Requests that were not sent any more say nothing.
            if *error != AskError::GivenUp {
                *self.last_error.lock() = Some(error.to_string());
            }
        }
        answer
    }

    fn requests_in_flight(
        &self,
    ) -> parking_lot::MutexGuard<'_, HashMap<Key, Arc<OnceCell<Answer>>>> {
        self.in_flight.lock()
    }

    async fn fetch(&self, key: &Key, request: &TeacherRequest) -> Answer {
        let cache_failed = |error: CacheError| AskError::Cache(error.to_string());
        if let Some(cache) = &self.cache
            && let Some(replies) = cache.get(key).map_err(cache_failed)?
        {
            count(&self.counters.cached);
            return Ok(Arc::new(replies));
        }
        let replies = self.send(key, request).await;
        match &replies {
            Ok(_) => self
                .counters
                .consecutive_failures
                .store(0, Ordering::Relaxed),
            // A refusal counts, too: with a wrong key all requests are refused.
            Err(AskError::Failed { .. } | AskError::Refused(_)) => {
                count(&self.counters.consecutive_failures);
            }
            Err(_) => {}
        }
        let replies = replies?;
        if let Some(cache) = &self.cache {
            cache.put(key, &replies).map_err(cache_failed)?;
        }
        Ok(Arc::new(replies))
    }

    async fn send(&self, key: &Key, request: &TeacherRequest) -> Result<Vec<Reply>, AskError> {
        let attempts = self.limits.attempts.max(1);
        let mut attempt = 1;
        loop {
            let error = match self.attempt(request).await? {
                Ok(replies) => return Ok(replies),
                Err(error) => error,
            };
            let retry_after = match &error {
                TeacherError::Transient { retry_after, .. } if attempt < attempts => *retry_after,
                TeacherError::Permanent(reason) => return Err(AskError::Refused(reason.clone())),
                TeacherError::Transient { .. } => {
                    return Err(AskError::Failed {
                        reason: error.to_string(),
                        attempts: attempt,
                    });
                }
            };
            let delay = self.delay(key, attempt);
            if let Some(wait) = retry_after {
                self.pacer.hold(wait);
            }
            count(&self.counters.retries);
            // The permit is already released, so other requests proceed during the delay.
            tokio::time::sleep(retry_after.map_or(delay, |wait| wait.max(delay))).await;
            attempt += 1;
        }
    }

    /// Makes one attempt, under the rate limit and the timeout. The outer error ends the retries.
    async fn attempt(
        &self,
        request: &TeacherRequest,
    ) -> Result<Result<Vec<Reply>, TeacherError>, AskError> {
        // The semaphore is never closed, so that waiting for it cannot fail.
        let _permit = self.permits.acquire().await;
        self.pacer.turn().await;
        let failures = self.counters.consecutive_failures.load(Ordering::Relaxed);
        if failures >= self.limits.max_consecutive_failures {
            return Err(AskError::GivenUp);
        }
        count(&self.counters.sent);
        let transient = |reason| {
            Err(TeacherError::Transient {
                reason,
                retry_after: None,
            })
        };
        Ok(
            match tokio::time::timeout(self.limits.timeout, self.teacher.ask(request)).await {
                Ok(Ok(replies)) if replies.is_empty() => {
                    transient("the teacher returned no reply".to_owned())
                }
                Ok(outcome) => outcome,
                Err(_) => transient(format!(
                    "no answer within {} s",
                    self.limits.timeout.as_secs_f64()
                )),
            },
        )
    }

    fn delay(&self, key: &Key, attempt: u32) -> Duration {
        let doubled = self
            .limits
            .initial_backoff
            .saturating_mul(2u32.saturating_pow(attempt - 1));
        doubled
            .min(self.limits.max_backoff)
            .mul_f64(1.0 - key.fraction(attempt) / 2.0)
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
