//! How much memory a model takes, told from its files, and how much is free. Nothing is loaded for it.

use std::fs;

use trainer_bridge::Format;

use super::{Installed, Library, LibraryError, checkpoint};
use settings::Quantization;

/// A conversation of this many tokens must have room too.
const CONVERSATION: u64 = 4096;

/// An estimate, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    pub weights: u64,
    pub conversation: u64,
}

impl Need {
    pub fn total(self) -> u64 {
        self.weights + self.conversation
    }
}

impl Library {
    /// What a generation takes once it is loaded, where each number that is not quantized takes `width` bytes.
    pub fn need(
        &self,
        installed: &Installed,
        width: u64,
        quantization: Quantization,
    ) -> Result<Need, LibraryError> {
        let base = self.base(installed)?;
        let model = base.as_ref().unwrap_or(installed);
        if model.manifest.format == Format::Gguf {
            // It stays as it is, but for its embeddings.
            let stored = model.bytes();
            return Ok(Need {
                weights: stored + stored / 8,
                conversation: 0,
            });
        }
        let numbers = checkpoint::numbers(&model.directory)?;
        let text = fs::read(model.directory.join("config.json"));
        let config: serde_json::Value = text
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        // Other architectures have other names for these; then the weights alone are counted.
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
        Ok(Need {
            weights,
            // Twice: what is kept for the next turn, and what is copied from it.
            conversation: 2 * CONVERSATION * per_token * width,
        })
    }
}

/// Bits for each number, its share of the scales included.
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

/// What the operating system would give us now. A container may have less than its machine.
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

/// What a container holds of files that were read or written some time ago. sysinfo counts it as used, although the kernel gives it up
/// as soon as somebody needs the memory: a model that has just been fetched would seem to leave no room for itself.
fn cached() -> u64 {
    let files = [
        "/sys/fs/cgroup/memory.stat",
        "/sys/fs/cgroup/memory/memory.stat",
    ];
    let stat = files.iter().find_map(|it| std::fs::read_to_string(it).ok());
    inactive_files(&stat.unwrap_or_default())
}

/// Of the kernel's `memory.stat`, as version 2 of cgroups writes it or version 1, where only the line with the total is of all below.
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
    fn files_that_a_container_has_read_are_no_memory_in_use() {
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
