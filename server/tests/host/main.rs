//! End-to-end tests of the model host: the real binary with mistral.rs on generated checkpoints.

#![cfg(feature = "local-model")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that fails by panicking is a test that works"
)]

mod adapter;
mod answers;
mod damage;
mod gguf;
mod guard;
mod home;
mod life;
mod parallel;
mod swap;
