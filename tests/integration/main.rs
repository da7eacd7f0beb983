//! One binary for all integration tests: they share nothing but the code that drives the server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails by panicking is a test that works"
)]

mod command_line;
mod configuration;
mod crash;
mod documentation;
mod errors;
mod evaluation;
mod hosted;
mod kept;
mod layers;
mod models;
mod processes;
mod samples;
mod session;
mod tidy;
