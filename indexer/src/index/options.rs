//! Options of an index, and the parameters and results of a refresh.

use std::path::PathBuf;

/// Settings of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexOptions {
    /// The folder of the index: one for each root, outside of the root.
    pub directory: PathBuf,
    /// Globs of files and folders to exclude.
    pub exclude: Vec<String>,
    /// Globs of private files, which are never read. A leading `!` makes an exception; the last matching glob decides.
    pub private: Vec<String>,
    /// Larger files are skipped.
    pub max_file_bytes: u64,
    /// Ids of languages whose files are treated as plain text.
    pub languages_off: Vec<String>,
    /// Number of threads for reading and extraction.
    pub threads: usize,
}

/// Whether this process writes the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexAccess {
    /// This process updates the index.
    Writer,
    /// Another process updates the index; this one reads its commits.
    Reader,
}

/// Which files a refresh considers.
#[derive(Debug, Clone)]
pub enum RefreshScope {
    /// All files; those with unchanged size and modification time are not read.
    All,
    /// Absolute paths of files and folders that may have changed.
    Paths(Vec<PathBuf>),
    /// All files; all of them are read and indexed again.
    Rebuild,
}

/// Progress of a refresh, in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub done: usize,
    pub total: usize,
}

/// The result of a refresh, in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RefreshReport {
    pub indexed: usize,
    pub removed: usize,
    pub unchanged: usize,
    pub skipped: usize,
}
