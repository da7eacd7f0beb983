//! Datasets: folders of samples that are made from a repository, with a manifest and a report.
//!
//! A dataset depends only on its inputs: the files and history of the repository, the options, and the samples that are handed in. The same
//! inputs give the same bytes, so a dataset contains no time and no absolute path.

mod build;
mod compare;
mod excerpts;
mod folder;
mod manifest;
mod outputs;
mod report;
mod statistics;
mod synthesized;
mod writer;

pub use build::{BuildInputs, BuildOptions, Stage as BuildStage, build_dataset};
pub use compare::{Comparison, compare_datasets};
pub use folder::{
    DatasetEntry, is_dataset_name, list_datasets, read_manifest, read_samples, remove_dataset,
};
pub use manifest::{DatasetManifest, OutputFile};
pub use statistics::{KindStatistics, Statistics};

/// Why a dataset could not be built or read.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    #[error("cancelled; nothing was written")]
    Cancelled,
    #[error("the index contains no files; run `repo-lsp index` in the repository first")]
    EmptyIndex,
    #[error("no sample passed the checks: {0}")]
    NoSamples(String),
    #[error(transparent)]
    Index(#[from] repo_indexer::IndexError),
    #[error("cannot write the report: {0}")]
    Report(String),
    #[error("cannot write the pairs: {0}")]
    Csv(String),
    #[error(transparent)]
    History(#[from] crate::HistoryError),
    #[error(transparent)]
    File(#[from] crate::FileError),
    #[error(
        "there is no dataset {name} in {folder}; `repo-lsp dataset list` shows those that exist"
    )]
    Missing {
        name: String,
        folder: std::path::PathBuf,
    },
    #[error("the dataset {name} is damaged: {reason}; build it again")]
    Damaged { name: String, reason: String },
}

impl From<repo_indexer::Cancelled> for DatasetError {
    fn from(_: repo_indexer::Cancelled) -> Self {
        DatasetError::Cancelled
    }
}

#[cfg(test)]
mod tests;
