//! Declarative flows: YAML files that chain blocks (data transforms and prompts to a teacher model) over rows of text.
//!
//! The format is that of sdg_hub, whose rows a run reproduces if asked to ([`Compat::SdgHub`]).
//!
//! This crate knows nothing of repositories, of HTTP or of where a model runs: a [`Teacher`] is handed in.

mod teacher;

mod drops;
mod flow;
mod plan;
mod progress;
mod run;

mod blocks;
mod dispatch;

mod built_in;
mod config;
mod pandas;
mod python;
mod table;
mod yaml;

pub use built_in::built_in_flows;
pub use dispatch::{AnswerCache, AskError, CacheError, CallCounts, Dispatcher, Limits};
pub use drops::Dropped;
pub use flow::Flow;
pub use plan::{Plan, PlannedCalls, plan};
pub use progress::Progress;
pub use run::{BlockOptions, Compat, RunError, RunOptions, RunOutput, run};
pub use table::Row;
pub use teacher::{Reply, Role, Sampling, Teacher, TeacherError, TeacherMessage, TeacherRequest};
pub use yaml::{LoadError, Location};
