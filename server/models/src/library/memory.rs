//! Estimates the memory that a model needs from its files, without loading it, and measures available memory.

use std::fs;

use trainer_bridge::Format;

use super::{Installed, Library, LibraryError, checkpoint};
use settings::Quantization;

/// Context length that the estimate includes, in tokens.
const CONTEXT_TOKENS: u64 = 4096;

/// Estimated memory of a loaded model, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryEstimate {
    pub weights: u64,
    pub context: u64,
}

impl MemoryEstimate {
    pub fn total(self) -> u64 {
        self.weights + self.context
    }
}

impl Library {
    /// Estimates the memory of a generation. Each parameter that is not quantized takes `width` bytes.
    pub fn estimate_memory(
        &self,
        installed: &Installed,
        width: u64,
        quantization: Quantization,
    ) -> Result<MemoryEstimate, LibraryError> {
        let base = self.base(installed)?;
        let model = base.as_ref().unwrap_or(installed);
        if model.manifest.format == Format::Gguf {
            // A GGUF file is loaded as it is, except for its embeddings.
            let stored = model.bytes();
            return Ok(MemoryEstimate {
                weights: stored + stored / 8,
                context: 0,
            });
        }
        let numbers = checkpoint::parameter_count(&model.directory)?;
        let text = fs::read(model.directory.join("config.json"));
        let config: serde_json::Value = text
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        // Other architectures use other keys; then only the weights are counted.
        let count = |key: &str| config[key].as_u64().unwrap_or(0);
        let weights = match bits(quantization) {
            None => numbers * width,
            Some(bits) => {
                let embeddings = numbers.min(count("vocab_size") * count("hidden_size"));
                embeddings * width + ((numbers - embeddings) as f64 * bits / 8.0) as u64
            }
        };
        let heads = match count("num_key_value_heads") {
            0 => count("num_attention_heads"),
            heads => heads,
        };
        let head = match count("head_dim") {
            0 => count("hidden_size").checked_div(count("num_attention_heads")),
            head => Some(head),
        };
        let per_token = 2 * count("num_hidden_layers") * heads * head.unwrap_or(0);
        Ok(MemoryEstimate {
            weights,
            // Twice, because the cache of the previous turn is kept while it is copied.
            context: 2 * CONTEXT_TOKENS * per_token * width,
        })
    }
}

/// Bits per parameter, including scales.
fn bits(quantization: Quantization) -> Option<f64> {
    Some(match quantization {
        Quantization::None => return None,
        Quantization::Q2K => 2.625,
        Quantization::Q3K => 3.4375,
        Quantization::Q4_0 | Quantization::Q4K => 4.5,
        Quantization::Q4_1 => 5.0,
        Quantization::Q5_0 | Quantization::Q5K => 5.5,
        Quantization::Q5_1 => 6.0,
        Quantization::Q6K => 6.5625,
        Quantization::Q8_0 => 8.5,
    })
}

/// Returns the available memory in bytes, taking the limits of a container into account.
pub fn available() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let free = system.available_memory();
    let Some(limits) = system.cgroup_limits() else {
        return free;
    };
    let limited = limits.free_memory.saturating_add(cached());
    limited.min(limits.total_memory).min(free)
}

/// Returns the reclaimable file cache of a container, in bytes. sysinfo counts it as used, although the kernel frees it on demand:
/// a model that was just downloaded would otherwise seem not to fit.
fn cached() -> u64 {
    let files = [
        "/sys/fs/cgroup/memory.stat",
        "/sys/fs/cgroup/memory/memory.stat",
    ];
    let stat = files.iter().find_map(|it| std::fs::read_to_string(it).ok());
    inactive_files(&stat.unwrap_or_default())
}

/// Parses `memory.stat` of cgroup version 1 or 2. In version 1, only the `total_` line includes child groups.
fn inactive_files(stat: &str) -> u64 {
    let value = |key: &str| {
        let mut lines = stat.lines().filter_map(|line| line.split_once(' '));
        let found = lines.find(|(name, _)| *name == key);
        found.and_then(|(_, value)| value.trim().parse().ok())
    };
    value("total_inactive_file")
        .or_else(|| value("inactive_file"))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::inactive_files;

    #[test]
    fn parses_the_inactive_file_cache() {
        for (stat, bytes) in [
            ("anon 7\ninactive_file 4096\nactive_file 2\n", 4096),
            ("inactive_file 1\ntotal_inactive_file 3\n", 3),
            ("anon 7\n", 0),
            ("", 0),
        ] {
            assert_eq!(inactive_files(stat), bytes, "{stat}");
        }
    }
}
