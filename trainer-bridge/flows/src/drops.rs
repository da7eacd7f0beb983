//! What a run left out, and why.

use std::collections::BTreeMap;

use serde::Serialize;

/// Rows, replies or parts of replies that were left out for the same reason at the same block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// The name of the block; `input` for an input row that no block has seen.
    pub block: String,
    pub reason: String,
    pub count: usize,
    /// The number of the first input row concerned, from 0.
    pub first_row: usize,
    /// The beginning of the text concerned, or an error message.
    pub sample: String,
}

/// The longest `sample`, in characters.
const MAX_SAMPLE_LEN: usize = 300;

#[derive(Debug, Default)]
pub(crate) struct Drops {
    /// By the position of the block in the flow and the reason.
    found: BTreeMap<(usize, String), Dropped>,
}

impl Drops {
    pub fn add(
        &mut self,
        (position, block): (usize, &str),
        origin: usize,
        reason: impl Into<String>,
        sample: &str,
    ) {
        let reason = reason.into();
        self.found
            .entry((position, reason.clone()))
            .or_insert_with(|| Dropped {
                block: block.to_owned(),
                reason,
                count: 0,
                first_row: origin,
                sample: excerpt(sample),
            })
            .count += 1;
    }

    /// Adds what a later part of the input has dropped.
    pub fn merge(&mut self, later: Self) {
        for (key, dropped) in later.found {
            self.found
                .entry(key)
                .and_modify(|known| known.count += dropped.count)
                .or_insert(dropped);
        }
    }

    /// In the order of the blocks, then of the reasons.
    pub fn into_vec(self) -> Vec<Dropped> {
        self.found.into_values().collect()
    }
}

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(MAX_SAMPLE_LEN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
