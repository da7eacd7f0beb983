//! Feedback: what came of an answer after it was given. Many such events may follow one interaction, over minutes or weeks.

use serde::{Deserialize, Serialize};

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// The id of the interaction.
    pub interaction: String,
    /// Milliseconds since 1970, in UTC.
    pub time: u64,
    #[serde(flatten)]
    pub event: Event,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The developer found the answer good.
    Up,
    /// The developer found it bad.
    Down,
    /// The answer as the developer would have had it.
    Corrected { answer: String },
    /// Asked again in a way that shows that the answer was of no use.
    Failed {
        /// The interaction that asked again, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follow_up: Option<String>,
    },
    /// Code of the answer was copied. How much, never what.
    Copied { characters: u64 },
    /// Code of the answer was put into a file.
    Inserted {
        /// Tells several insertions of one answer apart.
        insertion: String,
        characters: u64,
    },
    /// How much of what was inserted was still there.
    Survived {
        insertion: String,
        after: After,
        /// Between 0 and 1.
        share: f64,
    },
}

/// When it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum After {
    HalfMinute,
    FiveMinutes,
    /// When the file was next saved.
    Save,
}
