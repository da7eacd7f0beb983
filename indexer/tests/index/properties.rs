//! Property test: after any sequence of edits, an updated index equals a new one.

use proptest::prelude::*;
use repo_indexer::RefreshScope;

use crate::support::{Workspace, dump, refresh};

#[derive(Debug, Clone)]
enum Edit {
    Write(usize, usize),
    Remove(usize),
    Rename(usize, usize),
    RemoveFolder(usize),
    Ignore(usize),
    Overlay(usize, usize),
    Close(usize),
    /// Close the index and open it again.
    Restart,
}

const PATHS: [&str; 10] = [
    "a.py",
    "pkg/__init__.py",
    "pkg/b.py",
    "pkg/deep/c.py",
    "src/lib.rs",
    "src/d.rs",
    "Cargo.toml",
    "web/e.ts",
    "README.md",
    "tests/test_b.py",
];
const FOLDERS: [&str; 3] = ["pkg", "src", "web"];
const TEXTS: [&str; 9] = [
    "from pkg.b import alpha\n\ndef gamma():\n    '''Parse the configuration.'''\n    return alpha()\n",
    "def alpha():\n    return beta()\n\ndef beta():\n    return 1\n",
    "class Widget:\n    def render(self):\n        return delta\n\ndelta = 2\n",
    "use crate::d::alpha;\npub fn delta() { alpha() }\n",
    "//! Keeps things.\npub fn alpha() {}\npub struct Widget;\nimpl Widget { pub fn render(&self) { alpha() } }\n",
    "[package]\nname = \"things\"\n",
    "import { alpha } from './x';\nexport function beta() { return alpha(); }\n",
    "# Guide\n\nHow to parse the configuration.\n\n## Delta\n\nSee alpha.\n",
    "def broken(:\n  alpha(((\n",
];

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let (path, text, folder) = (0..PATHS.len(), 0..TEXTS.len(), 0..FOLDERS.len());
    let edit = prop_oneof![
        8 => (path.clone(), text.clone()).prop_map(|(p, t)| Edit::Write(p, t)),
        2 => path.clone().prop_map(Edit::Remove),
        2 => (path.clone(), path.clone()).prop_map(|(a, b)| Edit::Rename(a, b)),
        1 => folder.clone().prop_map(Edit::RemoveFolder),
        1 => folder.prop_map(Edit::Ignore),
        3 => (path.clone(), text).prop_map(|(p, t)| Edit::Overlay(p, t)),
        2 => path.prop_map(Edit::Close),
        1 => Just(Edit::Restart),
    ];
    proptest::collection::vec(edit, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn incremental_equals_full(edits in edits(), by_path in any::<bool>()) {
        let workspace = Workspace::new("\n//- /start.py\nstart = 1\n");
        let mut index = workspace.indexed();
        for edit in edits {
            let mut dirty = Vec::new();
            match edit {
                Edit::Write(path, text) => {
                    workspace.write(PATHS[path], TEXTS[text]);
                    dirty.push(PATHS[path]);
                }
                Edit::Remove(path) if workspace.path(PATHS[path]).is_file() => {
                    workspace.remove(PATHS[path]);
                    dirty.push(PATHS[path]);
                }
                Edit::Rename(from, to) if from != to && workspace.path(PATHS[from]).is_file() => {
                    std::fs::create_dir_all(workspace.path(PATHS[to]).parent().unwrap()).unwrap();
                    std::fs::rename(workspace.path(PATHS[from]), workspace.path(PATHS[to])).unwrap();
                    dirty.extend([PATHS[from], PATHS[to]]);
                }
                Edit::RemoveFolder(folder) if workspace.path(FOLDERS[folder]).is_dir() => {
                    workspace.remove(FOLDERS[folder]);
                    dirty.push(FOLDERS[folder]);
                }
                Edit::Ignore(folder) => {
                    workspace.write(".gitignore", FOLDERS[folder]);
                    dirty.push(".gitignore");
                }
                Edit::Overlay(path, text) => index.set_overlay(PATHS[path], Some(TEXTS[text].into())).unwrap(),
                Edit::Close(path) => index.set_overlay(PATHS[path], None).unwrap(),
                Edit::Restart => {
                    drop(index);
                    index = workspace.open();
                }
                _ => {}
            }
            let paths = dirty.into_iter().map(|path| workspace.path(path)).collect();
            refresh(&index, if by_path { RefreshScope::Paths(paths) } else { RefreshScope::All });
        }
        for path in PATHS {
            index.set_overlay(path, None).unwrap();
        }
        prop_assert_eq!(dump(&index.snapshot()), workspace.fresh_dump());
    }
}
