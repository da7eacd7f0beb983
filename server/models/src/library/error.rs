//! Errors of the model library. Each is displayed as one line that says what is wrong and what to do.

use std::io;
use std::path::{Path, PathBuf};

use settings::{format_bytes, paths};

#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    #[error("no such model: {name}. {}{}", listed(.installed), download(.name))]
    NoSuchModel {
        name: String,
        installed: Vec<String>,
    },
    #[error("no default model is set. {}{}", listed(.installed), choose(.installed))]
    NoDefault { installed: Vec<String> },
    #[error("{name} has no generation {number}. {}", generations(.name, .known))]
    NoSuchGeneration {
        name: String,
        number: u32,
        known: Vec<u32>,
    },
    #[error("no generation of {name} is active. {}", generations(.name, .known))]
    NoCurrentGeneration { name: String, known: Vec<u32> },
    #[error(
        "{name}@{current} is the oldest usable generation on disk; there is no earlier one to roll back to"
    )]
    NoPreviousGeneration { name: String, current: u32 },
    #[error(
        "invalid model name `{0}`; use letters, digits, `.`, `_` and `-`, and do not start with `.` or `-`"
    )]
    BadName(String),
    #[error("invalid model name `default`: it stands for the default model; choose another name")]
    ReservedName,
    #[error("invalid generation `{0}`; expected a number, as in repo@7")]
    BadNumber(String),
    /// The checkpoint is invalid or unsupported.
    #[error("{0}")]
    InvalidCheckpoint(String),
    #[error("{label} is damaged: {what}. {}", heal(.label))]
    Damaged { label: String, what: String },
    #[error("{label} is the base of {}; remove {} first", .adapters.join(", "), if .adapters.len() == 1 { "that adapter" } else { "those adapters" })]
    UsedAsBase {
        label: String,
        adapters: Vec<String>,
    },
    #[error("{} needs {}, but only {} is free on its disk; free some space, for example with `repo-lsp model gc`", paths::tilde(.directory), format_bytes(*.needed), format_bytes(*.free))]
    DiskFull {
        directory: PathBuf,
        needed: u64,
        free: u64,
    },
    #[error("cannot {what} {}: {}", paths::tilde(.path), paths::plain(.source))]
    Io {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

impl LibraryError {
    /// Returns a function for `map_err` that adds the failed operation and the path.
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| LibraryError::Io { what, path, source }
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "None is installed. ".to_owned()
    } else {
        format!("Installed: {}. ", names.join(", "))
    }
}

fn download(name: &str) -> String {
    // Other tools name these models differently, for example `qwen3:4b`.
    let sizes = ["0.6B", "1.7B", "4B", "8B", "14B", "32B"];
    let wanted = name.to_lowercase().replace([':', '_'], "-");
    let size = sizes
        .into_iter()
        .find(|size| wanted == format!("qwen3-{}", size.to_lowercase()));
    let size = size.unwrap_or("4B");
    format!("To download: repo-lsp model pull Qwen/Qwen3-{size}")
}

fn choose(names: &[String]) -> String {
    match names.first() {
        Some(name) => format!("To set one: repo-lsp model use {name}"),
        None => download(""),
    }
}

fn generations(name: &str, known: &[u32]) -> String {
    match known {
        [] => format!("None is on disk. To add one: repo-lsp model pull SOURCE --name {name}"),
        [.., last] => {
            let known: Vec<String> = known.iter().map(u32::to_string).collect();
            format!(
                "On disk: {}. To use one: repo-lsp model use {name}@{last}",
                known.join(", ")
            )
        }
    }
}

/// Returns advice for a damaged generation.
fn heal(label: &str) -> String {
    let name = label.split('@').next().unwrap_or(label);
    format!("Pull it again, or use another generation listed by `repo-lsp model show {name}`")
}
