//! The dependency arrows of ARCHITECTURE.md, and its sentences about what a crate does not know: Cargo's manifests must agree with them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Our crates from the bottom up: the folder, the package, and our other packages that it may depend on.
const LAYERS: [(&str, &str, &[&str]); 9] = [
    ("indexer", "repo-indexer", &[]),
    ("grounding", "grounding", &["repo-indexer"]),
    ("trainer-bridge/flows", "flows", &[]),
    (
        "trainer-bridge",
        "trainer-bridge",
        &["repo-indexer", "grounding", "flows"],
    ),
    (
        "server/settings",
        "settings",
        &["repo-indexer", "trainer-bridge"],
    ),
    (
        "server/models",
        "models",
        &["trainer-bridge", "flows", "settings"],
    ),
    (
        "server/host",
        "model-host",
        &["trainer-bridge", "settings", "models"],
    ),
    (
        "server/assistant",
        "assistant",
        &[
            "repo-indexer",
            "grounding",
            "flows",
            "trainer-bridge",
            "settings",
            "models",
        ],
    ),
    (
        "server",
        "repo-lsp",
        &[
            "repo-indexer",
            "grounding",
            "flows",
            "trainer-bridge",
            "settings",
            "models",
            "model-host",
            "assistant",
        ],
    ),
];

/// Libraries that only some packages may depend on, and why.
const ONLY: [(&str, &[&str], &str); 9] = [
    (
        "tantivy",
        &["repo-indexer"],
        "only the indexer knows how the index is stored",
    ),
    (
        "tree-sitter",
        &["repo-indexer"],
        "only the indexer parses code",
    ),
    (
        "rusqlite",
        &["trainer-bridge"],
        "only the store knows the database, so that nothing gets around the intake",
    ),
    (
        "mistralrs",
        &["model-host", "repo-lsp"],
        "only the host knows mistral.rs; the program's benchmark measures the host beside it",
    ),
    ("mistralrs-core", &["model-host"], "only the host"),
    ("mistralrs-server-core", &["model-host"], "only the host"),
    ("axum", &["model-host"], "only the host listens"),
    (
        "reqwest",
        &["models"],
        "only one crate connects to anything, so that what leaves the machine is in one place",
    ),
    ("tower-lsp", &["repo-lsp"], "LSP types stop at the edge"),
];

#[test]
fn crates_depend_only_on_the_layers_below_them() {
    for (folder, package, allowed) in LAYERS {
        let ours: BTreeSet<&str> = LAYERS.iter().map(|(_, package, _)| *package).collect();
        for dependency in dependencies(folder) {
            let is_allowed = allowed.contains(&dependency.as_str());
            assert!(
                is_allowed || !ours.contains(dependency.as_str()),
                "{package} must not depend on {dependency}: see ARCHITECTURE.md, Codemap"
            );
        }
    }
}

#[test]
fn libraries_stay_in_the_crates_that_may_know_them() {
    for (folder, package, _) in LAYERS {
        let dependencies = dependencies(folder);
        for (library, packages, why) in ONLY {
            assert!(
                packages.contains(&package) || !dependencies.contains(library),
                "{package} must not depend on {library}: {why}"
            );
        }
    }
}

#[test]
fn lsp_types_stay_in_the_lsp_module() {
    let mut folders = vec![root().join("server/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("server/src/lsp") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                assert!(!text.contains("tower_lsp"), "{}", path.display());
            }
        }
    }
}

/// The packages that a crate's own code depends on, on any platform; what only its tests need may point anywhere.
fn dependencies(folder: &str) -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let named = |table: &toml::Table| -> Vec<String> {
        let dependencies = table.get("dependencies").and_then(toml::Value::as_table);
        dependencies
            .into_iter()
            .flat_map(|dependencies| dependencies.keys().cloned())
            .collect()
    };
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let targets = targets.into_iter().flat_map(|targets| targets.values());
    let of_targets = targets
        .filter_map(toml::Value::as_table)
        .flat_map(&named)
        .collect::<Vec<_>>();
    named(&manifest).into_iter().chain(of_targets).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}
