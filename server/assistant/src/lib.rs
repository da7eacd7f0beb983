//! Answers questions about a repository: from its index alone, or with a model whose words are checked against it.
//!
//! [`answer`] quotes the index, [`chat`] has a model answer from the same sources, [`hover`] says what a hover shows, and [`recording`]
//! keeps what was asked and answered. The crate knows nothing of LSP, of the command line or of mistral.rs.

pub mod answer;
pub mod chat;
pub mod hover;
pub mod recording;
