//! Errors of the database, by what the user can do about them.

use std::path::PathBuf;

use rusqlite::ErrorCode;

#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("another process has locked the samples; close it or try again")]
    Locked,
    #[error("the disk is full, so no sample can be written; free some space")]
    Full,
    #[error(
        "the samples are damaged ({0}); recording the next interaction moves them aside and creates a new file"
    )]
    Damaged(String),
    /// One interaction is damaged, the database is not.
    #[error("an interaction is damaged ({0}); `repo-lsp samples forget` deletes it")]
    Unreadable(String),
    #[error(
        "the samples were written by a newer version (format {found}, this version reads up to {known}); update repo-lsp"
    )]
    Newer { found: i64, known: i64 },
    #[error("{path} cannot be used: {reason}; check its permissions")]
    File { path: PathBuf, reason: String },
    #[error("line {line} cannot be imported: {reason}")]
    Import { line: usize, reason: String },
    #[error("the file pattern is not valid: {0}")]
    Glob(String),
    #[error("the samples cannot be exported: {0}")]
    Export(String),
    #[error(
        "deleted, but another process is still reading a copy in the log; close it and delete again"
    )]
    StillRead,
    #[error("the samples cannot be read or written: {0}")]
    Other(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let said = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(said),
            _ => Self::Other(said),
        }
    }
}

impl StoreError {
    pub(super) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::FileTooLarge => Self::Full,
            _ => Self::File {
                path: path.to_owned(),
                reason: error.to_string(),
            },
        }
    }
}
