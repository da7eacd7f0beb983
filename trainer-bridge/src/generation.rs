//! A generation: one version of a user's model. Its `manifest.json` lies beside the weights.

use serde::{Deserialize, Serialize};

use crate::Metrics;

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Counted from 1 for each model name.
    pub number: u32,
    pub format: Format,
    /// Where the weights came from: a hub repository with its revision, or a folder. `None` if they were trained here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The model that training started from. For an adapter, the installed generation that it applies to, such as `name@7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The generation that it was trained from. `None` if that is the base, or if it was not trained here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// Milliseconds since 1970, in UTC.
    pub created: u64,
    /// All files except the manifest.
    pub files: Vec<WeightFile>,
    /// The blake3 hash of the tokenized dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_hash: Option<String>,
    /// The name and version of the trainer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trainer: Option<String>,
    #[serde(default, skip_serializing_if = "Metrics::is_empty")]
    pub metrics: Metrics,
    /// The samples that it was trained on, so that a deleted sample can be traced to the models that have learned from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sample_ids: Vec<String>,
}

/// The file format of the weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// `config.json`, a tokenizer, and `*.safetensors`.
    Safetensors,
    /// One `*.gguf` file that contains everything.
    Gguf,
    /// A LoRA adapter: `adapter_config.json` and `adapter_model.safetensors`, applied to a base.
    Lora,
}

/// A file of a generation, with its size and hash to detect damage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightFile {
    /// Relative to the folder of the generation.
    pub path: String,
    pub bytes: u64,
    /// The blake3 hash of its content, in hexadecimal.
    pub hash: String,
}
