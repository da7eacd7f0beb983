//! Modules as documents: what each is for, its public items, and its place among the others. Items of held-out files are left out.

use repo_indexer::SymbolKind;

use super::{Document, DocumentKind, MAX_DOCUMENT};
use crate::documentation::purpose;
use crate::repository::Repository;
use crate::sample::{CitedLines, Split};

pub(super) fn documents(repository: &Repository) -> Vec<Document> {
    let modules = repository.snapshot.modules().iter();
    modules
        .filter_map(|module| {
            let mut files = repository.files.iter().filter(|file| *file.module == module.id && !file.test && file.split == Split::Train).peekable();
            let first = files.peek()?.path.clone();
            let mut text = format!("Module `{}` in `{}`.\n\n{}\n\nPublic items:\n", module.id, module.directory, module.description);
            let items = files.flat_map(|file| file.symbols.iter().map(move |symbol| (file, symbol)));
            for (file, symbol) in items {
                let kind = symbol.kind;
                let listed = kind.is_type() && kind != SymbolKind::Impl || kind == SymbolKind::Function;
                if !symbol.public || symbol.test || symbol.container.is_some() || !listed {
                    continue;
                }
                let purpose = purpose(symbol).map(|purpose| format!(": {purpose}")).unwrap_or_default();
                let line = format!(
                    "- {} `{}` (`{}#L{}-L{}`){purpose}\n",
                    kind.noun(), symbol.qualified, file.path, symbol.lines.first + 1, symbol.lines.last + 1
                );
                if text.len() + line.len() > MAX_DOCUMENT {
                    break;
                }
                text.push_str(&line);
            }
            let side = |neighbours: &[(String, u32)]| {
                let ids: Vec<_> = neighbours.iter().take(10).map(|(id, _)| format!("`{id}`")).collect();
                if ids.is_empty() { "no other module".to_owned() } else { ids.join(", ") }
            };
            let outline = format!(
                "The module `{}` of this repository, with its public items. It imports {} and is imported by {}.",
                module.id, side(&module.depends_on), side(&module.used_by)
            );
            let mut document = Document::new(
                DocumentKind::Module, &first, CitedLines { first: 1, last: 1 }, module.id.clone(), text, outline,
            );
            document.id = format!("module:{}", module.id);
            Some(document)
        })
        .collect()
}
