//! Answers questions with a model, from the sources that retrieval finds.
//!
//! [`exchange`] retrieves sources, packs them (`sources`) into a prompt (`prompt`) after the earlier turns ([`conversation`]), asks the model
//! ([`chat_model`]), and has [`grounding::Checker`] check the answer while it streams. Nothing here knows LSP.

pub mod chat_model;
pub mod conversation;
mod excerpt;
pub mod exchange;
pub mod modules;
mod prompt;
mod sources;
pub mod summary;
mod tokens;

pub use chat_model::{ChatModel, ChatModels};
pub use conversation::{Conversation, Conversations};
pub use exchange::{AnswerPart, Answered};
pub use prompt::{diagnostic_question, explain_question};
pub use summary::{Summaries, Summary};
