//! Questions answered by a model, on the ground of what retrieval found.

pub mod check;
mod prompt;
mod sources;
mod tokens;
