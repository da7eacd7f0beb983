//! `cargo +nightly fuzz run session`: nothing that a client sends takes the server down or makes it write what is no message.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../body.rs"]
mod body;

fuzz_target!(|data: &[u8]| body::check(data));
