//! What a sample has to pass before it is trained on, whether a teacher or the index wrote it.
//!
//! Every check is deterministic, needs no model, and has a reason that reports count. Nothing here knows where a sample comes from.

mod calls;
mod overlap;
mod quotes;
mod repetition;

use std::collections::BTreeMap;

use grounding::{Checker, Plain, View};
use repo_indexer::LineRange;
use serde::{Deserialize, Serialize};

pub(crate) use overlap::{AskedQuestions, GoldenOverlap};

use crate::redact::Redactor;

/// Why a sample was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// The question or the answer has no text.
    Empty,
    /// A teacher's reply has not the form that it was asked for.
    Unreadable,
    /// The answer is longer than a sample may be.
    TooLong,
    /// The answer repeats itself.
    Repetitive,
    /// The answer cites a file or lines that do not exist.
    UnknownPlace,
    /// The answer names an identifier that is neither in the repository nor in its source.
    UnknownName,
    /// The answer shows code that is not in the lines that it cites.
    UnknownQuote,
    /// The answer shows a call with a number of arguments that the function does not take.
    ImpossibleCall,
    /// The fact is about text that looks like a secret; with that replaced it would not be true.
    Secret,
    /// The answer cites a document that is held out from training.
    HeldOut,
    /// The same question was asked before, with the same or another answer.
    Duplicate,
    /// The question is close to a golden question, which would make the evaluation meaningless.
    GoldenOverlap,
    /// There are enough samples of this document.
    EnoughOfDocument,
}

impl DropReason {
    /// A short description for reports.
    pub fn describe(self) -> &'static str {
        match self {
            DropReason::Empty => "empty question or answer",
            DropReason::Unreadable => "reply not in the requested format",
            DropReason::TooLong => "answer too long",
            DropReason::Repetitive => "answer repeats itself",
            DropReason::UnknownPlace => "cites a place that does not exist",
            DropReason::UnknownName => "names an identifier that does not exist",
            DropReason::UnknownQuote => "shows code that is not in the cited lines",
            DropReason::ImpossibleCall => "shows a call with an impossible number of arguments",
            DropReason::Secret => "about text that looks like a secret",
            DropReason::HeldOut => "cites a document that is held out from training",
            DropReason::Duplicate => "same question as another sample",
            DropReason::GoldenOverlap => "close to a golden question",
            DropReason::EnoughOfDocument => "enough samples of the document",
        }
    }
}

/// The number of dropped samples for each reason.
pub type Drops = BTreeMap<DropReason, u64>;

/// Maximum length of an answer, in bytes. Trainers cut longer ones, which teaches a model to stop in the middle.
const MAX_ANSWER: usize = 8_000;

/// What an answer refers to, after it passed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Cited {
    pub places: Vec<(std::sync::Arc<str>, LineRange)>,
}

/// Checks an answer against the repository. `given` is the text that the answer was made of: names in it count as known.
pub(crate) fn check_answer(views: &[View], answer: &str, given: &str) -> Result<Cited, DropReason> {
    if answer.trim().is_empty() {
        return Err(DropReason::Empty);
    }
    if answer.len() > MAX_ANSWER {
        return Err(DropReason::TooLong);
    }
    if repetition::is_repetitive(answer) {
        return Err(DropReason::Repetitive);
    }
    let mut checker = Checker::new(views, &Plain, given);
    checker.push(answer);
    checker.finish();
    let claims = checker.checked().claims;
    if !claims.lost.is_empty() || claims.citations.iter().any(|citation| !citation.verified) {
        return Err(DropReason::UnknownPlace);
    }
    if claims.names.iter().any(|(_, known)| !known) {
        return Err(DropReason::UnknownName);
    }
    let cited = Cited {
        places: claims
            .citations
            .into_iter()
            .map(|citation| (citation.path, citation.lines))
            .collect(),
    };
    let quoted = quotes::cited_text(views, &cited);
    if !quotes::are_quoted(answer, &quoted) {
        return Err(DropReason::UnknownQuote);
    }
    if calls::is_impossible(views, answer, &quoted) {
        return Err(DropReason::ImpossibleCall);
    }
    Ok(cited)
}

/// Replaces secrets. Returns the number of replacements.
pub(crate) fn redact(text: &mut String) -> u64 {
    let (redacted, found) = Redactor::built_in().redact(text);
    let count = found.iter().map(|one| u64::from(one.count)).sum();
    if count > 0 {
        *text = redacted.into_owned();
    }
    count
}

#[cfg(test)]
mod tests;
