//! Flows run from the outside: files in a folder, rows in, rows out, with a scripted teacher.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails by panicking is a test that works"
)]

mod blocks;
mod dispatch;
mod errors;
mod support;
