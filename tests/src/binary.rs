//! Finds the binary under test, built from the sources as they are now.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// `tests/run` builds the binary and says where it is; a test that is run by itself sees to that here.
pub fn binary() -> PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY
        .get_or_init(|| match std::env::var_os("REPO_LSP_BIN") {
            Some(path) => PathBuf::from(path),
            None => build(),
        })
        .clone()
}

fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    // What cargo tells a test about itself must not reach the build: build scripts that look at it (ring's) would run anew, and
    // everything above them, the engine included, be compiled again.
    for (name, _) in std::env::vars_os() {
        let of_the_test = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CFG_"];
        let known = name.to_str().unwrap_or_default();
        if known == "OUT_DIR" || of_the_test.iter().any(|start| known.starts_with(start)) {
            build.env_remove(&name);
        }
    }
    let built = build
        .args([
            "build",
            "--quiet",
            "--package",
            "repo-lsp",
            "--bin",
            "repo-lsp",
        ])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .status()
        .expect("cargo runs");
    assert!(built.success(), "repo-lsp does not build");
    // This test lies in <target>/<profile>/deps.
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    profile.join(format!("repo-lsp{}", std::env::consts::EXE_SUFFIX))
}
