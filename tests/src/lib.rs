//! What the integration tests share: a sandbox with a workspace of its own, a client that speaks LSP over pipes, generated trees.
//!
//! Knows the binary by its command line and its protocol only; nothing of its insides.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails by panicking is a test that works"
)]

mod binary;
mod client;
pub mod figures;
mod files;
mod sandbox;
mod tree;

pub use binary::binary;
pub use client::{Client, REPLY_TIMEOUT, uri};
pub use files::holding;
pub use sandbox::{Ran, Sandbox};
pub use tree::Tree;
