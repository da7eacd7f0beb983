//! What can be asked, and what the index answers to a question about a place in the code.

use std::path::PathBuf;

use repo_indexer::{Cancel, IndexError};

use super::Context;
use crate::answer::{self, Answer, Target};
use crate::chat::exchange::ModelQuestion;
use crate::chat::{diagnostic_question, explain_question};
use crate::recording::InteractionKind;

/// A question, and how it is to be answered.
#[derive(Debug, Clone)]
pub struct Question {
    pub task: Task,
    /// The root folder of the workspace that the interaction is recorded under.
    pub workspace: PathBuf,
    /// The conversation that the question belongs to, by the id its client gave it.
    pub conversation: Option<String>,
    /// `false` answers from the index alone, even if a model is set up.
    pub use_model: bool,
}

/// What is asked.
#[derive(Debug, Clone)]
pub enum Task {
    /// A question in words.
    Words {
        text: String,
        /// The place in the code that the developer is looking at.
        at: Option<Target>,
        /// Whether `text` is selected text rather than typed.
        selected: bool,
    },
    /// Which module a requirement belongs to.
    Module { requirement: String },
    /// A question about a place in the code.
    Code {
        question: CodeQuestion,
        target: Target,
    },
}

/// The questions about a place in the code: one for each code action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeQuestion {
    Explain,
    Usages,
    Impact,
    Module,
    /// About the selected text; `selected` is false where the developer typed a question about it.
    Selection {
        text: String,
        selected: bool,
    },
    Diagnostic {
        message: String,
    },
}

impl CodeQuestion {
    pub(super) fn kind(&self) -> InteractionKind {
        match self {
            CodeQuestion::Explain => InteractionKind::Explain,
            CodeQuestion::Usages => InteractionKind::Usages,
            CodeQuestion::Impact => InteractionKind::Impact,
            CodeQuestion::Module => InteractionKind::Module,
            CodeQuestion::Selection { .. } => InteractionKind::Selection,
            CodeQuestion::Diagnostic { .. } => InteractionKind::Diagnostic,
        }
    }

    /// The question in words, as it is recorded, about something called `name`.
    fn in_words(&self, name: &str) -> String {
        match self {
            CodeQuestion::Explain => format!("What is `{name}`, and what does it do?"),
            CodeQuestion::Usages => format!("How is `{name}` used?"),
            CodeQuestion::Impact => format!("What breaks if I change `{name}`?"),
            CodeQuestion::Module => format!("Which module does `{name}` belong to?"),
            CodeQuestion::Selection { text, .. } => text.clone(),
            CodeQuestion::Diagnostic { message } => diagnostic_question(message),
        }
    }
}

/// What the index answers about a place in the code, and what a model would be asked.
pub(super) struct FromIndex {
    pub answer: Answer,
    /// The question in words.
    pub asked: String,
    /// `None` where the index knows the answer for certain.
    pub prompt: Option<ModelQuestion>,
}

impl CodeQuestion {
    pub(super) fn answer_from_index(
        &self,
        context: &Context,
        target: &Target,
        cancel: &Cancel,
    ) -> Result<FromIndex, IndexError> {
        let (views, limit) = (&context.views, context.max_sources);
        let symbol = target.symbol(views).map(|(symbol, _)| symbol.qualified);
        let prompt = match (self, &symbol) {
            (CodeQuestion::Explain, Some(name)) => Some(explain_question(name)),
            (CodeQuestion::Selection { .. } | CodeQuestion::Diagnostic { .. }, _) => {
                Some(self.in_words(&target.path))
            }
            _ => None,
        };
        let answer = match self {
            CodeQuestion::Explain => answer::explain(views, target, limit, cancel)?,
            CodeQuestion::Usages => answer::usages(views, target, limit, cancel)?,
            CodeQuestion::Impact => answer::impact(views, target, limit, cancel)?,
            CodeQuestion::Module => answer::module(views, target, cancel)?,
            CodeQuestion::Selection { text, .. } => {
                let words = answer::SearchQuestion { text, limit };
                answer::ask(views, words, &mut (), cancel)?
            }
            CodeQuestion::Diagnostic { message } => {
                answer::diagnostic(views, target, message, limit, cancel)?
            }
        };
        let name = symbol.as_deref().unwrap_or(&target.path);
        Ok(FromIndex {
            answer,
            asked: prompt.clone().unwrap_or_else(|| self.in_words(name)),
            prompt: prompt.map(|text| ModelQuestion {
                text,
                at: Some(target.clone()),
            }),
        })
    }
}
