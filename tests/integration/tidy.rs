//! Conventions of the source tree: module documentation, file length, no `unwrap` outside tests, no unfinished code.

use std::fs;
use std::path::{Path, PathBuf};

/// Files that may exceed [`MAX_FILE_LINES`], each with the reason.
const LONG_FILES: [(&str, &str); 2] = [
    (
        "indexer/src/language/rows.rs",
        "the table of languages: one row each, read by looking one up",
    ),
    (
        "server/host/src/manager.rs",
        "one table under one lock, and all that may happen to it",
    ),
];
/// The guideline is 300; the margin avoids splitting a file for a few lines.
const MAX_FILE_LINES: usize = 420;

struct Source {
    path: String,
    text: String,
}

#[test]
fn every_module_has_documentation() {
    let undocumented: Vec<String> = sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.path)
        .collect();
    assert!(
        undocumented.is_empty(),
        "these do not begin with a `//!` line: {undocumented:#?}"
    );
}

#[test]
fn files_stay_short() {
    for (path, _) in LONG_FILES {
        assert!(
            root().join(path).exists(),
            "{path} is listed as long and does not exist"
        );
    }
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|source| !is_test(&source.path))
        .map(|source| (source.text.lines().count(), source.path))
        .filter(|(lines, path)| {
            *lines > MAX_FILE_LINES && !LONG_FILES.iter().any(|(listed, _)| listed == path)
        })
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert!(
        long.is_empty(),
        "split these, or list them with the reason: {long:#?}"
    );
}

/// Complements clippy's `unwrap_used` and `expect_used`, which check compiled code only, and requires a reason for each `allow`.
#[test]
fn nothing_unwraps_outside_tests() {
    let mut found = Vec::new();
    for Source { path, text } in sources() {
        if is_test(&path) {
            continue;
        }
        let mut allowed = false;
        for (number, line) in text.lines().enumerate() {
            if line.contains("#[cfg(test)]") || line.contains("#![cfg(test)]") {
                break;
            }
            let code = line.split("//").next().unwrap_or_default();
            let unwraps = code.contains(".unwrap()")
                || code.replace("self.expect(", "").contains(".expect(\"");
            if unwraps && !allowed {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
            if code.contains("clippy::unwrap_used") || code.contains("clippy::expect_used") {
                assert!(
                    text.contains("reason = "),
                    "{path}:{}: an allowance without a reason",
                    number + 1
                );
                allowed = true;
            } else if line.starts_with('}') {
                allowed = false;
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_code_is_marked_as_unfinished() {
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("todo", "!("),
        concat!("dbg", "!("),
        concat!("unimplemented", "!("),
    ];
    let found: Vec<String> = sources()
        .into_iter()
        .filter(|source| !is_test(&source.path))
        .flat_map(|source| {
            let hits: Vec<String> = source
                .text
                .lines()
                .enumerate()
                .filter(|(_, line)| marks.iter().any(|mark| line.contains(mark)))
                .map(|(number, line)| format!("{}:{}: {}", source.path, number + 1, line.trim()))
                .collect();
            hits
        })
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// Whether a file contains only tests, which may be long and may panic.
fn is_test(path: &str) -> bool {
    path.starts_with("tests/")
        || path.contains("/tests/")
        || path.contains("/benches/")
        || path.contains("/fuzz/")
        || path.ends_with("tests.rs")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// Returns the Rust files of this repository.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = ["indexer", "grounding", "trainer-bridge", "server", "tests"]
        .map(|name| root().join(name))
        .into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                if !path.ends_with("target") && !path.ends_with("fixtures") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(root())
                    .unwrap()
                    .to_string_lossy()
                    .replace('\\', "/");
                found.push(Source {
                    path: name,
                    text: fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 20, "the sources were not found");
    found
}
