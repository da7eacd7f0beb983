//! How far a run has come.

use std::time::Duration;

use crate::dispatch::CallCounts;

#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// One step is one input row that has passed one block that asks the teacher, or will not reach it.
    pub done: usize,
    pub total: usize,
    pub calls: CallCounts,
    pub elapsed: Duration,
}

impl Progress {
    /// Requests answered per second, those from the cache included.
    pub fn calls_per_second(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 {
            self.calls.requests as f64 / seconds
        } else {
            0.0
        }
    }

    /// The time until the end if the rest takes as long as what is done. `None` until something is done.
    pub fn remaining(&self) -> Option<Duration> {
        (self.done > 0).then(|| {
            let rest = self.total.saturating_sub(self.done);
            self.elapsed.mul_f64(rest as f64 / self.done as f64)
        })
    }
}
