//! The errors of an index. Their messages are shown to users.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("no such folder: {0}")]
    NoSuchFolder(PathBuf),
    #[error("{path}: {source}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("not a valid glob: {glob}: {reason}")]
    BadGlob { glob: String, reason: String },
    #[error("the index could not be read or written: {0}")]
    Store(#[from] tantivy::TantivyError),
    #[error("another process is updating this index")]
    ReadOnly,
    #[error("the index was removed while it was in use")]
    Removed,
    #[error(transparent)]
    Cancelled(#[from] crate::Cancelled),
}

impl IndexError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> IndexError {
        let path = path.into();
        move |source| IndexError::Io { path, source }
    }
}
