//! Whether a model fits, before anything is read. A model that does not fit takes the whole machine with it.

use super::LoadError;
use super::device::{self, Place};
use super::files::{Files, ModelConfig};
use settings::Quantization;

/// A conversation of this length must have room too.
const CONVERSATION: u64 = 4096;

/// An estimate of what a model takes, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need {
    pub weights: u64,
    pub conversation: u64,
}

impl Need {
    pub(super) fn of(files: &Files, place: &Place, wanted: Quantization) -> Self {
        let stored = files.bytes();
        let Some(config) = files.config() else {
            // A GGUF file stays as it is, but for its embeddings.
            return Need {
                weights: stored + stored / 8,
                conversation: 0,
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
        Need {
            weights,
            conversation: conversation(config, size),
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.weights + self.conversation
    }

    /// One line if it does not fit.
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
        let (need, free) = (gigabytes(self.total()), gigabytes(available));
        Err(LoadError::TooLarge(format!(
            "{label} needs about {need} of memory and {free} is free; {hint}, or end something else"
        )))
    }
}

fn conversation(config: &ModelConfig, size: u64) -> u64 {
    // Twice: what is kept for the next turn, and what is copied from it.
    2 * CONVERSATION * config.cached_numbers_per_token() * size
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

/// Has the C library's allocator give back to the system what was freed. By itself it keeps the most that it ever had, and scattered: after
/// twenty generations had come and gone the host was six times as large as before the first.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "no crate offers this call without it")]
pub(super) fn give_back() {
    // SAFETY: it takes no pointer, and may be called from any thread at any time (malloc_trim(3): MT-Safe).
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators do this by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn give_back() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_says_so_in_one_line() {
        let need = Need {
            weights: 8_000_000_000,
            conversation: 100_000_000,
        };
        assert!(need.check("repo@7", 8_100_000_000, false).is_ok());
        let Err(LoadError::TooLarge(line)) = need.check("repo@7", 8_099_999_999, false) else {
            panic!("it does not fit");
        };
        assert_eq!(
            line,
            "repo@7 needs about 8.1 GB of memory and 8.1 GB is free; use a smaller model, or set `host.quantization` to `Q4K`, \
             or end something else"
        );
    }
}
