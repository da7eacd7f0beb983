//! Asking a model: a conversation goes in, thoughts and text come out piece by piece.
//!
//! Any engine that speaks OpenAI's protocol will do; the one that this program hosts itself is found, or started, by `launch`.
//! Nothing here knows of the repository, of prompts, of LSP, or of mistral.rs.

pub mod host_files;
mod request;

pub use request::{Event, Finish, Grammar, Message, Priority, Reason, Request, Role, Usage};
