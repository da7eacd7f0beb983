//! A run of a pipeline stage: one folder with a `run.json`, from which the run is resumed or recognized as complete.

use serde::{Deserialize, Serialize};

use crate::Metrics;

/// `run.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub id: String,
    pub stage: Stage,
    pub state: RunState,
    /// The inputs. A run with the same inputs need not be repeated.
    pub inputs: Vec<RunInput>,
    pub metrics: Metrics,
}

/// The stages from a repository to a model, in order.
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
pub enum RunState {
    /// Started. If no process is working on it, the next one resumes it.
    Running,
    Done,
    Failed {
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInput {
    /// For example `samples`, `base` or `config`.
    pub name: String,
    /// The blake3 hash in hexadecimal.
    pub hash: String,
}
