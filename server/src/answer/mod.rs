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
use std::sync::Arc;

use repo_indexer::{LineRange, Scores, Snapshot, Span};
use serde::Serialize;

pub use ask::{Listener, Question, ask};
pub use diagnostic::diagnostic;
pub use explain::explain;
pub use impact::impact;
pub use module::{belongs, module};
pub use render::{Links, Plain};
pub use source::{is_test, lines_of};
pub use target::Target;
pub use text::{first_line, first_paragraph, signature};
pub use usages::usages;

/// Why an answer is made of the index alone, where nothing else is known.
const NO_MODEL: &str = "no model is set up";

/// How many sources an answer quotes where the user has not said otherwise.
pub const SOURCES: usize = 6;

/// One workspace root to answer from.
#[derive(Clone)]
pub struct View {
    /// The root's name, put before each path; none where there is only one root.
    pub name: Option<String>,
    pub snapshot: Arc<Snapshot>,
}

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

/// A place in the repository, and whether it was found to be there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Citation {
    /// Index of the root in the views that were asked.
    pub root: usize,
    pub path: Arc<str>,
    /// Written as the label has them: from 1.
    #[serde(serialize_with = "from_one")]
    pub lines: LineRange,
    pub span: Option<Span>,
    /// `path#L10-L24`, the root's name before it where there are several.
    pub label: String,
    pub verified: bool,
}

fn from_one<S: serde::Serializer>(lines: &LineRange, serializer: S) -> Result<S::Ok, S::Error> {
    let lines = LineRange {
        first: lines.first.saturating_add(1),
        last: lines.last.saturating_add(1),
    };
    lines.serialize(serializer)
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

impl Citation {
    /// Cites lines of a file as they are in the snapshot; the text decides whether the citation is verified.
    pub fn new(
        views: &[View],
        root: usize,
        path: &Arc<str>,
        lines: LineRange,
        span: Option<Span>,
    ) -> Self {
        let LineRange { first, last } = lines;
        let range = if first == last {
            format!("L{}", first + 1)
        } else {
            format!("L{}-L{}", first + 1, last + 1)
        };
        let view = views.get(root);
        let label = match view.and_then(|v| v.name.as_deref()) {
            Some(name) => format!("{name}/{path}#{range}"),
            None => format!("{path}#{range}"),
        };
        let text = view.and_then(|v| v.snapshot.text(path));
        let verified = text.is_some_and(|text| {
            let spanned = span.is_none_or(|s| s.of(&text).is_some_and(|t| !t.trim().is_empty()));
            spanned && first <= last && (last as usize) < text.lines().count()
        });
        Citation {
            root,
            path: path.clone(),
            lines,
            span,
            label,
            verified,
        }
    }
}
