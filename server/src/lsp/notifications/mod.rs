//! Handlers of notifications, and messages that the server sends by itself. Each function holds the lock briefly and returns; none is async.

pub mod configuration;
pub mod documents;
pub mod files;
pub mod folders;
pub mod show;
