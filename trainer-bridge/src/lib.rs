//! The data contracts between the index, the developer's interactions and a trainer.
//!
//! This crate knows nothing of LSP, of HTTP or of the engine that serves the model.
