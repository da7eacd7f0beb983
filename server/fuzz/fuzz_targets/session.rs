//! `cargo +nightly fuzz run session`: no input crashes the LSP server or makes it write anything but messages.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../body.rs"]
mod body;

fuzz_target!(|data: &[u8]| body::check(data));
