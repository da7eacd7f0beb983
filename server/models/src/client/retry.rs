//! Decides when a request is retried: only before the first event of the answer, and only after a transient failure.

use std::time::{Duration, SystemTime};

use crate::ModelError;

/// A failed attempt, and whether to retry it.
#[derive(Debug)]
pub(super) struct Failure {
    pub error: ModelError,
    pub retry: Retry,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    Never,
    /// After the backoff delay.
    Backoff,
    /// After the time that the engine named in `Retry-After`.
    After(Duration),
}

impl Retry {
    /// Returns the delay before the retry, where `backoff` is the default delay. `None` if there must be no retry.
    pub fn delay(self, backoff: Duration) -> Option<Duration> {
        match self {
            Retry::Never => None,
            Retry::Backoff => Some(backoff),
            Retry::After(delay) => Some(delay),
        }
    }
}

impl Failure {
    pub fn permanent(error: ModelError) -> Self {
        Failure {
            error,
            retry: Retry::Never,
        }
    }

    pub fn transient(error: ModelError) -> Self {
        Failure {
            error,
            retry: Retry::Backoff,
        }
    }
}

/// Parses the header `Retry-After`: seconds or an HTTP date.
pub(super) fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(header).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_700);
        for (header, expected) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(77)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let expected = expected.map(Duration::from_secs);
            assert_eq!(retry_after(header, now), expected, "{header}");
        }
    }
}
