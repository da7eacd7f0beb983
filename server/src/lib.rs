//! The pieces of the `repo-lsp` binary that tests drive without starting it.

pub mod config;
pub mod paths;
