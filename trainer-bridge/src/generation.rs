//! A generation: one version of a user's model. `manifest.json` beside its weights; `current` names the one in use.

use serde::{Deserialize, Serialize};

use crate::Metrics;

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Counted from 1, for one user's model of one name.
    pub number: u32,
    /// The model it all began with.
    pub base: String,
    /// The generation it was trained from; none if that is the base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// blake3 of the tokenized dataset.
    pub dataset_hash: String,
    /// The trainer and its version.
    pub trainer: String,
    pub metrics: Metrics,
    /// What it has learned from, so that a sample the user deletes can be found in every model that has seen it.
    pub sample_ids: Vec<String>,
}
