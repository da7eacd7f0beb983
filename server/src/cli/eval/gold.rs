//! Which files count: source files that are not tests. The same rule for the gold and for the baseline's files.

const SOURCE: [&str; 11] = [
    "py", "pyx", "pyi", "rs", "go", "js", "ts", "c", "h", "cpp", "java",
];

/// Whether a path, relative and with `/`, is a source file and not a test.
pub(super) fn counts(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    let source = extension.is_some_and(|extension| SOURCE.contains(&extension));
    source && !is_test(path)
}

/// `(^|/)(tests?|testing)/|(^|/)test_|_test\.`
fn is_test(path: &str) -> bool {
    let (folders, _) = path.rsplit_once('/').unwrap_or_default();
    folders
        .split('/')
        .any(|folder| matches!(folder, "test" | "tests" | "testing"))
        || path.split('/').any(|part| part.starts_with("test_"))
        || path.contains("_test.")
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn sources_count_and_tests_do_not() {
        for path in [
            "a.py",
            "src/_pytest/python.py",
            "x/contest/a.go",
            "latest_a.rs",
            "src/testing.py",
            "A.java",
        ] {
            assert!(counts(path), "{path}");
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
            assert!(!counts(path), "{path}");
        }
    }
}
