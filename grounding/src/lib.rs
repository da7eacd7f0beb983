//! Checks what a text says about a repository: whether the places it cites exist and the names it uses occur there.
//!
//! Read [`Citation`] first (one place, looked up in a [`View`]), then [`Checker`] (a model's answer, checked while it streams) and
//! [`markdown`] (text of the repository, made safe to show). The crate knows nothing of models, prompts, training or LSP.

mod check;
mod citation;
pub mod markdown;

pub use check::{Checked, Checker, Claims};
pub use citation::{Citation, Links, Plain, View};
