//! How the index's facts are said in words. The hover and the answers share this wording.

use repo_indexer::{Module, ModuleKind, Snapshot, SymbolInfo, SymbolKind};

use crate::markdown::code;

pub fn kind(kind: SymbolKind) -> &'static str {
    match kind {
        SymbolKind::Module => "module",
        SymbolKind::Class => "class",
        SymbolKind::Struct => "struct",
        SymbolKind::Enum => "enum",
        SymbolKind::Interface => "interface",
        SymbolKind::Impl => "implementation",
        SymbolKind::Function => "function",
        SymbolKind::Method => "method",
        SymbolKind::Macro => "macro",
        SymbolKind::TypeAlias => "type alias",
        SymbolKind::Constant => "constant",
        SymbolKind::Variable => "variable",
        SymbolKind::Field => "field",
        SymbolKind::Variant => "variant",
        SymbolKind::Section => "section",
        SymbolKind::Table => "table",
        SymbolKind::Key => "key",
    }
}

/// "method of `IndexWriter` · crate `tantivy::indexer`"
pub fn whereabouts(snapshot: &Snapshot, symbol: &SymbolInfo) -> String {
    let mut out = kind(symbol.kind).to_owned();
    if let Some(container) = symbol.container.and_then(|id| snapshot.symbol(id)) {
        out.push_str(&format!(" of {}", code(&container.name)));
    }
    let module = snapshot.membership(&symbol.path);
    out.push_str(&format!(
        " · {} {}",
        module_kind(module.kind),
        code(&module.id)
    ));
    out
}

fn module_kind(kind: ModuleKind) -> &'static str {
    match kind {
        ModuleKind::Crate => "crate",
        ModuleKind::Package => "package",
        ModuleKind::Directory => "module",
    }
}

/// "crate `tantivy`"
pub fn module_name(module: &Module) -> String {
    format!("{} {}", module_kind(module.kind), code(&module.id))
}

/// "1 place", "23 places"
pub fn count(n: usize, one: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {one}s")
    }
}
