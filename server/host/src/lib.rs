//! The model host: one process per user that keeps a model in memory and serves all editors over HTTP.
//!
//! Reading order: a loaded generation (`engine`), request scheduling (`queue`), the loaded models (`manager`), the HTTP API (`http`), and
//! the lifetime of the process (`serve`, with `lock` and `watch`).
//!
//! This crate knows nothing of repositories, prompts or LSP. It listens on the loopback interface only and opens no connection.

mod async_library;
mod engine;
mod queue;

mod http;
mod manager;

mod lock;
mod serve;
mod watch;

pub use engine::gpu;
pub use lock::{HostLock, LockAttempt};
pub use serve::{HostProcess, serve};

#[cfg(test)]
mod tests;
