//! A run: one folder with a `run.json`, which is all that is needed to resume it or to know that nothing is left to do.

use serde::{Deserialize, Serialize};

use crate::Metrics;

/// `run.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub id: String,
    pub stage: Stage,
    pub state: State,
    /// What it was made of. The same inputs need no second run.
    pub inputs: Vec<Input>,
    pub metrics: Metrics,
}

/// The steps from a repository to a model, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Synth,
    Curate,
    Tokenize,
    Train,
    Merge,
    Eval,
    Gate,
    Promote,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Begun; a process that finds it so resumes it.
    Running,
    Done,
    Failed {
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// For example `samples`, `base` or `config`.
    pub name: String,
    /// blake3, in hexadecimal.
    pub hash: String,
}
