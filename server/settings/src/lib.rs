//! Configuration: declared once, read from several places, checked key by key.
//!
//! Sources in order, later ones winning: the defaults, `repo-lsp.toml` of the workspace, the user's `config.toml`, the editor's
//! settings, flags. The workspace's file comes with the repository and is **not trusted**: it has a smaller set of keys of its own.
//! A bad key never spoils the others. The one exception fails closed: if what it says about private files cannot be read, nothing
//! may be indexed, see [`Loaded::fatal`]; if what it says about keeping samples cannot be read, none are kept.

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
pub use load::{Loaded, Problem, Source, load};
pub use options::{Options, WorkspaceOptions};
pub use reference::{markdown, schema, workspace_schema};
pub use settings::{
    AnswerSettings, HostSettings, IndexSettings, LspSettings, ModelSettings, SamplesSettings,
    Settings,
};
pub use values::{Device, Glob, LogFilter, PrivateGlob, Quantization, Swap, Within};
