//! Models: those on disk ([`library`]), and asking one (the rest).
//!
//! A request is a conversation; the reply streams thoughts and text piece by piece. Any engine that speaks OpenAI's protocol can be
//! asked; the one that this program hosts itself is found or started by [`launch`]. Nothing here knows of the repository, of prompts,
//! of LSP, or of mistral.rs.

pub mod library;

mod request;

mod client;
mod error;
mod thinking;

pub mod host_files;
pub mod launch;

pub use client::{Client, Pace, Stream};
pub use error::ModelError;
pub use request::{Event, Finish, Grammar, Message, Priority, Reason, Request, Role, Usage};
