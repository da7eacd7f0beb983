//! A generation: one version of a user's model. `manifest.json` beside its weights; `current` names the one in use.

use serde::{Deserialize, Serialize};

use crate::Metrics;

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Counted from 1, for one user's model of one name.
    pub number: u32,
    pub format: Format,
    /// Where the weights came from: a repository of a hub with its revision, or a folder; none for what was trained here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The model it all began with; for an adapter, the installed generation it is laid over, as `name@7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The generation it was trained from; none if that is the base, or if it was not trained here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// Milliseconds since 1970, in UTC.
    pub created: u64,
    /// Every file but the manifest.
    pub files: Vec<WeightFile>,
    /// blake3 of the tokenized dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_hash: Option<String>,
    /// The trainer and its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trainer: Option<String>,
    #[serde(default, skip_serializing_if = "Metrics::is_empty")]
    pub metrics: Metrics,
    /// What it has learned from, so that a sample the user deletes can be found in every model that has seen it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sample_ids: Vec<String>,
}

/// How the weights are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// `config.json`, a tokenizer, and `*.safetensors`.
    Safetensors,
    /// One `*.gguf` file that holds everything.
    Gguf,
    /// `adapter_config.json` and `adapter_model.safetensors`, laid over a base.
    Lora,
}

/// A file of a generation, by which damage is noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightFile {
    /// Relative to the folder of the generation.
    pub path: String,
    pub bytes: u64,
    /// blake3 of its content, in hexadecimal.
    pub hash: String,
}
