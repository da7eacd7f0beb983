//! Extractive answers: definitions, their documentation and relations, quoted from the repository with their places.
//!
//! Pure functions from snapshots to an [`Answer`], which editor and terminal render.
//! Nothing here writes prose about code, knows LSP, or asks a model.

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

pub use ask::{Listener, SearchQuestion, ask};
pub use diagnostic::diagnostic;
pub use explain::explain;
pub use impact::impact;
pub use module::{module, module_of_requirement};
pub use source::{is_test, lines_of};
pub use target::Target;
pub use text::{first_line, first_paragraph, signature};
pub use usages::usages;

/// The default reason why an answer is from the index alone.
const NO_MODEL: &str = "no model is set up";

/// Number of sources that an answer quotes unless `answer.sources` is set.
pub const DEFAULT_SOURCES: usize = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerKind {
    Question,
    Explain,
    Usages,
    Impact,
    Module,
    Diagnostic,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    pub kind: AnswerKind,
    /// One sentence. Markdown, like the notes.
    pub headline: String,
    pub sources: Vec<Source>,
    /// Omissions, or why nothing was found. Markdown.
    pub notes: Vec<String>,
    /// Why the answer is from the index alone.
    pub without_model: Cow<'static, str>,
}

/// A quoted place.
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
    /// The retrieval scores, if it was found by a search.
    pub score: Option<Scores>,
}

/// "Used in 23 places: …"
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Relation {
    pub label: String,
    pub mentions: Vec<Mention>,
    /// How many further ones are not listed.
    pub more: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mention {
    /// The qualified name of the definition around the place, if there is one.
    pub name: Option<String>,
    pub citation: Citation,
    pub count: u32,
}

impl Answer {
    fn new(kind: AnswerKind, headline: impl Into<String>) -> Self {
        Answer {
            kind,
            headline: headline.into(),
            sources: Vec::new(),
            notes: Vec::new(),
            without_model: Cow::Borrowed(NO_MODEL),
        }
    }

    /// Returns where the answer comes from, such as `from the index (no model is set up)`.
    pub fn label(&self) -> String {
        format!("from the index ({})", self.without_model)
    }

    /// Sets the reason why no model answered.
    pub fn with_reason(mut self, reason: impl Into<Cow<'static, str>>) -> Self {
        self.without_model = reason.into();
        self
    }

    /// Returns every place that the answer cites, without repetitions, in reading order.
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
