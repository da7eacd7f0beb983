//! Curation: turns interactions into training samples and preference pairs.
//!
//! The result is deterministic: the same interactions give the same samples in the same order. Each sample names the interactions that
//! it was made of. Nothing here reads the database, asks a model or writes a file.

mod document;
mod duplicates;
mod signal;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

pub(crate) use document::content_id;
pub use document::split_of;
use document::{as_metadata, document_of};
pub(crate) use duplicates::DuplicateIndex;
pub use signal::ExclusionReason;
use signal::{Classification, classify};

use crate::golden::GoldenQuestion;
use crate::interaction::Interaction;
use crate::sample::{Message, Metadata, Role, Sample, Signal};
use crate::store::RecordedInteraction;

/// How interactions are selected.
#[derive(Debug, Clone)]
pub struct CurateOptions {
    /// The maximum number of samples, and of preference pairs, per document.
    pub max_per_document: usize,
    /// The Jaccard similarity, in (0, 1], from which two questions of a workspace are near-duplicates.
    pub duplicate_threshold: f64,
    /// The Jaccard similarity, in (0, 1], from which a question is excluded because of a golden question.
    pub golden_threshold: f64,
    /// The share of inserted code that must be left for the answer to count as good, from 0 to 1.
    pub survival_threshold: f64,
    /// Whether answers without a verdict are included if they are grounded.
    pub include_unjudged: bool,
}

impl Default for CurateOptions {
    fn default() -> Self {
        Self {
            max_per_document: 3,
            duplicate_threshold: 0.8,
            golden_threshold: 0.6,
            survival_threshold: 0.8,
            include_unjudged: false,
        }
    }
}

/// A better and a worse answer to one question, in the format of TRL's preference datasets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    pub prompt: Vec<Message>,
    pub chosen: Vec<Message>,
    pub rejected: Vec<Message>,
    pub metadata: Metadata,
}

/// The result of curation. Each list of samples is sorted by document, then by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curated {
    pub samples: Vec<Sample>,
    pub preferences: Vec<Preference>,
    /// Bad answers without a better one.
    pub rejected: Vec<Sample>,
    /// The ids of the interactions that were excluded, sorted, with the reason of each.
    pub excluded: Vec<(String, ExclusionReason)>,
}

/// A possible sample, before duplicates are merged and documents are limited.
struct Candidate<'i> {
    from: &'i Interaction,
    answer: &'i str,
    signal: Signal,
}

/// Selects and converts interactions. Questions similar to one of `golden` are excluded.
pub fn curate(
    recorded: &[RecordedInteraction],
    golden: &[GoldenQuestion],
    options: &CurateOptions,
) -> Curated {
    let mut curated = Curated::default();
    let mut golden_index = DuplicateIndex::new(options.golden_threshold);
    for question in golden {
        golden_index.add(&question.question);
    }
    let (mut samples, mut pairs, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
    for recorded in recorded {
        let from = &recorded.interaction;
        let Classification {
            sample,
            pair,
            bad,
            excluded,
        } = classify(recorded, options);
        let out = &mut curated.excluded;
        if golden_index.find(&from.question).is_some() {
            out.push((from.id.clone(), ExclusionReason::Golden));
            continue;
        }
        out.extend(excluded.map(|reason| (from.id.clone(), reason)));
        samples.extend(sample.map(|(answer, signal)| Candidate {
            from,
            answer,
            signal,
        }));
        pairs.extend(pair.map(|answer| Candidate {
            from,
            answer,
            signal: Signal::Corrected,
        }));
        rejected.extend(bad.then_some(Candidate {
            from,
            answer: &from.answer,
            signal: Signal::Rejected,
        }));
    }
    curated.samples = select(samples, options, &mut curated.excluded)
        .into_iter()
        .map(|(candidate, interactions)| sample(&candidate, interactions))
        .collect();
    // Every pair is also a sample, so its exclusion is recorded there.
    curated.preferences = select(pairs, options, &mut Vec::new())
        .into_iter()
        .map(|(candidate, interactions)| {
            let whole = sample(&candidate, interactions);
            Preference {
                prompt: vec![message(Role::User, &candidate.from.question)],
                chosen: vec![message(Role::Assistant, candidate.answer)],
                rejected: vec![message(Role::Assistant, &candidate.from.answer)],
                metadata: whole.metadata,
            }
        })
        .collect();
    curated.rejected = select(rejected, options, &mut curated.excluded)
        .into_iter()
        .map(|(candidate, interactions)| sample(&candidate, interactions))
        .collect();
    curated.excluded.sort();
    curated
}

/// Merges near-duplicates and applies the limit per document. Better signals, then newer answers, take precedence.
///
/// Returns each selected candidate with the ids of all interactions that were merged into it.
fn select<'i>(
    mut candidates: Vec<Candidate<'i>>,
    options: &CurateOptions,
    excluded: &mut Vec<(String, ExclusionReason)>,
) -> Vec<(Candidate<'i>, Vec<String>)> {
    candidates.sort_by(|a, b| {
        let key = |c: &Candidate<'i>| (c.signal, c.from.time);
        key(b).cmp(&key(a)).then_with(|| a.from.id.cmp(&b.from.id))
    });
    let mut near: HashMap<&str, DuplicateIndex> = HashMap::new();
    let mut of_document: HashMap<(&str, String), usize> = HashMap::new();
    let mut kept: Vec<(Candidate<'i>, Vec<String>)> = Vec::new();
    let mut place: HashMap<(&str, usize), Option<usize>> = HashMap::new();
    for candidate in candidates {
        let workspace = candidate.from.workspace.as_str();
        let id = candidate.from.id.clone();
        // The same words in another workspace are a different question.
        let near = near
            .entry(workspace)
            .or_insert_with(|| DuplicateIndex::new(options.duplicate_threshold));
        if let Some(first) = near.find_same_identifiers(&candidate.from.question) {
            excluded.push((id.clone(), ExclusionReason::Duplicate));
            if let Some(Some(at)) = place.get(&(workspace, first)) {
                kept[*at].1.push(id);
            }
            continue;
        }
        let at = near.add(&candidate.from.question);
        let count = of_document
            .entry((workspace, document_of(candidate.from)))
            .or_default();
        if *count == options.max_per_document {
            excluded.push((id, ExclusionReason::EnoughOfDocument));
            place.insert((workspace, at), None);
            continue;
        }
        *count += 1;
        place.insert((workspace, at), Some(kept.len()));
        kept.push((candidate, vec![id]));
    }
    kept.sort_by(|(a, _), (b, _)| {
        let key = |c: &Candidate<'i>| {
            (
                document_of(c.from),
                c.from.workspace.clone(),
                c.from.id.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    kept
}

fn sample(candidate: &Candidate, mut interactions: Vec<String>) -> Sample {
    interactions.sort();
    let mut metadata = as_metadata(candidate.from, candidate.answer);
    metadata.interactions = interactions;
    metadata.signal = Some(candidate.signal);
    if candidate.signal == Signal::Corrected {
        metadata.teacher = None;
        metadata.grounded = false;
    }
    Sample {
        messages: vec![
            message(Role::User, &candidate.from.question),
            message(Role::Assistant, candidate.answer),
        ],
        metadata,
    }
}

/// Converts an interaction to a sample for export, whatever its verdict is.
pub(crate) fn as_sample(interaction: &Interaction) -> Sample {
    Sample {
        messages: vec![
            message(Role::User, &interaction.question),
            message(Role::Assistant, &interaction.answer),
        ],
        metadata: Metadata {
            interactions: vec![interaction.id.clone()],
            ..as_metadata(interaction, &interaction.answer)
        },
    }
}

fn message(role: Role, content: &str) -> Message {
    Message {
        role,
        content: content.to_owned(),
        reasoning_content: None,
    }
}

#[cfg(test)]
mod tests;
