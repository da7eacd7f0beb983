//! Answers questions about a repository: from its index alone, or with a model whose words are checked against it.
//!
//! Everything that is asked goes through [`ask()`](ask::ask). It uses [`answer`], which quotes the index, and [`chat`], which has a model
//! answer from the same sources; [`recording`] stores what was asked and answered. [`hover`] is the text of a hover. The crate knows nothing of LSP, of the command line or of mistral.rs.

pub mod answer;
pub mod ask;
pub mod chat;
pub mod hover;
pub mod recording;
pub mod teacher;
