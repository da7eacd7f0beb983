//! The host of models: one process per user that has a model in memory, and answers for all editor windows.
//!
//! Read in this order: one loaded generation (`engine`), who is answered next (`queue`), which generation answers (`manager`), what is
//! understood over HTTP (`http`), and the life of the process (`serve`, with its `lock` and `watch`).
//!
//! Nothing here knows of the repository, of prompts or of LSP. It listens on this machine only, and makes no connection.

mod async_library;
mod engine;
mod queue;

mod http;
mod manager;

mod lock;
mod serve;
mod watch;

pub use lock::{HostLock, LockAttempt};
pub use serve::{HostProcess, serve};

#[cfg(test)]
mod tests;
