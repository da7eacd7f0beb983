//! The index through its public face, on real files: what is found, how it stays fresh, what survives.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod freshness;
mod names;
mod properties;
mod questions;
mod support;
mod survival;
