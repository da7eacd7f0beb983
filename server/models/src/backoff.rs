//! Exponential backoff, shared by the clients of engines and of the hub.

use std::time::Duration;

use backon::ExponentialBuilder;

/// Maximum number of retries after the first attempt.
const MAX_RETRIES: usize = 3;
const MAX_DELAY: Duration = Duration::from_secs(4);

/// Returns the delays before successive retries: at most `first`, then twice as long each time up to [`MAX_DELAY`]. Each is shortened
/// by a random part of up to one half, so that many editors do not retry at the same moment.
pub(crate) fn exponential(first: Duration) -> ExponentialBuilder {
    // backon adds the random part instead of subtracting it, so the delays start from half.
    ExponentialBuilder::new()
        .with_min_delay(first / 2)
        .with_max_delay(MAX_DELAY / 2)
        .with_max_times(MAX_RETRIES)
        .with_jitter()
}

#[cfg(test)]
mod tests {
    use backon::BackoffBuilder;

    use super::*;

    #[test]
    fn delays_double_up_to_a_limit_and_then_end() {
        for _ in 0..100 {
            let delays: Vec<Duration> = exponential(Duration::from_millis(1500)).build().collect();
            assert_eq!(delays.len(), MAX_RETRIES);
            for (delay, longest) in delays.into_iter().zip([1500, 3000, 4000]) {
                let longest = Duration::from_millis(longest);
                assert!(longest / 2 <= delay && delay <= longest, "{delay:?}");
            }
        }
    }
}
