//! What modules are for, and how they depend on each other.

use repo_indexer::{LineRange, Module, SymbolInfo};

use super::{Context, Fact, FactKind, is_callable};
use crate::repository::{SourceFile, citation};

/// Items and neighbours in an answer.
const MAX_LISTED: usize = 8;

pub(super) fn facts(context: &Context) -> Vec<Fact> {
    let mut facts = Vec::new();
    for module in context.repository.snapshot.modules() {
        let Some((file, lines)) = entry(context, module) else {
            continue;
        };
        facts.extend(description(context, module, file, lines));
        facts.extend(dependencies(module, file, lines));
    }
    facts
}

/// Files that describe the folder they are in, best first.
const ENTRY_FILES: [&str; 9] = [
    "__init__.py",
    "lib.rs",
    "mod.rs",
    "main.rs",
    "doc.go",
    "index.ts",
    "index.js",
    "README.md",
    "package-info.java",
];

/// Returns the file that stands for a module, and the lines of its documentation or its first line.
fn entry<'c>(context: &'c Context, module: &Module) -> Option<(&'c SourceFile, LineRange)> {
    let files = || {
        context
            .repository
            .files
            .iter()
            .filter(|file| *file.module == module.id && !file.test)
    };
    let named = ENTRY_FILES.iter().find_map(|name| {
        files().find(|file| {
            file.path
                .strip_suffix(name)
                .is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
        })
    });
    let file = named.or_else(|| files().next())?;
    let last = file.line_of(file.text.len().saturating_sub(1)).min(19);
    Some((file, LineRange { first: 0, last }))
}

fn description(
    context: &Context,
    module: &Module,
    file: &SourceFile,
    lines: LineRange,
) -> Option<Fact> {
    let items: Vec<String> = public_items(context, module, file)
        .into_iter()
        .take(MAX_LISTED)
        .map(|(of, symbol)| {
            format!(
                "- the {} `{}` in {}",
                symbol.kind.noun(),
                symbol.qualified,
                citation(&of.path, symbol.lines)
            )
        })
        .collect();
    if items.is_empty() {
        return None;
    }
    let files = if module.files == 1 {
        "one file".to_owned()
    } else {
        format!("{} files", module.files)
    };
    let answer = format!(
        "`{}` lies in `{}` ({files}, begins with {}). {}\n\nAmong its public items are:\n\n{}",
        module.id,
        if module.directory.is_empty() {
            "."
        } else {
            &module.directory
        },
        citation(&file.path, lines),
        full_stop(&module.description),
        items.join("\n")
    );
    Some(fact(FactKind::Module, module, file, lines, answer))
}

/// Returns the public top-level definitions of a module that a fact may cite, documented ones first.
fn public_items<'c>(
    context: &'c Context,
    module: &Module,
    from: &SourceFile,
) -> Vec<(&'c SourceFile, &'c SymbolInfo)> {
    let files = context
        .repository
        .files
        .iter()
        .filter(|file| *file.module == module.id && !file.test && context.may_cite(from, file));
    let mut items: Vec<_> = files
        .flat_map(|file| file.symbols.iter().map(move |symbol| (file, symbol)))
        .filter(|(_, symbol)| {
            let kind = symbol.kind;
            let listed =
                kind.is_type() && kind != repo_indexer::SymbolKind::Impl || is_callable(kind);
            symbol.public && !symbol.test && symbol.container.is_none() && listed
        })
        .collect();
    items.sort_by_key(|(_, symbol)| (symbol.doc.is_none(), !symbol.kind.is_type()));
    items
}

fn dependencies(module: &Module, file: &SourceFile, lines: LineRange) -> Option<Fact> {
    if module.depends_on.is_empty() && module.used_by.is_empty() {
        return None;
    }
    let side = |neighbours: &[(String, u32)]| {
        let listed: Vec<String> = neighbours
            .iter()
            .take(MAX_LISTED)
            .map(|(id, count)| {
                format!(
                    "`{id}` ({count} {})",
                    if *count == 1 { "import" } else { "imports" }
                )
            })
            .collect();
        let more = neighbours.len().saturating_sub(MAX_LISTED);
        let rest = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        format!("{}{rest}", listed.join(", "))
    };
    let uses = match module.depends_on.as_slice() {
        [] => format!(
            "`{}` imports no other module of this repository.",
            module.id
        ),
        neighbours => format!("`{}` imports {}.", module.id, side(neighbours)),
    };
    let used = match module.used_by.as_slice() {
        [] => "No other module imports it.".to_owned(),
        neighbours => format!("It is imported by {}.", side(neighbours)),
    };
    let answer = format!(
        "{uses} {used} It begins with {}.",
        citation(&file.path, lines)
    );
    Some(fact(FactKind::Dependencies, module, file, lines, answer))
}

fn fact(
    kind: FactKind,
    module: &Module,
    file: &SourceFile,
    lines: LineRange,
    answer: String,
) -> Fact {
    Fact {
        kind,
        arguments: vec![("module", format!("`{}`", module.id))],
        reasoning: None,
        answer,
        source: file.source(lines),
        split: file.split,
    }
}

fn full_stop(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.ends_with(['.', '!', '?']) {
        text
    } else {
        format!("{text}.")
    }
}
