//! The host of models as its clients see it: the real binary with the real mistral.rs, on checkpoints that are made here.

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
