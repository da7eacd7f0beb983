//! The code-questions: what they are called, and the command each of them is.

use tower_lsp::ls_types::CodeActionKind;

/// Records what came of an answer; its argument is that of `repoLsp/feedback`.
pub const FEEDBACK: &str = "repoLsp.feedback";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Explain,
    Usages,
    Impact,
    Module,
    Selection,
    Diagnostic,
}

pub struct Entry {
    pub question: Question,
    /// What a person reads in the menu.
    pub title: &'static str,
    /// The command, unique among all servers of an editor.
    pub id: &'static str,
    /// The kind of the action, by which clients filter and bind keys.
    pub kind: &'static str,
}

/// Kinds of their own: none of these edits anything, so "fix all" and "refactor" must not find them.
pub const ALL: [Entry; 6] = [
    Entry {
        question: Question::Explain,
        title: "Explain this",
        id: "repoLsp.explain",
        kind: "repoLsp.explain",
    },
    Entry {
        question: Question::Usages,
        title: "How is this used",
        id: "repoLsp.usages",
        kind: "repoLsp.usages",
    },
    Entry {
        question: Question::Impact,
        title: "What breaks if I change this",
        id: "repoLsp.impact",
        kind: "repoLsp.impact",
    },
    Entry {
        question: Question::Module,
        title: "Which module does this belong to",
        id: "repoLsp.module",
        kind: "repoLsp.module",
    },
    Entry {
        question: Question::Selection,
        title: "Ask about the selection",
        id: "repoLsp.askSelection",
        kind: "repoLsp.ask",
    },
    Entry {
        question: Question::Diagnostic,
        title: "Explain this diagnostic here",
        id: "repoLsp.explainDiagnostic",
        kind: "quickfix",
    },
];

pub fn named(id: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.id == id)
}

/// Every command there is.
pub fn ids() -> Vec<String> {
    let questions = ALL.iter().map(|entry| entry.id);
    questions.chain([FEEDBACK]).map(str::to_owned).collect()
}

pub fn kinds() -> Vec<CodeActionKind> {
    let questions = ALL.iter().map(|entry| entry.kind);
    let all = questions.chain([super::requests::judge::KIND]);
    all.map(CodeActionKind::new).collect()
}

/// Whether a client that asks `only` for these kinds wants this one: kinds are hierarchical.
pub fn wanted(only: Option<&[CodeActionKind]>, kind: &str) -> bool {
    let matches = |k: &CodeActionKind| {
        let asked = k.as_str();
        asked.is_empty()
            || kind == asked
            || (kind.starts_with(asked) && kind[asked.len()..].starts_with('.'))
    };
    only.is_none_or(|kinds| kinds.iter().any(matches))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_hierarchical() {
        let only = |k: &'static str| [CodeActionKind::new(k)];
        assert!(wanted(None, "repoLsp.explain"));
        assert!(wanted(Some(&only("repoLsp")), "repoLsp.explain"));
        assert!(wanted(Some(&only("")), "repoLsp.explain"));
        assert!(!wanted(Some(&only("repo")), "repoLsp.explain"));
        assert!(!wanted(Some(&only("refactor")), "repoLsp.explain"));
    }
}
