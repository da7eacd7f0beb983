//! A tokenized dataset: rows for the trainer, and a manifest that says how they were made.
//!
//! Tokenized and masked once, by us: every trainer takes exactly this and tokenizes nothing itself.

use serde::{Deserialize, Serialize};

/// One row. All three lists have the same length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenizedRow {
    pub input_ids: Vec<u32>,
    pub attention_mask: Vec<u8>,
    /// The token, or -100 where nothing is to be learned.
    pub labels: Vec<i64>,
}

/// The manifest beside the rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// blake3 of `tokenizer.json` and the chat template: rows made by another tokenizer are of no use.
    pub tokenizer_hash: String,
    pub mask_mode: MaskMode,
    pub counts: DatasetCounts,
    /// The samples, in the order of the rows.
    pub sample_ids: Vec<String>,
}

/// Which tokens are learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaskMode {
    /// All that the assistant says.
    Assistant,
    /// What the assistant says last.
    LastAssistant,
    /// Everything.
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetCounts {
    pub rows: u64,
    pub tokens: u64,
    /// Tokens that are learned.
    pub labelled: u64,
    /// Samples that were longer than the trainer takes, and left out.
    pub too_long: u64,
}
