//! The language server: its edge, the answers it gives without a model, and what a hover says.
//!
//! Read in this order: what is said (`answer`, `hover`), how it is written (`markdown`), how it is asked for (`lsp`);
//! then what is kept of it (`samples`), what the user may set (`config`) and where things live (`paths`).

pub mod answer;
pub mod chat;
pub mod config;
#[cfg(feature = "local-model")]
pub mod host;
pub mod hover;
pub mod library;
pub mod lsp;
pub mod markdown;
pub mod model;
pub mod paths;
pub mod samples;
