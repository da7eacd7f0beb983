//! Maps paths to modules: crates, packages and directories with stable ids.
//!
//! Manifests (`Cargo.toml`, `package.json`, `go.mod`, `composer.json`) name crates and packages, and each folder in one is a module of
//! its own. A folder with an `__init__.py` is a Python package. Ids depend on paths and manifests only.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use crate::graph::Graph;
use crate::graph::imports::folder;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ModuleKind {
    Crate,
    Package,
    Directory,
}

/// The manifests and Python packages of a workspace.
pub(crate) struct Packages {
    /// Manifest kind and package name, by the folder of the manifest.
    manifests: FxHashMap<String, (Manifest, String)>,
    /// Folders with an `__init__.py`.
    python: FxHashSet<String>,
    /// The name of the root folder, used as module id for files outside of any package.
    root: String,
}

/// If a folder has several manifests, the greatest kind is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Manifest {
    Python,
    Php,
    Go,
    Node,
    Cargo,
}

/// The module that a file belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub id: String,
    pub kind: ModuleKind,
}

fn manifest(file_name: &str) -> Option<Manifest> {
    Some(match file_name {
        "Cargo.toml" => Manifest::Cargo,
        "package.json" => Manifest::Node,
        "go.mod" => Manifest::Go,
        "composer.json" => Manifest::Php,
        "pyproject.toml" => Manifest::Python,
        _ => return None,
    })
}

/// Whether the path is a manifest whose package name is used in imports. Python imports use the name of the folder instead.
pub(crate) fn is_manifest(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    manifest(name).is_some_and(|kind| kind != Manifest::Python)
}

/// Returns the package name declared in a manifest, or `None` for other files.
pub(crate) fn declared_name(path: &str, text: &str) -> Option<Box<str>> {
    let name = path.rsplit('/').next()?;
    let declared = match manifest(name)? {
        Manifest::Cargo => text
            .parse::<toml::Table>()
            .ok()?
            .get("package")?
            .get("name")?
            .as_str()?
            .to_owned(),
        Manifest::Python => text
            .parse::<toml::Table>()
            .ok()?
            .get("project")?
            .get("name")?
            .as_str()?
            .to_owned(),
        Manifest::Node | Manifest::Php => serde_json::from_str::<serde_json::Value>(text)
            .ok()?
            .get("name")?
            .as_str()?
            .to_owned(),
        Manifest::Go => text
            .lines()
            .find_map(|line| line.trim().strip_prefix("module "))?
            .trim()
            .trim_matches('"')
            .to_owned(),
    };
    (!declared.trim().is_empty()).then(|| declared.into())
}

impl Packages {
    pub fn new(graph: &Graph, root: &str) -> Self {
        let mut manifests: FxHashMap<String, (Manifest, String)> = FxHashMap::default();
        let mut python = FxHashSet::default();
        for (_, file) in graph.files() {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            if name == "__init__.py" {
                python.insert(folder(&file.path).to_owned());
            } else if let (Some(kind), Some(package)) = (manifest(name), &file.package) {
                let here = manifests
                    .entry(folder(&file.path).to_owned())
                    .or_insert_with(|| (kind, package.to_string()));
                if kind > here.0 {
                    *here = (kind, package.to_string());
                }
            }
        }
        Packages {
            manifests,
            python,
            root: root.to_owned(),
        }
    }

    pub fn of(&self, path: &str) -> Membership {
        let here = folder(path);
        if path.ends_with(".py") && self.python.contains(here) {
            return Membership {
                id: self.python_id(here),
                kind: ModuleKind::Package,
            };
        }
        let mut at = here;
        loop {
            if let Some((kind, name)) = self.manifests.get(at)
                && *kind != Manifest::Python
            {
                return member(*kind, name, here[at.len()..].trim_start_matches('/'));
            }
            if at.is_empty() {
                break;
            }
            at = folder(at);
        }
        let id = if here.is_empty() {
            self.root.clone()
        } else {
            here.to_owned()
        };
        Membership {
            id,
            kind: ModuleKind::Directory,
        }
    }

    fn python_id(&self, here: &str) -> String {
        let mut top = here;
        while self.python.contains(folder(top)) && !top.is_empty() {
            top = folder(top);
        }
        let outside = folder(top);
        here[outside.len()..]
            .trim_start_matches('/')
            .replace('/', ".")
    }
}

fn member(kind: Manifest, name: &str, inside: &str) -> Membership {
    let inside = if inside == "src" { "" } else { inside };
    let (separator, inside) = match inside.strip_prefix("src/") {
        Some(inside) if kind == Manifest::Cargo => ("::", inside.replace('/', "::")),
        Some(inside) => ("/", inside.to_owned()),
        None => ("/", inside.to_owned()),
    };
    if inside.is_empty() {
        let kind = if kind == Manifest::Cargo {
            ModuleKind::Crate
        } else {
            ModuleKind::Package
        };
        return Membership {
            id: name.to_owned(),
            kind,
        };
    }
    Membership {
        id: format!("{name}{separator}{inside}"),
        kind: ModuleKind::Directory,
    }
}
