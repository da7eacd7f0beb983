//! A tokenized dataset: rows for the trainer, and a manifest.
//!
//! Datasets are tokenized and masked before training, so that every trainer reads the same tokens and none tokenizes by itself.

use serde::{Deserialize, Serialize};

/// One row. All three lists have the same length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenizedRow {
    pub input_ids: Vec<u32>,
    pub attention_mask: Vec<u8>,
    /// The token id, or -100 for tokens that do not contribute to the loss.
    pub labels: Vec<i64>,
}

/// The manifest of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// The blake3 hash of `tokenizer.json` and the chat template. Rows of another tokenizer cannot be used.
    pub tokenizer_hash: String,
    pub mask_mode: MaskMode,
    pub counts: DatasetCounts,
    /// The samples, in the order of the rows.
    pub sample_ids: Vec<String>,
}

/// Which tokens contribute to the loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaskMode {
    /// All messages of the assistant.
    Assistant,
    /// The last message of the assistant.
    LastAssistant,
    /// All tokens.
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetCounts {
    pub rows: u64,
    pub tokens: u64,
    /// Tokens that contribute to the loss.
    pub labelled: u64,
    /// Samples that were excluded because they are longer than the maximum sequence length.
    pub too_long: u64,
}
