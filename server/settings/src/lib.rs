//! Configuration: declared once, read from several sources, validated key by key.
//!
//! The sources in order of increasing precedence: defaults, `repo-lsp.toml` of the workspace, the user's `config.toml`, the editor's
//! settings, flags. The workspace file comes with the repository and is **not trusted**, so it can set only a subset of the keys.
//! An invalid key does not affect the others, with two exceptions that fail closed: if the keys about private files are invalid,
//! nothing is indexed, see [`Loaded::fatal`]; if the keys about recording are invalid, nothing is recorded.

mod bytes;
pub mod files;
mod keys;
mod load;
mod options;
pub mod paths;
mod reference;
mod settings;
mod values;

pub use bytes::format_bytes;
pub use load::{Loaded, Problem, SettingOrigin, load};
pub use options::{Options, WorkspaceOptions};
pub use reference::{markdown, schema, workspace_schema};
pub use settings::{
    AnswerSettings, HostSettings, IndexSettings, LspSettings, ModelSettings, SamplesSettings,
    Settings,
};
pub use values::{BoundedInteger, Device, Glob, LogFilter, PrivateGlob, Quantization, Swap};
