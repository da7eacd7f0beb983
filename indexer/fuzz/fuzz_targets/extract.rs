//! Fuzzes extraction and checks its invariants: `cargo +nightly fuzz run extract`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use repo_indexer::{Extraction, Language, Span, Use, clean_doc, extract, identifier_at, occurrences};

#[path = "../invariants.rs"]
mod invariants;

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else {
        return;
    };
    let languages: Vec<Language> = Language::all().collect();
    invariants::check(
        languages[choice as usize % languages.len()],
        &String::from_utf8_lossy(rest),
    );
});
