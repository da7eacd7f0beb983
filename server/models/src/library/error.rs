//! What can be wrong with the models on disk, each in one line that says what to do.

use std::io;
use std::path::{Path, PathBuf};

use settings::paths;

#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    #[error("no such model: {name}. {}{}", listed(.installed), download(.name))]
    NoSuchModel {
        name: String,
        installed: Vec<String>,
    },
    #[error("no model is chosen. {}{}", listed(.installed), choose(.installed))]
    NoDefault { installed: Vec<String> },
    #[error("{name} has no generation {number}. {}", generations(.name, .known))]
    NoSuchGeneration {
        name: String,
        number: u32,
        known: Vec<u32>,
    },
    #[error("no generation of {name} is in use. {}", generations(.name, .known))]
    NothingInUse { name: String, known: Vec<u32> },
    #[error("{name}@{current} is the oldest sound generation on disk; there is none to go back to")]
    NothingBefore { name: String, current: u32 },
    #[error(
        "bad name for a model: `{0}`; letters, digits, `.`, `_` and `-` will do, and it begins with no dot"
    )]
    BadName(String),
    #[error("bad name for a model: `default` means the model that is chosen; take another")]
    ReservedName,
    #[error("bad generation `{0}`; it is a number, as in repo@7")]
    BadNumber(String),
    /// A checkpoint that would not run, or not as it was meant to.
    #[error("{0}")]
    Refused(String),
    #[error("{label} is damaged: {what}. {}", heal(.label))]
    Damaged { label: String, what: String },
    #[error("{label} is what {} {} based on; remove {} first", .adapters.join(", "), if .adapters.len() == 1 { "is" } else { "are" }, if .adapters.len() == 1 { "that" } else { "those" })]
    BaseOf {
        label: String,
        adapters: Vec<String>,
    },
    #[error("{} needs {} and {} is free on its disk; make room, or remove a model: repo-lsp model gc", paths::tilde(.directory), size(*.needed), size(*.free))]
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
    /// For `map_err`: what was being done, and to which file.
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
    // People ask for these by the name that they have elsewhere.
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
        Some(name) => format!("To choose one: repo-lsp model use {name}"),
        None => download(""),
    }
}

fn generations(name: &str, known: &[u32]) -> String {
    match known {
        [] => format!("It has none; add one: repo-lsp model pull SOURCE --name {name}"),
        [.., last] => {
            let known: Vec<String> = known.iter().map(u32::to_string).collect();
            format!(
                "On disk: {}. To use one: repo-lsp model use {name}@{last}",
                known.join(", ")
            )
        }
    }
}

/// What to do about a damaged generation. Whether there is another one to go back to only the listing says.
fn heal(label: &str) -> String {
    let name = label.split('@').next().unwrap_or(label);
    format!("Pull it again, or use another of those that `repo-lsp model show {name}` lists")
}

/// `8.1 GB`; a need is never rounded down to nothing.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..10_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        10_000_000..1_000_000_000 => format!("{:.0} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
