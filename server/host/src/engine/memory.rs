//! Checks before loading whether a model fits into memory, because one that does not can make the whole machine unusable.

use super::LoadError;
use super::device::{self, OpenDevice};
use super::files::{Files, ModelConfig};
use settings::{Quantization, format_bytes};

/// Context length that the estimate includes, in tokens.
const CONTEXT_TOKENS: u64 = 4096;

/// Estimated memory of a loaded model, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MemoryEstimate {
    pub weights: u64,
    pub context: u64,
}

impl MemoryEstimate {
    pub(super) fn of(files: &Files, place: &OpenDevice, wanted: Quantization) -> Self {
        let stored = files.bytes();
        let Some(config) = files.config() else {
            // A GGUF file is loaded as it is, except for its embeddings.
            return MemoryEstimate {
                weights: stored + stored / 8,
                context: 0,
            };
        };
        let numbers = stored / config.stored_bytes_per_number();
        let size = place.bytes_per_number();
        let weights = match device::quantization(wanted) {
            None => numbers * size,
            Some((_, bits)) => {
                let embeddings = config.vocab_size * config.hidden_size;
                let quantized = numbers.saturating_sub(embeddings);
                embeddings.min(numbers) * size + (quantized as f64 * bits / 8.0) as u64
            }
        };
        MemoryEstimate {
            weights,
            context: context_bytes(config, size),
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.weights + self.context
    }

    /// Returns a one-line error if the model does not fit.
    pub(super) fn check(
        &self,
        label: &str,
        available: u64,
        quantized: bool,
    ) -> Result<(), LoadError> {
        if self.total() <= available {
            return Ok(());
        }
        let hint = if quantized {
            "use a smaller model"
        } else {
            "use a smaller model, or set `host.quantization` to `Q4K`"
        };
        let (need, free) = (format_bytes(self.total()), format_bytes(available));
        Err(LoadError::TooLarge(format!(
            "{label} needs about {need} of memory, but only {free} is available; {hint}, or close other programs"
        )))
    }
}

fn context_bytes(config: &ModelConfig, size: u64) -> u64 {
    // Twice, because the cache of the previous turn is kept while it is copied.
    2 * CONTEXT_TOKENS * config.cached_numbers_per_token() * size
}

/// Makes the allocator of the C library return freed memory to the system. By itself it keeps its peak size, fragmented: after loading
/// and unloading twenty generations, the host was six times as large as before.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "no crate offers this call without it")]
pub(super) fn trim_heap() {
    // SAFETY: it takes no pointer, and may be called from any thread at any time (malloc_trim(3): MT-Safe).
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators return freed memory by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn trim_heap() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_a_model_that_does_not_fit() {
        let need = MemoryEstimate {
            weights: 8_000_000_000,
            context: 100_000_000,
        };
        assert!(need.check("repo@7", 8_100_000_000, false).is_ok());
        let Err(LoadError::TooLarge(line)) = need.check("repo@7", 8_099_999_999, false) else {
            panic!("it does not fit");
        };
        assert_eq!(
            line,
            "repo@7 needs about 8.1 GB of memory, but only 8.1 GB is available; use a smaller model, or set `host.quantization` to `Q4K`, \
             or close other programs"
        );
    }
}
