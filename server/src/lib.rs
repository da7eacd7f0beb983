//! The language server: its edge, the answers it gives without a model, and what a hover says.
//!
//! Read in this order: what is said (`answer`, `hover`), how it is written (`markdown`), how it is asked for (`lsp`).

pub mod answer;
pub mod hover;
//pub mod lsp;
pub mod markdown;
