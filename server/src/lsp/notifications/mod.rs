//! What the client tells us, and what we tell it unasked. Each function holds the lock briefly and returns; none is async.

pub mod configuration;
pub mod documents;
pub mod files;
pub mod folders;
pub mod show;
