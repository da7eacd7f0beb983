//! An answer as JSON: one shape for `repoLsp/ask`, the commands of code actions and `repo-lsp ask --json`.
//!
//! `editors/PROTOCOL.md` documents it; a test compares the two. Positions are those of LSP, so that an editor can use them as they are.

use grounding::Citation;
use serde::{Deserialize, Serialize};

use super::{Locate, Reply};
use crate::answer::Source;
use crate::chat::AnswerPart;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AskResult {
    /// In words, also where a command asked.
    pub question: String,
    /// The whole answer.
    pub markdown: String,
    /// How many bytes of it are the answer itself; what follows is added by this program. Not for clients.
    #[serde(skip)]
    pub own: usize,
    pub citations: Vec<CitationJson>,
    /// What an answer from the index quotes, best first; empty for a model's answer.
    pub sources: Vec<Source>,
    pub mode: Mode,
    /// The generation of the model that answered; null where none did.
    pub generation: Option<String>,
    /// What the model thought before it answered; no part of the answer.
    pub thinking: Option<String>,
    /// The share of the places and names in the answer that were found, from 0 to 1; null where it names none.
    pub grounded: Option<f64>,
    /// The places and names that were not found, as the answer has them.
    pub unverified: Vec<String>,
    /// Why the model's answer is missing or incomplete.
    pub error: Option<String>,
    /// The id of the module, where that was asked; null where none was found.
    pub module: Option<String>,
    /// Names the answer in feedback; null where it is not recorded, or not recorded yet.
    pub interaction_id: Option<String>,
    pub conversation_id: Option<String>,
    /// From the question's arrival until the answer was complete.
    pub milliseconds: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Model,
    Extractive,
}

/// A cited place that a client can open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CitationJson {
    #[serde(flatten)]
    pub location: Location,
    /// `path#L10-L24`
    pub label: String,
    pub verified: bool,
}

/// A range in a file, as LSP has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Location {
    pub uri: String,
    pub range: Range,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    pub start: Position,
    /// Exclusive.
    pub end: Position,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Zero-based.
    pub line: u32,
    /// Zero-based, in the units that client and server have agreed on: UTF-16 unless negotiated otherwise.
    pub character: u32,
}

/// A part of an answer: text to append, and the places it cites.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AskPartial {
    pub markdown: String,
    pub citations: Vec<CitationJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
}

impl AskResult {
    /// Waits for the interaction's id, see [`Reply::interaction`].
    pub async fn of(mut reply: Reply, locate: &dyn Locate) -> Self {
        let interaction_id = reply.interaction().await;
        let markdown = reply.markdown(locate);
        let claims = reply.model.as_ref().map(|model| &model.checked.claims);
        let thinking = reply.model.as_ref().map(|model| model.thinking.clone());
        AskResult {
            own: reply.own_len(&markdown),
            citations: located(&reply.citations(), locate),
            sources: match &reply.index {
                Some(index) => index.sources.clone(),
                None => Vec::new(),
            },
            mode: reply.mode(),
            generation: reply.generation.clone(),
            thinking: thinking.filter(|thinking| !thinking.is_empty()),
            grounded: claims.and_then(|claims| claims.grounded()),
            unverified: claims
                .into_iter()
                .flat_map(|claims| claims.unverified())
                .map(str::to_owned)
                .collect(),
            error: reply.error.clone(),
            module: reply.module.clone(),
            interaction_id,
            milliseconds: reply.took.as_secs_f64() * 1e3,
            question: reply.question,
            conversation_id: reply.conversation,
            markdown,
        }
    }
}

impl AskPartial {
    pub fn of(part: AnswerPart, locate: &dyn Locate) -> Self {
        AskPartial {
            markdown: part.markdown,
            citations: located(&part.citations, locate),
            thinking: Some(part.thinking).filter(|thinking| !thinking.is_empty()),
        }
    }
}

fn located(citations: &[Citation], locate: &dyn Locate) -> Vec<CitationJson> {
    let location = |citation: &Citation| {
        Some(CitationJson {
            location: locate.location(citation)?,
            label: citation.label.clone(),
            verified: citation.verified,
        })
    };
    citations.iter().filter_map(location).collect()
}
