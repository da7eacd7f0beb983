//! The questions about code that are offered as code actions, and the command of each.

use tower_lsp::ls_types::CodeActionKind;

/// The command that records feedback on an answer. Its argument is the one of `repoLsp/feedback`.
pub const FEEDBACK: &str = "repoLsp.feedback";
/// The kind of the actions that record feedback.
pub const FEEDBACK_KIND: &str = "repoLsp.feedback";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestionCommand {
    Explain,
    Usages,
    Impact,
    Module,
    Selection,
    Diagnostic,
}

pub struct Entry {
    pub question: QuestionCommand,
    /// The title shown in the menu.
    pub title: &'static str,
    /// The id of the command, which must be unique among all servers of an editor.
    pub id: &'static str,
    /// The kind of the action, which clients filter and bind keys by.
    pub kind: &'static str,
}

/// All questions. None of them edits code, so their kinds are our own and not matched by "fix all" or "refactor".
pub const ALL: [Entry; 6] = [
    Entry {
        question: QuestionCommand::Explain,
        title: "Explain this",
        id: "repoLsp.explain",
        kind: "repoLsp.explain",
    },
    Entry {
        question: QuestionCommand::Usages,
        title: "How is this used",
        id: "repoLsp.usages",
        kind: "repoLsp.usages",
    },
    Entry {
        question: QuestionCommand::Impact,
        title: "What breaks if I change this",
        id: "repoLsp.impact",
        kind: "repoLsp.impact",
    },
    Entry {
        question: QuestionCommand::Module,
        title: "Which module does this belong to",
        id: "repoLsp.module",
        kind: "repoLsp.module",
    },
    Entry {
        question: QuestionCommand::Selection,
        title: "Ask about the selection",
        id: "repoLsp.askSelection",
        kind: "repoLsp.ask",
    },
    Entry {
        question: QuestionCommand::Diagnostic,
        title: "Explain this diagnostic here",
        id: "repoLsp.explainDiagnostic",
        kind: "quickfix",
    },
];

pub fn named(id: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.id == id)
}

/// Returns the ids of all commands.
pub fn ids() -> Vec<String> {
    let questions = ALL.iter().map(|entry| entry.id);
    questions.chain([FEEDBACK]).map(str::to_owned).collect()
}

pub fn kinds() -> Vec<CodeActionKind> {
    let questions = ALL.iter().map(|entry| entry.kind);
    let all = questions.chain([FEEDBACK_KIND]);
    all.map(CodeActionKind::new).collect()
}

/// Whether `kind` is among the kinds that a client restricts its request to with `only`, or below one of them.
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
