//! How an index is made and what can be asked of it and heard from it.

use std::path::PathBuf;

/// How an index is made; its location and limits come from the user, never from the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexOptions {
    /// Where the index lies: a folder of its own for each root, outside of it.
    pub directory: PathBuf,
    /// Globs of files and folders to leave out.
    pub exclude: Vec<String>,
    /// Globs of files that must not be read.
    pub private: Vec<String>,
    pub max_file_bytes: u64,
    /// Languages, by id, whose files are treated as plain text.
    pub languages_off: Vec<String>,
    /// Threads for reading and extraction.
    pub threads: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// This process keeps the index up to date.
    Writer,
    /// Another process does; this one sees its commits.
    Reader,
}

/// What to bring up to date.
#[derive(Debug, Clone)]
pub enum Scope {
    All,
    /// Absolute paths of files and folders that may have changed.
    Paths(Vec<PathBuf>),
    /// Everything, as if nothing were known.
    Rebuild,
}

/// Files done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub done: usize,
    pub total: usize,
}

/// What a refresh did, in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    pub indexed: usize,
    pub removed: usize,
    pub unchanged: usize,
    pub skipped: usize,
}
