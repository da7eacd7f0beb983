//! Matches imports with the files they refer to.
//!
//! One rule for all languages: an import is a path of segments, which is compared with the segments of file paths. `hir_def/expr`
//! matches `crates/hir-def/src/expr.rs` and `crates/hir-def/src/expr/mod.rs`; `./z` matches only files in the same folder. The resolvers
//! of the languages handle more cases (aliases, path mappings). This one needs no configuration and is accurate enough for ranking.

use crate::facts::Import;
use crate::graph::Graph;

/// How an import matches a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ImportMatch {
    /// The file is inside the imported package.
    Inside,
    /// The import refers to this file.
    File,
}

/// File stems that represent their folder.
const INDEX_STEMS: &[&str] = &["__init__", "index", "init", "lib", "main", "mod"];
/// Folders that are not part of module names.
const TRANSPARENT: &[&str] = &["src", "lib", "include", "main", "java"];

/// Returns the segments of the module name of a file, outermost first.
pub(crate) fn segments(path: &str) -> Vec<&str> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let mut segments: Vec<&str> = folder
        .split('/')
        .filter(|part| !part.is_empty() && !TRANSPARENT.contains(part))
        .collect();
    if !INDEX_STEMS.contains(&stem) || segments.is_empty() {
        segments.push(stem);
    }
    segments
}

/// A file that imports may refer to.
pub(crate) struct ImportTarget<'a> {
    pub path: &'a str,
    /// The segments of its path.
    plain: Vec<&'a str>,
    /// The segments beginning with the name of its package, if there is a manifest: `core/src/lib.rs` of the crate `store-core` is
    /// `store-core`.
    named: Option<Vec<&'a str>>,
}

impl<'a> ImportTarget<'a> {
    pub fn new(path: &'a str, package: Option<(&'a str, &'a str)>) -> Self {
        let named = package.map(|(folder, name)| {
            let inside = path[folder.len()..].trim_start_matches('/');
            let mut named: Vec<&str> = name.split('/').collect();
            // `src/lib.rs` represents the package itself.
            let stands_for_package = segments(inside)
                .iter()
                .all(|segment| INDEX_STEMS.contains(segment));
            if !stands_for_package {
                named.extend(segments(inside));
            }
            named
        });
        ImportTarget {
            path,
            plain: segments(path),
            named,
        }
    }

    /// Returns the last segment by path and by package name.
    pub fn last(&self) -> impl Iterator<Item = &'a str> {
        self.plain
            .last()
            .into_iter()
            .chain(self.named.iter().flat_map(|named| named.last()))
            .copied()
    }
}

/// Returns the folder of a path; empty for files in the root.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Compares segments, treating `-` and `_` as equal, because package managers treat them as equal.
fn same(a: &str, b: &str) -> bool {
    a == b
        || (a.len() == b.len()
            && a.bytes()
                .zip(b.bytes())
                .all(|(a, b)| a == b || (a == b'-' && b == b'_') || (a == b'_' && b == b'-')))
}

/// The path of an import, with relative parts resolved against the importing file.
pub(crate) struct ImportPath<'a> {
    segments: Vec<&'a str>,
    /// Whether the segments begin at the root of the workspace. Otherwise they may match at any depth.
    anchored: bool,
    /// The prefix required of target paths: the folder of the crate for Rust's `crate/…`.
    within: Option<&'a str>,
    /// The module of the importing file, for a path in Rust that begins with a name: that of a crate or of a submodule.
    rust_module: Option<Vec<&'a str>>,
}

impl<'a> ImportPath<'a> {
    pub fn new(import: &'a Import, from: &'a str) -> Self {
        let path: &str = &import.path;
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let split = |path: &'a str| {
            path.split('/')
                .filter(|part| !part.is_empty() && *part != "." && !TRANSPARENT.contains(part))
        };
        let relative =
            path.starts_with("./") || path.starts_with("../") || path == "." || path == "..";
        if relative
            || path == "self"
            || path == "super"
            || path.starts_with("self/")
            || path.starts_with("super/")
        {
            // Rust's `self` is the module of the file: its submodules are in a folder with its stem, or in its folder for `mod.rs`.
            let rust = !relative;
            let mut base: Vec<&str> = if rust {
                segments(from)
            } else {
                split(folder).collect()
            };
            for part in path.split('/') {
                match part {
                    "." | "" | "self" => {}
                    ".." | "super" => drop(base.pop()),
                    part if !TRANSPARENT.contains(&part) => base.push(strip_extension(part)),
                    _ => {}
                }
            }
            return ImportPath {
                segments: base,
                anchored: true,
                within: None,
                rust_module: None,
            };
        }
        if let Some(rest) = path
            .strip_prefix("crate")
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        {
            let crate_root = from
                .rfind("/src/")
                .map(|at| &from[..at + 1])
                .or(from.starts_with("src/").then_some(""));
            return ImportPath {
                segments: split(rest).collect(),
                anchored: false,
                within: crate_root,
                rust_module: None,
            };
        }
        ImportPath {
            segments: split(path).map(strip_extension).collect(),
            anchored: false,
            within: None,
            rust_module: from.ends_with(".rs").then(|| segments(from)),
        }
    }

    /// Whether it refers to something outside of the workspace, such as a standard library or another package.
    pub fn is_outside(&self, graph: &Graph) -> bool {
        let first = self
            .segments
            .first()
            .filter(|_| !self.anchored && self.within.is_none());
        first.is_some_and(|first| !graph.has_segment(first))
    }

    pub fn last(&self) -> Option<&'a str> {
        self.segments.last().copied()
    }

    /// Returns the path without its last segment, unless it would be empty.
    pub fn parent(&self) -> Option<ImportPath<'a>> {
        let (_, rest) = self.segments.split_last()?;
        (!rest.is_empty()).then(|| ImportPath {
            segments: rest.to_vec(),
            anchored: self.anchored,
            within: self.within,
            rust_module: self.rust_module.clone(),
        })
    }

    /// Returns how the import matches a file, or `None` if it does not.
    pub fn matches(&self, target: &ImportTarget) -> Option<ImportMatch> {
        if self
            .within
            .is_some_and(|prefix| !target.path.starts_with(prefix))
        {
            return None;
        }
        let by_path = self
            .match_segments(&target.plain)
            .filter(|_| self.begins_in_rust(target));
        let by_name = target
            .named
            .as_ref()
            .filter(|_| !self.anchored)
            .and_then(|named| self.match_segments(named));
        by_path.max(by_name)
    }

    /// Whether the first name of a path in Rust is the folder of a crate or a submodule of the importing file. A file of any other folder may
    /// have the name of a crate from outside: `use regex::Regex` is not about `src/rules/regex.rs`.
    fn begins_in_rust(&self, target: &ImportTarget) -> bool {
        let (Some(module), Some(first)) = (&self.rust_module, self.segments.first()) else {
            return true;
        };
        let folders: Vec<&str> = target.path.split('/').collect();
        let is_crate = folders
            .windows(2)
            .any(|pair| same(pair[0], first) && pair[1] == "src");
        let is_submodule =
            target.plain.get(module.len()) == Some(first) && target.plain.starts_with(module);
        // The file of the root module is in the folder of its submodules.
        let (_, siblings) = module.split_last().unwrap_or((&"", &[]));
        let is_root = self
            .rust_module
            .as_ref()
            .is_some_and(|module| module.last().is_some_and(|stem| INDEX_STEMS.contains(stem)));
        let is_beside = is_root
            && target.plain.get(siblings.len()) == Some(first)
            && target.plain.starts_with(siblings);
        is_crate || is_submodule || is_beside
    }

    fn match_segments(&self, target: &[&str]) -> Option<ImportMatch> {
        let import = &self.segments;
        if import.is_empty() {
            return self.within.map(|_| ImportMatch::Inside);
        }
        if import.len() > target.len() {
            return None;
        }
        let at = |start: usize| import.iter().zip(&target[start..]).all(|(a, b)| same(a, b));
        if self.anchored {
            return at(0).then_some(if import.len() == target.len() {
                ImportMatch::File
            } else {
                ImportMatch::Inside
            });
        }
        if at(target.len() - import.len()) {
            return Some(ImportMatch::File);
        }
        (0..target.len() - import.len())
            .any(at)
            .then_some(ImportMatch::Inside)
    }
}

/// Removes a file extension: `./util.js` refers to the stem `util`. Any other dot is part of the name.
fn strip_extension(segment: &str) -> &str {
    const EXTENSIONS: &[&str] = &[
        "c", "cc", "cpp", "h", "hh", "hpp", "js", "jsx", "mjs", "ts", "tsx", "php", "rb", "sh",
        "lua",
    ];
    match segment.rsplit_once('.') {
        Some((stem, extension)) if EXTENSIONS.contains(&extension) && !stem.is_empty() => stem,
        _ => segment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: &str, import: &str, to: &str, expected: Option<ImportMatch>) {
        let import = Import {
            path: import.into(),
            names: Vec::new(),
            line: 0,
        };
        assert_eq!(
            ImportPath::new(&import, from).matches(&ImportTarget::new(to, None)),
            expected,
            "{import:?} in {from} matching {to}"
        );
    }

    #[test]
    fn a_crate_from_outside_is_no_file_of_its_name() {
        use ImportMatch::File;
        let from = "crates/app/src/history/mod.rs";
        check(from, "regex", "crates/flows/src/blocks/regex.rs", None);
        check(from, "regex", "crates/regex/src/lib.rs", Some(File));
        check(from, "class", "crates/app/src/history/class.rs", Some(File));
        check("src/lib.rs", "class", "src/class.rs", Some(File));
        check("src/lib.rs", "class", "src/history/class.rs", None);
    }

    #[test]
    fn imports_match_files_by_segments() {
        use ImportMatch::{File, Inside};
        check(
            "crates/ide/src/a.rs",
            "hir_def/expr",
            "crates/hir-def/src/expr.rs",
            Some(File),
        );
        check(
            "crates/ide/src/a.rs",
            "hir_def",
            "crates/hir-def/src/lib.rs",
            Some(File),
        );
        check(
            "crates/ide/src/a.rs",
            "hir_def",
            "crates/hir-def/src/expr/store.rs",
            Some(Inside),
        );
        check(
            "crates/ide/src/a.rs",
            "crate/b",
            "crates/ide/src/b.rs",
            Some(File),
        );
        check(
            "crates/ide/src/a.rs",
            "crate/b",
            "crates/hir/src/b.rs",
            None,
        );
        check(
            "crates/ide/src/a.rs",
            "super/b",
            "crates/ide/src/b.rs",
            Some(File),
        );
        check(
            "crates/ide/src/lib.rs",
            "self/b",
            "crates/ide/src/b.rs",
            Some(File),
        );
        check(
            "src/flask/json/tag.py",
            "../app",
            "src/flask/app.py",
            Some(File),
        );
        check(
            "src/flask/app.py",
            "./json",
            "src/flask/json/__init__.py",
            Some(File),
        );
        check(
            "tests/test_app.py",
            "flask/app",
            "src/flask/app.py",
            Some(File),
        );
        check(
            "tests/test_app.py",
            "flask",
            "src/flask/app.py",
            Some(Inside),
        );
        check("web/a/x.ts", "../b/y", "web/b/y.ts", Some(File));
        check("web/a/x.ts", "./y.js", "web/c/y.js", None);
        check("src/x.c", "util/list.h", "include/util/list.h", Some(File));
    }

    #[test]
    fn a_package_matches_by_its_name() {
        let import = Import {
            path: "store_core/disk".into(),
            names: Vec::new(),
            line: 0,
        };
        let wanted = ImportPath::new(&import, "app/src/main.rs");
        let package = Some(("core", "store-core"));
        assert_eq!(
            wanted.matches(&ImportTarget::new("core/src/disk/mod.rs", package)),
            Some(ImportMatch::File)
        );
        assert_eq!(
            wanted.matches(&ImportTarget::new("core/src/disk/page.rs", package)),
            Some(ImportMatch::Inside)
        );
        assert_eq!(
            wanted.matches(&ImportTarget::new("core/src/disk/mod.rs", None)),
            None
        );
        let import = Import {
            path: "store_core".into(),
            ..import
        };
        let whole = ImportPath::new(&import, "app/src/main.rs");
        assert_eq!(
            whole.matches(&ImportTarget::new("core/src/lib.rs", package)),
            Some(ImportMatch::File)
        );
    }
}
