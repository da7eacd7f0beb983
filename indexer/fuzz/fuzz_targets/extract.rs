//! `cargo +nightly fuzz run extract`: no text breaks what extraction promises.

#![no_main]

use libfuzzer_sys::fuzz_target;
use repo_indexer::{Extraction, Language, Span, Use, clean_doc, extract, identifier_at, occurrences};

#[path = "../body.rs"]
mod body;

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else {
        return;
    };
    let languages: Vec<Language> = Language::all().collect();
    body::check(
        languages[choice as usize % languages.len()],
        &String::from_utf8_lossy(rest),
    );
});
