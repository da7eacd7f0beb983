//! "Which module does this belong to": describes the module, what it uses and what uses it.

use grounding::{Citation, View};
use std::sync::Arc;

use repo_indexer::{Cancel, IndexError, LineRange, Module, Snapshot};

use super::source::{Detail, of_symbol};
use super::{Answer, AnswerKind, Source, Target, text, words};
use grounding::markdown::code;

/// Files that introduce a module, the most likely first; the first that exists is cited.
const INTRODUCTIONS: [&str; 12] = [
    "src/lib.rs",
    "lib.rs",
    "mod.rs",
    "src/main.rs",
    "main.rs",
    "__init__.py",
    "index.ts",
    "index.js",
    "doc.go",
    "package.json",
    "README.md",
    "Cargo.toml",
];

pub fn module(views: &[View], target: &Target, _cancel: &Cancel) -> Result<Answer, IndexError> {
    let Some(view) = views.get(target.root) else {
        return Ok(super::target::no_definition_here(AnswerKind::Module));
    };
    let snapshot = &view.snapshot;
    let path: Arc<str> = Arc::from(target.path.as_str());
    let Some(module) = snapshot.module(&snapshot.membership(&path).id) else {
        return Ok(Answer::new(
            AnswerKind::Module,
            format!("{} belongs to no indexed module.", code(&path)),
        ));
    };
    let mut answer = Answer::new(
        AnswerKind::Module,
        format!("{} belongs to {}.", code(&path), words::module_name(module)),
    );
    answer
        .sources
        .push(of_module(views, target.root, module, &path));
    if let Some(symbol) = target.enclosing(views) {
        answer
            .sources
            .push(of_symbol(views, target.root, &symbol, Detail::default()));
    }
    add_notes(&mut answer, module);
    Ok(answer)
}

/// Answers which module a requirement belongs to: one of `among` candidates, or none. The given file is cited if no file introduces the
/// module.
pub fn module_of_requirement(
    views: &[View],
    chosen: Option<(usize, &str, Option<&Arc<str>>)>,
    among: usize,
) -> Answer {
    let found = chosen
        .and_then(|(root, id, file)| Some((root, views.get(root)?.snapshot.module(id)?, file)));
    let Some((root, module, file)) = found else {
        let mut answer = Answer::new(AnswerKind::Module, "It belongs to no indexed module.");
        answer.notes.push(
            "Nothing in the index matches these words. Names as they appear in the code match best."
                .to_owned(),
        );
        return answer;
    };
    let mut answer = Answer::new(
        AnswerKind::Module,
        format!(
            "It belongs to {} (of {} that were considered).",
            words::module_name(module),
            words::count(among, "module")
        ),
    );
    let introduction = introduction(&views[root].snapshot, module);
    if let Some(path) = introduction.as_ref().or(file) {
        answer.sources.push(of_module(views, root, module, path));
    }
    add_notes(&mut answer, module);
    answer
}

/// Adds what a module uses, what uses it, and its public items.
fn add_notes(answer: &mut Answer, module: &Module) {
    let list = |modules: &[(String, u32)]| {
        modules
            .iter()
            .take(8)
            .map(|(id, n)| format!("{} ({n})", code(id)))
            .collect::<Vec<_>>()
            .join(" · ")
    };
    if !module.depends_on.is_empty() {
        answer
            .notes
            .push(format!("It uses {}", list(&module.depends_on)));
    }
    if !module.used_by.is_empty() {
        answer
            .notes
            .push(format!("It is used by {}", list(&module.used_by)));
    }
    if !module.items.is_empty() {
        let items: Vec<String> = module.items.iter().take(12).map(|i| code(i)).collect();
        answer.notes.push(format!(
            "It offers {}{}",
            items.join(", "),
            if module.items.len() > 12 { ", …" } else { "" }
        ));
    }
}

fn of_module(views: &[View], root: usize, module: &Module, fallback: &Arc<str>) -> Source {
    let snapshot = &views[root].snapshot;
    let path = introduction(snapshot, module).unwrap_or_else(|| fallback.clone());
    Source {
        citation: Citation::new(views, root, &path, LineRange::default(), None),
        title: if module.id.is_empty() {
            ".".to_owned()
        } else {
            module.id.clone()
        },
        kind: "module",
        module: module.parent.clone(),
        signature: None,
        doc: text::first_paragraph(&module.description, 600),
        snippet: None,
        relations: Vec::new(),
        score: None,
    }
}

fn introduction(snapshot: &Snapshot, module: &Module) -> Option<Arc<str>> {
    let directory = module.directory.trim_end_matches('/');
    INTRODUCTIONS.iter().find_map(|name| {
        let path = if directory.is_empty() {
            (*name).to_owned()
        } else {
            format!("{directory}/{name}")
        };
        snapshot.text(&path).map(|_| Arc::from(path))
    })
}
