//! Tests of queries: resolution, usages, references, modules, search.

use expect_test::{Expect, expect};
use repo_indexer::Cancel;

use crate::support::{Workspace, search};

/// Resolves the identifier at `$0` and compares its candidates and their usages with a snapshot.
#[track_caller]
fn check(fixture: &str, expected: Expect) {
    let workspace = Workspace::new(fixture);
    let index = workspace.indexed();
    let snapshot = index.snapshot();
    let (path, offset) = workspace.mark.clone().unwrap();
    let mut out = String::new();
    match snapshot.resolve_at(&path, offset) {
        None => out.push_str("nothing\n"),
        Some(resolution) => {
            out.push_str(&format!("{}\n", resolution.name));
            for candidate in resolution.candidates {
                let symbol = snapshot.symbol(candidate.symbol).unwrap();
                out.push_str(&format!(
                    "{:.2} {:?} {} in {} `{}`\n",
                    candidate.confidence,
                    symbol.kind,
                    symbol.qualified,
                    symbol.path,
                    symbol.signature
                ));
                let usages = snapshot.usages(candidate.symbol);
                for site in &usages.sites {
                    let by = site
                        .by
                        .and_then(|by| snapshot.symbol(by))
                        .map_or_else(|| "the file".to_owned(), |by| by.qualified);
                    let test = if site.test { " (test)" } else { "" };
                    out.push_str(&format!(
                        "  used {}x in {}:{} by {by}{test}\n",
                        site.count,
                        site.path,
                        site.line + 1
                    ));
                }
                if usages.possible > 0 {
                    out.push_str(&format!("  {} more of the name\n", usages.possible));
                }
            }
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn an_import_decides_between_definitions_of_one_name() {
    check(
        "
//- /shop/__init__.py
//- /shop/cart.py
def total(items):
    return sum(items)
//- /shop/tax.py
def total(items):
    return 0
//- /shop/page.py
from .cart import total

def show(items):
    return tot$0al(items)
//- /tests/test_cart.py
from shop.cart import total

def test_total():
    assert total([]) == 0
",
        expect![[r#"
            total
            0.90 Function total in shop/cart.py `def total(items):`
              used 1x in shop/page.py:4 by show
              used 1x in tests/test_cart.py:4 by test_total (test)
            0.35 Function total in shop/tax.py `def total(items):`
              2 more of the name
        "#]],
    );
}

#[test]
fn a_method_is_found_through_the_import_of_its_type() {
    check(
        "
//- /Cargo.toml
[package]
name = \"press\"
//- /src/lib.rs
pub mod writer;
pub mod run;
//- /src/writer.rs
pub struct Writer;
impl Writer {
    /// Makes everything durable.
    pub fn commit(&mut self) -> u32 { 0 }
}
//- /src/run.rs
use crate::writer::Writer;
fn run(writer: &mut Writer) {
    writer.com$0mit();
}
",
        expect![[r#"
            commit
            0.70 Method Writer::commit in src/writer.rs `pub fn commit(&mut self) -> u32`
              used 1x in src/run.rs:3 by run
        "#]],
    );
}

#[test]
fn the_name_in_a_definition_resolves_to_it() {
    check(
        "
//- /a.go
package a
func Al$0pha() int { return 1 }
//- /b.go
package a
func Beta() int { return Alpha() }
",
        expect![[r#"
            Alpha
            1.00 Function Alpha in a.go `func Alpha() int`
              used 1x in b.go:2 by Beta
        "#]],
    );
}

#[test]
fn whitespace_resolves_to_nothing() {
    check("\n//- /a.py\nx = 1  $0 \n", expect!["nothing\n"]);
}

#[test]
fn references_are_exact_positions() {
    let workspace = Workspace::new(
        "
//- /a.py
def alpha():
    return 'alpha'
//- /b.py
from a import alpha
# alpha in a comment
print(alpha(), alpha)
",
    );
    let index = workspace.indexed();
    let snapshot = index.snapshot();
    let alpha = snapshot.definitions("alpha")[0];
    let references = snapshot.references(alpha, &Cancel::new()).unwrap();
    let shown: Vec<String> = references
        .iter()
        .map(|at| {
            format!(
                "{}:{}{}{}",
                at.path,
                at.line,
                if at.call { " call" } else { "" },
                if at.definition { " definition" } else { "" }
            )
        })
        .collect();
    assert_eq!(
        shown,
        ["a.py:0 definition", "b.py:0", "b.py:2 call", "b.py:2"]
    );
}

#[test]
fn modules_have_ids_descriptions_and_relations() {
    let workspace = Workspace::new(
        "
//- /Cargo.toml
[workspace]
members = [\"core\", \"app\"]
//- /core/Cargo.toml
[package]
name = \"store-core\"
//- /core/src/lib.rs
//! Keeps things.
pub struct Shelf;
//- /core/src/disk/mod.rs
pub fn write() {}
//- /app/Cargo.toml
[package]
name = \"app\"
//- /app/src/main.rs
use store_core::Shelf;
use store_core::disk::write;
fn main() {}
//- /tools/gen/__init__.py
\"\"\"Writes tables.\"\"\"
def generate(): pass
//- /tools/gen/sql/__init__.py
from gen import generate
",
    );
    let index = workspace.indexed();
    let mut out = String::new();
    for module in index.snapshot().modules() {
        out.push_str(&format!(
            "{} {:?} in {:?}: {} parent {:?} depends on {:?}\n",
            module.id,
            module.kind,
            module.directory,
            module.description,
            module.parent,
            module.depends_on
        ));
    }
    expect![[r#"
        app Crate in "app": 2 files without public definitions. parent None depends on [("store-core", 1), ("store-core::disk", 1)]
        gen Package in "tools/gen": Writes tables. parent None depends on []
        gen.sql Package in "tools/gen/sql": 1 file without public definitions. parent Some("gen") depends on [("gen", 1)]
        project Directory in "": 1 file without public definitions. parent None depends on []
        store-core Crate in "core": Keeps things. parent None depends on []
        store-core::disk Directory in "core/src/disk": Defines write. parent Some("store-core") depends on []
    "#]].assert_eq(&out);
}

#[test]
fn names_prose_and_paths_are_found() {
    let workspace = Workspace::new(
        "
//- /src/merge.rs
/// Joins small segments into a large one.
pub fn merge_segments() {}
//- /src/lexer.rs
pub fn next_token() {}
//- /tests/merge.rs
fn test_merge_segments() { merge_segments(); merge_segments(); }
//- /CHANGELOG.md
# 1.0
merge segments merge segments merge segments
",
    );
    let index = workspace.indexed();
    let snapshot = index.snapshot();
    assert_eq!(
        search(&snapshot, "how are segments merged?")[0],
        "src/merge.rs"
    );
    assert_eq!(search(&snapshot, "mergeSegments")[0], "src/merge.rs");
    assert_eq!(search(&snapshot, "lexer.rs")[0], "src/lexer.rs");
    assert_eq!(
        search(&snapshot, "merge_segments").len(),
        3,
        "tests and change logs are demoted, not removed"
    );
    assert!(search(&snapshot, "").is_empty());
    assert!(search(&snapshot, "zzzz").is_empty());
}

#[test]
fn files_are_skipped_with_a_reason() {
    let workspace = Workspace::new(
        "
//- /.gitignore
build
//- /build/out.py
x = 1
//- /excluded/a.py
x = 1
//- /.env
TOKEN=abc
//- /generated.py
# @generated by a tool. DO NOT EDIT.
x = 1
//- /ok.py
x = 1
",
    );
    std::fs::write(workspace.path("binary.dat"), [0, 1, 2, 255]).unwrap();
    workspace.write("large.json", &"{}\n".repeat(50_000));
    let index = workspace.indexed();
    let snapshot = index.snapshot();
    let skipped: Vec<String> = snapshot
        .status()
        .skipped
        .iter()
        .map(|file| format!("{}: {}", file.path, file.reason))
        .collect();
    assert_eq!(
        skipped,
        [
            ".env: private",
            "binary.dat: not text",
            "generated.py: generated: generated",
            "large.json: larger than the limit (0.1 MB)"
        ]
    );
    assert!(
        snapshot.contains("ok.py")
            && !snapshot.contains("build/out.py")
            && !snapshot.contains("excluded/a.py")
    );
    assert_eq!(
        snapshot.text(".env"),
        None,
        "the text of a private file is not returned"
    );
    assert!(search(&snapshot, "TOKEN abc").is_empty());
}
