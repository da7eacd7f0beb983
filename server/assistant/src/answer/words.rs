//! The wording of facts, shared by hovers and answers.

use repo_indexer::{Module, ModuleKind, Snapshot, SymbolInfo, Usages};

use grounding::markdown::code;

/// "method of `IndexWriter` · crate `tantivy::indexer`"
pub fn whereabouts(snapshot: &Snapshot, symbol: &SymbolInfo) -> String {
    let mut out = symbol.kind.noun().to_owned();
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

/// How certain the definition of a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    Sure,
    Perhaps,
}

impl Certainty {
    /// Returns `None` below the lowest confidence that is shown: a wrong definition is worse than none.
    pub fn of(confidence: f32) -> Option<Self> {
        match confidence {
            ..0.5 => None,
            ..0.65 => Some(Certainty::Perhaps),
            _ => Some(Certainty::Sure),
        }
    }

    /// Returns the words before a statement about the definition, such as `probably `.
    pub fn prefix(self) -> &'static str {
        match self {
            Certainty::Sure => "",
            Certainty::Perhaps => "Perhaps: ",
        }
    }
}

/// "Nothing in the index uses `commit`."
pub fn unused(name: &str, users: &Usages) -> String {
    let uses = if users.possible > 0 {
        "is certain to use"
    } else {
        "uses"
    };
    format!("Nothing in the index {uses} {}.", code(name))
}

/// "3 more uses of that name may mean another definition."
pub fn possible(users: &Usages) -> Option<String> {
    let more = if users.total > 0 { "more use" } else { "use" };
    let uses = count(users.possible as usize, more);
    (users.possible > 0).then(|| format!("{uses} of that name may mean another definition."))
}

/// "1 place", "23 places"
pub fn count(n: usize, one: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {one}s")
    }
}
