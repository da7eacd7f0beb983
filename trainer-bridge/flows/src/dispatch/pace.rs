//! When the next request may be sent.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Spreads requests evenly over time, and holds all of them back when the server asks to wait.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    interval: Duration,
    /// The earliest time of the next request.
    next: Mutex<Option<Instant>>,
}

impl RateLimiter {
    pub fn new(requests_per_minute: Option<u32>) -> Self {
        Self {
            interval: requests_per_minute
                .map_or(Duration::ZERO, |n| Duration::from_secs(60) / n.max(1)),
            next: Mutex::new(None),
        }
    }

    /// Waits for the caller's turn.
    pub async fn turn(&self) {
        let at = {
            let mut next = self.next.lock();
            if next.is_none() && self.interval.is_zero() {
                return;
            }
            let now = Instant::now();
            let at = next.map_or(now, |next| next.max(now));
            *next = (at > now || !self.interval.is_zero()).then(|| at + self.interval);
            at
        };
        tokio::time::sleep_until(at).await;
    }

    /// Lets no request begin before `wait` has passed.
    pub fn hold(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut next = self.next.lock();
        *next = Some(next.map_or(until, |next| next.max(until)));
    }
}
