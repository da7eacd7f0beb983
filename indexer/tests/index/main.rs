//! The index through its public face, on real files: what is found, how it stays fresh, what survives.

mod freshness;
mod properties;
mod questions;
mod support;
mod survival;
