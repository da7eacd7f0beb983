//! When a question is asked retry: only if no part of an answer has come, and what went wrong may pass.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

use crate::ModelError;

/// Maximum number of attempts.
pub(super) const MAX_ATTEMPTS: u32 = 4;
const MAX_DELAY: Duration = Duration::from_secs(4);

/// A failed attempt, and whether to retry it.
#[derive(Debug)]
pub(super) struct Failure {
    pub error: ModelError,
    pub retry: Retry,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    Never,
    Soon,
    /// After the time that the engine named in `Retry-After`.
    After(Duration),
}

impl Failure {
    pub fn never(error: ModelError) -> Self {
        Failure {
            error,
            retry: Retry::Never,
        }
    }

    pub fn soon(error: ModelError) -> Self {
        Failure {
            error,
            retry: Retry::Soon,
        }
    }
}

/// How long to wait before the attempt of this number, counted from 0 for the first: twice as long each time, and a random part less
/// so that many windows do not come back all at once.
pub(super) fn pause(attempt: u32, first: Duration, retry: Retry) -> Option<Duration> {
    match retry {
        _ if attempt >= MAX_ATTEMPTS => None,
        Retry::Never => None,
        Retry::After(pause) => Some(pause),
        Retry::Soon => {
            let longest = (first * 2u32.saturating_pow(attempt.saturating_sub(1))).min(MAX_DELAY);
            // Of a hasher's random keys, because nothing else here needs random numbers.
            let random = RandomState::new().hash_one(attempt) >> 32;
            Some(longest - longest.mul_f64(random as f64 / f64::from(u32::MAX) / 2.0))
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
    fn pauses_grow_up_to_a_limit_and_then_end() {
        let first = Duration::from_millis(1500);
        for (attempt, longest) in [(1, 1500), (2, 3000), (3, 4000)] {
            let longest = Duration::from_millis(longest);
            for _ in 0..100 {
                let pause = pause(attempt, first, Retry::Soon).unwrap();
                assert!(longest / 2 <= pause && pause <= longest, "{pause:?}");
            }
        }
        assert_eq!(pause(MAX_ATTEMPTS, first, Retry::Soon), None);
        assert_eq!(pause(1, first, Retry::Never), None);
        let told = Retry::After(Duration::from_secs(9));
        assert_eq!(pause(1, first, told), Some(Duration::from_secs(9)));
        assert_eq!(pause(MAX_ATTEMPTS, first, told), None);
    }

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
