//! The server as a client sees it: in memory, byte for byte what goes over stdio.

mod actions;
mod ask;
mod client;
mod documents;
mod engine;
mod fixture;
mod hooks;
mod hover;
mod layers;
mod lifecycle;
mod model;
mod module;
mod navigation;
mod private;
mod protocol;
mod rules;
mod samples;
mod talk;
mod wording;
mod workspace;

use client::Client;
pub(super) use hooks::hooks;

/// A small crate: a type with a method that is used, documented and tested, and a second module.
const CRATE: &str = r#"
//- /Cargo.toml
[package]
name = "engine"
version = "0.1.0"
edition = "2024"
//- /src/lib.rs
//! An engine that writes segments.
pub mod merge;
pub mod writer;
//- /src/writer.rs
//! Writing.

/// Collects documents until they are committed.
pub struct Writer {
    waiting: Vec<String>,
}

impl Writer {
    /// Flushes all pending documents, see [`merge_segments`](https://example.com).
    ///
    /// Blocks.
    pub fn commit(&mut self) -> usize {
        crate::merge::merge_segments(self.waiting.len())
    }
}
//- /src/merge.rs
//! Merging.

/// Merges segments in the background and says how many are left.
pub fn merge_segments(count: usize) -> usize {
    count / 2
}

pub fn shrink(count: usize) -> usize {
    merge_segments(count)
}
//- /tests/commit.rs
#[test]
fn commit_counts_documents() {
    let mut writer = engine::writer::Writer::default();
    assert_eq!(writer.commit(), 0);
}
"#;
