//! Declarative flows: YAML files that chain blocks (data transforms and prompts to a teacher model) over rows of text.
//!
//! This crate knows nothing of repositories, of HTTP or of where a model runs: a [`Teacher`] is handed in.

mod teacher;

pub use teacher::{Reply, Role, Sampling, Teacher, TeacherError, TeacherMessage, TeacherRequest};
