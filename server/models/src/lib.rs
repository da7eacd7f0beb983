//! The model library on disk ([`library`]) and the client of OpenAI-compatible engines ([`Client`]).
//!
//! A [`Request`] holds the chat messages; the reply is a [`Stream`] of reasoning and text. [`launch`] finds or starts the host process
//! that serves models on this machine. This crate knows nothing of repositories, prompts, LSP or mistral.rs.

pub mod http;
pub mod library;

mod request;

mod backoff;
mod client;
mod error;
mod thinking;

pub mod host_files;
pub mod launch;

pub use client::{Client, RetryPolicy, Stream};
pub use error::ModelError;
pub use request::{ChatMessage, Event, Finish, FinishReason, Grammar, Priority, Request, Usage};
