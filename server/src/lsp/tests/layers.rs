//! The imports between the modules of the language server contain no cycle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

type Imports = BTreeMap<String, BTreeSet<String>>;

/// The modules named in paths that start with `prefix`, without braces or with one list in braces.
fn imported(text: &str, prefix: &str) -> BTreeSet<String> {
    let parts = text.split(prefix).skip(1);
    let lists = parts.flat_map(|rest| match rest.strip_prefix('{') {
        Some(list) => list.split('}').next().unwrap().split(',').collect(),
        None => vec![rest],
    });
    lists
        .map(|path| {
            let path = path.trim_start();
            let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
            path[..end.unwrap_or(path.len())].to_owned()
        })
        .collect()
}

/// The imports of each module. The modules in a folder count as one.
fn imports() -> Imports {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lsp");
    let mut imports = Imports::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name == "mod" || name == "tests" {
            continue;
        }
        let mut found = BTreeSet::new();
        if path.is_dir() {
            for file in std::fs::read_dir(&path).unwrap() {
                let file = file.unwrap().path();
                let text = std::fs::read_to_string(&file).unwrap();
                found.extend(imported(&text, "crate::lsp::"));
                if file.ends_with("mod.rs") {
                    found.extend(imported(&text, "super::"));
                }
            }
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            found.extend(imported(&text, "crate::lsp::"));
            // Links in comments are not imports.
            let code = text.lines().filter(|l| !l.trim_start().starts_with("//"));
            found.extend(imported(&code.collect::<Vec<_>>().join("\n"), "super::"));
        }
        found.remove(&name);
        imports.insert(name, found);
    }
    let names: BTreeSet<String> = imports.keys().cloned().collect();
    imports
        .values_mut()
        .for_each(|found| found.retain(|name| names.contains(name)));
    imports
}

#[test]
fn imports_contain_no_cycle() {
    let mut imports = imports();
    assert!(imports["server"].contains("requests"), "{imports:?}");
    while !imports.is_empty() {
        // The lowest modules import none of the remaining ones.
        let lowest: Vec<String> = imports
            .iter()
            .filter(|(_, found)| found.is_empty())
            .map(|(name, _)| name.clone())
            .collect();
        assert!(!lowest.is_empty(), "there is a cycle among {imports:#?}");
        for name in lowest {
            imports.remove(&name);
            imports.values_mut().for_each(|found| {
                found.remove(&name);
            });
        }
    }
}
