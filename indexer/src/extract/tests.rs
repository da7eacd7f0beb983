//! Snapshot tests of extraction: the outline of one realistic file per language.

mod code;
mod detection;
mod documents;
mod invariants;
mod lookup;
mod managed;
mod scripts;
mod systems;
mod web;

use std::fmt::Write;

use expect_test::Expect;

use super::{clean_doc, extract};
use crate::facts::{Extraction, FileFacts};
use crate::language::Language;

/// Compares the outline of `source` with a snapshot, and checks the invariants on damaged variants of `source`.
fn check(path: &str, source: &str, expect: Expect) {
    let language = Language::detect(path, source);
    let extraction = extract(language, path, source);
    expect.assert_eq(&render(&extraction, source));
    invariants::check_damaged(language, source);
}

fn render(extraction: &Extraction, source: &str) -> String {
    let mut out = String::new();
    let facts = &extraction.facts;
    if facts.errors > 0 {
        let _ = writeln!(out, "errors: {}", facts.errors);
    }
    if let Some(package) = &facts.package {
        let _ = writeln!(out, "package: {package}");
    }
    if let Some(doc) = facts.doc.and_then(|doc| doc.of(source)) {
        let _ = writeln!(out, "doc: {:?}", first_line(doc));
    }
    for import in &facts.imports {
        let _ = writeln!(
            out,
            "import {} [{}] :{}",
            import.path,
            import.names.join(" "),
            import.line + 1
        );
    }
    for (index, symbol) in facts.symbols.iter().enumerate() {
        let indent = "  ".repeat(depth(facts, index));
        let receiver = symbol
            .receiver
            .as_ref()
            .map(|name| format!(" of {name}"))
            .unwrap_or_default();
        let public = if symbol.public { " pub" } else { "" };
        let test = if symbol.test { " test" } else { "" };
        let signature = symbol
            .signature
            .of(source)
            .unwrap_or("?")
            .replace('\n', "⏎");
        let doc = symbol
            .doc
            .and_then(|doc| doc.of(source))
            .map(|doc| format!(" — {}", first_line(doc)))
            .unwrap_or_default();
        assert_eq!(symbol.name_span.of(source), Some(&*symbol.name));
        let _ = writeln!(
            out,
            "{indent}{:?} {}{receiver}{public}{test} {}-{} `{signature}`{doc}",
            symbol.kind,
            symbol.name,
            symbol.lines.first + 1,
            symbol.lines.last + 1
        );
    }
    let mut users: Vec<Option<u32>> = facts.uses.iter().map(|one| one.by).collect();
    users.sort_unstable();
    users.dedup();
    for user in users {
        let name = user.map_or("file", |index| &facts.symbols[index as usize].name);
        // Uses in different roles are summed; roles are tested separately.
        let mut sums: std::collections::BTreeMap<&str, (u32, u32)> = Default::default();
        for one in facts.uses.iter().filter(|one| one.by == user) {
            let sum = sums.entry(&one.name).or_default();
            *sum = (sum.0 + one.count, sum.1 + one.calls);
        }
        let uses = sums.into_iter().map(|(name, sum)| match sum {
            (1, 0) => name.to_string(),
            (1, 1) => format!("{name}()"),
            (count, calls) => format!("{name}×{count}({calls})"),
        });
        let _ = writeln!(out, "{name} uses {}", uses.collect::<Vec<_>>().join(" "));
    }
    for chunk in &extraction.chunks {
        let _ = writeln!(
            out,
            "chunk [{}] {}-{}",
            chunk.name,
            chunk.lines.first + 1,
            chunk.lines.last + 1
        );
        for (name, text) in [
            ("signature", &chunk.signature),
            ("doc", &chunk.doc),
            ("body", &chunk.body),
            ("comments", &chunk.comments),
            ("strings", &chunk.strings),
        ] {
            if !text.is_empty() {
                let _ = writeln!(
                    out,
                    "  {name}: {}",
                    text.split_whitespace().collect::<Vec<_>>().join(" ")
                );
            }
        }
    }
    out
}

fn first_line(doc: &str) -> String {
    clean_doc(doc)
        .lines()
        .next()
        .unwrap_or_default()
        .to_string()
}

fn depth(facts: &FileFacts, index: usize) -> usize {
    let mut depth = 0;
    let mut next = facts.symbols[index].container;
    while let Some(container) = next {
        depth += 1;
        next = facts.symbols[container as usize].container;
    }
    depth
}
