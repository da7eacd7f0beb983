//! Workspaces created from fixtures (`//- /path` begins a file, `$0` marks a position), and a dump of the content of an index.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use repo_indexer::{
    Cancel, Index, IndexOptions, Query, QueryScope, RefreshReport, RefreshScope, Snapshot,
};
use tempfile::TempDir;

pub struct Workspace {
    folder: TempDir,
    index: TempDir,
    /// Path and byte offset of `$0`.
    pub mark: Option<(String, u32)>,
}

impl Workspace {
    pub fn new(fixture: &str) -> Self {
        let mut workspace = Workspace {
            folder: TempDir::new().unwrap(),
            index: TempDir::new().unwrap(),
            mark: None,
        };
        std::fs::create_dir(workspace.root()).unwrap();
        for (path, text) in fixture::parse(fixture) {
            let text = match text.find("$0") {
                Some(at) => {
                    workspace.mark = Some((path.to_owned(), at as u32));
                    text.replacen("$0", "", 1)
                }
                None => text,
            };
            workspace.write(path, &text);
        }
        workspace
    }

    pub fn root(&self) -> PathBuf {
        // The name of the folder is the id of the top module, so it must be constant.
        self.folder.path().canonicalize().unwrap().join("project")
    }

    pub fn index_folder(&self) -> &Path {
        self.index.path()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn remove(&self, path: &str) {
        let path = self.path(path);
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap()
        } else {
            std::fs::remove_file(path).unwrap()
        }
    }

    pub fn options(&self) -> IndexOptions {
        options(self.index.path())
    }

    /// Opens the index without scanning.
    pub fn open(&self) -> Arc<Index> {
        Index::open(&self.root(), self.options()).unwrap()
    }

    pub fn indexed(&self) -> Arc<Index> {
        let index = self.open();
        refresh(&index, RefreshScope::All);
        index
    }

    /// Returns the dump of a new index of the same files.
    pub fn fresh_dump(&self) -> String {
        let folder = TempDir::new().unwrap();
        let index = Index::open(&self.root(), options(folder.path())).unwrap();
        refresh(&index, RefreshScope::All);
        dump(&index.snapshot())
    }
}

fn options(directory: &Path) -> IndexOptions {
    IndexOptions {
        directory: directory.to_owned(),
        exclude: vec!["excluded".to_owned()],
        private: vec![".env*".to_owned(), "*.pem".to_owned()],
        max_file_bytes: 100_000,
        languages_off: Vec::new(),
        threads: 2,
    }
}

pub fn refresh(index: &Index, scope: RefreshScope) -> RefreshReport {
    index.refresh(scope, &|_| {}, &Cancel::new()).unwrap()
}

pub fn search(snapshot: &Snapshot, text: &str) -> Vec<String> {
    let query = Query {
        text: text.to_owned(),
        limit: 10,
        scope: QueryScope::All,
    };
    let found = snapshot.search(&query, &Cancel::new()).unwrap();
    found
        .files
        .iter()
        .map(|file| file.path.to_string())
        .collect()
}

/// Returns the complete content of an index as text. Scores are rounded, because sums of floats depend on the order of segments.
pub fn dump(snapshot: &Snapshot) -> String {
    let mut out = String::new();
    let status = snapshot.status();
    writeln!(
        out,
        "{} files, {} symbols, {} chunks, {:?}",
        status.files, status.symbols, status.chunks, status.languages
    )
    .unwrap();
    writeln!(out, "skipped {:?}", status.skipped).unwrap();
    let mut symbols = snapshot.find_symbols("", usize::MAX);
    symbols.sort_by(|a, b| (&a.path, a.span, &a.name).cmp(&(&b.path, b.span, &b.name)));
    for symbol in &symbols {
        let usages = snapshot.usages(symbol.id);
        writeln!(
            out,
            "{}:{} {:?} {}",
            symbol.path, symbol.lines.first, symbol.kind, symbol.qualified
        )
        .unwrap();
        let sites = usages.sites.iter().map(|site| {
            format!(
                "{}:{} x{} {:.2}",
                site.path, site.line, site.count, site.confidence
            )
        });
        writeln!(
            out,
            "  used {} ({} possible): {}",
            usages.total,
            usages.possible,
            sites.collect::<Vec<_>>().join(", ")
        )
        .unwrap();
        let callees = snapshot
            .callees(symbol.id)
            .into_iter()
            .filter_map(|callee| snapshot.symbol(callee.symbol));
        writeln!(
            out,
            "  uses {}",
            callees
                .map(|callee| format!("{} {}", callee.path, callee.qualified))
                .collect::<Vec<_>>()
                .join(", ")
        )
        .unwrap();
    }
    for module in snapshot.modules() {
        writeln!(out, "{module:?}").unwrap();
    }
    for text in [
        "parse the configuration",
        "alpha",
        "beta gamma",
        "Widget.render",
        "where is delta used",
    ] {
        let query = Query {
            text: text.to_owned(),
            limit: 20,
            scope: QueryScope::All,
        };
        let found = snapshot.search(&query, &Cancel::new()).unwrap();
        for hit in &found.hits {
            writeln!(
                out,
                "{text}: {}:{:?} {:.3}",
                hit.path, hit.lines, hit.scores.total
            )
            .unwrap();
        }
        for file in &found.files {
            writeln!(out, "{text}: {} {:.3}", file.path, file.scores.total).unwrap();
        }
    }
    out
}
