//! All integration tests in one binary, which links faster than one per file. Each test has its own workspace.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails by panicking is a test that works"
)]

mod command_line;
mod configuration;
mod crash;
mod datasets;
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
mod synthesis;
mod tidy;
