//! Integration tests of the public API of the index on real files.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod freshness;
mod names;
mod properties;
mod queries;
mod recovery;
mod support;
