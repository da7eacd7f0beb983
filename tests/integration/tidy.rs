//! Tidiness is a test: every module says what it is for, no file grows without a reason, nothing unfinished is left behind.

use std::fs;
use std::path::{Path, PathBuf};

/// Files that may be longer, each with its reason.
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
/// About 400: nobody should split a file for the last few lines.
const MAX_FILE_LINES: usize = 420;

struct Source {
    path: String,
    text: String,
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.path)
        .collect();
    assert!(
        silent.is_empty(),
        "these do not begin with a `//!` line: {silent:#?}"
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

/// clippy's `unwrap_used` and `expect_used` see what is compiled; this also sees what is not, and that allowances give a reason.
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
fn nothing_unfinished_is_left_behind() {
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

/// Fixtures and what is expected of them may be long, and may panic.
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

/// Our own Rust files.
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
