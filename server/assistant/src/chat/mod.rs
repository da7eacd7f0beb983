//! Questions answered by a model, on the ground of what retrieval found.
//!
//! The way of a question: [`exchange`] retrieves and packs (`sources`) the excerpts that go into a prompt (`prompt`) after what was said before
//! ([`conversation`]), the [`assistant`] asks the model, and [`grounding::Checker`] looks up what it says while it says it. Nothing here knows LSP.

pub mod assistant;
pub mod conversation;
mod excerpt;
pub mod exchange;
pub mod modules;
mod prompt;
mod sources;
pub mod summary;
mod tokens;

pub use assistant::{Assistant, Assistants};
pub use conversation::{Conversation, Conversations};
pub use exchange::{Answered, Part};
pub use prompt::{diagnostic_question, explain_question};
pub use summary::{Summaries, Summary};
