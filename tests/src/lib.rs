//! Support code of the integration tests: temporary workspaces, an LSP client over pipes, and generated source trees.
//!
//! Uses the binary only through its command line and protocol, not through its crates.

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
pub use client::{Client, Position, REPLY_TIMEOUT, uri};
pub use files::files_containing;
pub use sandbox::{CommandOutput, Sandbox};
pub use tree::Tree;
