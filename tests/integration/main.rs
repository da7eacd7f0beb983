//! One binary for all integration tests: they share nothing but the code that drives the server.

mod command_line;
mod configuration;
mod crash;
mod errors;
mod evaluation;
mod processes;
mod session;
mod tidy;
