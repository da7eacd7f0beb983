//! Feedback on an answer. An interaction may have many feedback events, over minutes or weeks.

use serde::{Deserialize, Serialize};

/// One feedback event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// The id of the interaction.
    pub interaction: String,
    /// Milliseconds since 1970, in UTC.
    pub time: u64,
    #[serde(flatten)]
    pub event: FeedbackEvent,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum FeedbackEvent {
    /// The developer rated the answer good.
    Up,
    /// The developer rated the answer bad.
    Down,
    /// The developer wrote what the answer should have been.
    Corrected { answer: String },
    /// The developer asked again in a way that shows that the answer did not help.
    Failed {
        /// The id of the later interaction, if it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follow_up: Option<String>,
    },
    /// Code of the answer was copied. The code itself is not recorded.
    Copied { characters: u64 },
    /// Code of the answer was inserted into a file.
    Inserted {
        /// Distinguishes several insertions of one answer.
        insertion: String,
        characters: u64,
    },
    /// How much of the inserted code was left at a later time.
    Survived {
        insertion: String,
        after: MeasuredAfter,
        /// The share of the code that was left, from 0 to 1.
        share: f64,
    },
}

/// When the share of inserted code was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasuredAfter {
    HalfMinute,
    FiveMinutes,
    /// When the file was saved next.
    Save,
}
