//! Answers made of the repository's own text: which definitions, their documentation, who uses them, each with its place.
//!
//! Pure functions from snapshots to an [`Answer`]; the editor and the terminal render the same value.
//! Nothing here writes prose about code, knows LSP, or talks to a model: what is not in the index is not said.

mod ask;
mod diagnostic;
mod explain;
mod impact;
mod module;
mod render;
mod source;
mod target;
mod text;
mod usages;
pub mod words;

use std::borrow::Cow;

use grounding::Citation;
use repo_indexer::Scores;
use serde::Serialize;

pub use ask::{Listener, Question, ask};
pub use diagnostic::diagnostic;
pub use explain::explain;
pub use impact::impact;
pub use module::{belongs, module};
pub use source::{is_test, lines_of};
pub use target::Target;
pub use text::{first_line, first_paragraph, signature};
pub use usages::usages;

/// Why an answer is made of the index alone, where nothing else is known.
const NO_MODEL: &str = "no model is set up";

/// How many sources an answer quotes unless `answer.sources` is set.
pub const DEFAULT_SOURCES: usize = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Question,
    Explain,
    Usages,
    Impact,
    Module,
    Diagnostic,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    pub kind: Kind,
    /// One sentence. Markdown, like the notes.
    pub headline: String,
    pub sources: Vec<Source>,
    /// What was left out, or why nothing was found.
    pub notes: Vec<String>,
    /// Why no model had a part in it.
    pub without_model: Cow<'static, str>,
}

/// One quoted place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Source {
    pub citation: Citation,
    /// The qualified name of a definition, the heading of a section, or the file's name.
    pub title: String,
    /// "method", "section", "file" …
    pub kind: &'static str,
    pub module: Option<String>,
    pub signature: Option<String>,
    /// The first paragraph of the documentation, as written in the repository.
    pub doc: Option<String>,
    pub snippet: Option<String>,
    pub relations: Vec<Relation>,
    /// How retrieval came to it, where it was retrieved.
    pub score: Option<Scores>,
}

/// "Used in 23 places: …"
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Relation {
    pub label: String,
    pub mentions: Vec<Mention>,
    /// How many more there are than are listed.
    pub more: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mention {
    /// The name of the definition at that place, where it lies in one.
    pub name: Option<String>,
    pub citation: Citation,
    pub count: u32,
}

impl Answer {
    fn new(kind: Kind, headline: impl Into<String>) -> Self {
        Answer {
            kind,
            headline: headline.into(),
            sources: Vec::new(),
            notes: Vec::new(),
            without_model: Cow::Borrowed(NO_MODEL),
        }
    }

    /// What every answer of this kind says of itself.
    pub fn label(&self) -> String {
        format!("from the index ({})", self.without_model)
    }

    /// The same answer, when a model was to give one and could not, or was not asked.
    pub fn because(mut self, reason: impl Into<Cow<'static, str>>) -> Self {
        self.without_model = reason.into();
        self
    }

    /// Every place the answer names, each once, in reading order.
    pub fn citations(&self) -> Vec<&Citation> {
        let mut all: Vec<&Citation> = Vec::new();
        for source in &self.sources {
            let mentions = source
                .relations
                .iter()
                .flat_map(|r| &r.mentions)
                .map(|m| &m.citation);
            for citation in std::iter::once(&source.citation).chain(mentions) {
                if !all.iter().any(|c| c.label == citation.label) {
                    all.push(citation);
                }
            }
        }
        all
    }
}
