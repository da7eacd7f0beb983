//! Locates the binary under test and builds it if necessary.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Returns the path of the binary: `REPO_LSP_BIN` if it is set, as `tests/run` does, otherwise the result of `cargo build`.
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
    // The variables that cargo sets for a test must not reach the build: build scripts that read them (ring's) would run again,
    // and every crate that depends on them, the model engine included, would be compiled again.
    for (name, _) in std::env::vars_os() {
        let test_variables = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CFG_"];
        let known = name.to_str().unwrap_or_default();
        if known == "OUT_DIR"
            || test_variables
                .iter()
                .any(|prefix| known.starts_with(prefix))
        {
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
    assert!(built.success(), "building repo-lsp failed");
    // The test executable is in <target>/<profile>/deps.
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    profile.join(format!("repo-lsp{}", std::env::consts::EXE_SUFFIX))
}
