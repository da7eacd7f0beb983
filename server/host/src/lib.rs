//! The host of models: one process per user that has a model in memory, and answers for all editor windows.
//!
//! Read in this order: one loaded generation (`engine`), who is answered next (`queue`), which generation answers (`desk`), what is
//! understood over HTTP (`http`), and the life of the process (`serve`, with its `lock` and `watch`).
//!
//! Nothing here knows of the repository, of prompts or of LSP. It listens on this machine only, and makes no connection.

mod engine;
mod queue;
mod shelf;

mod desk;
mod http;

mod lock;
mod serve;
mod watch;

pub use lock::{Lock, Taken};
pub use serve::{Host, serve};

#[cfg(test)]
mod tests;
