//! Which files are evaluated: source files that are not tests. The same rule holds for gold files and for the baseline.

use std::path::Path;

const EXTENSIONS: [&str; 11] = [
    "py", "pyx", "pyi", "rs", "go", "js", "ts", "c", "h", "cpp", "java",
];

/// Returns whether a path, relative to the root and separated by `/`, is a source file and not a test.
pub(super) fn is_evaluated(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension)) && !is_test(path)
}

/// Matches `(^|/)(tests?|testing)/|(^|/)test_|_test\.`.
fn is_test(path: &str) -> bool {
    let (folders, _) = path.rsplit_once('/').unwrap_or_default();
    folders
        .split('/')
        .any(|folder| matches!(folder, "test" | "tests" | "testing"))
        || path.split('/').any(|part| part.starts_with("test_"))
        || path.contains("_test.")
}

/// Reads all evaluated files below `root` that are not ignored by git, sorted by path. Files that cannot be read are left out.
pub(super) fn read_all(root: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in ignore::WalkBuilder::new(root)
        .build()
        .filter_map(Result::ok)
    {
        let Ok(path) = entry.path().strip_prefix(root) else {
            continue;
        };
        let path = path.to_string_lossy().replace('\\', "/");
        if is_evaluated(&path)
            && entry.file_type().is_some_and(|kind| kind.is_file())
            && let Ok(bytes) = std::fs::read(entry.path())
        {
            files.push((path, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    // The walk follows the order of the file system, and the order of files with equal scores must not depend on it.
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::is_evaluated;

    #[test]
    fn source_files_are_evaluated_and_tests_are_not() {
        for path in [
            "a.py",
            "src/_pytest/python.py",
            "x/contest/a.go",
            "latest_a.rs",
            "src/testing.py",
            "A.java",
        ] {
            assert!(is_evaluated(path), "{path}");
        }
        for path in [
            "a.md",
            "tests/a.py",
            "a/test/b.rs",
            "testing/x.py",
            "a/test_x.py",
            "x_test.go",
            "Makefile",
            "test_d/a.c",
        ] {
            assert!(!is_evaluated(path), "{path}");
        }
    }
}
