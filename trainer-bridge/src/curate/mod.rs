//! Interactions become what a model is trained on: samples, and pairs of a better and a worse answer.
//!
//! The same interactions give the same samples in the same order, and each says which interactions it was made of. Nothing here reads
//! the database, asks a model or writes a file.

mod document;
mod near;
mod signal;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

pub use document::split_of;
use document::{as_metadata, document_of};
use near::Near;
pub use signal::Reason;
use signal::{Verdicts, verdicts};

use crate::golden::GoldenQuestion;
use crate::interaction::Interaction;
use crate::sample::{Message, Metadata, Role, Sample, Signal};
use crate::store::Recorded;

/// How interactions are chosen.
#[derive(Debug, Clone)]
pub struct CurateOptions {
    /// At most so many samples, and so many pairs, of one document.
    pub per_document: usize,
    /// Questions that share so much of their words are one.
    pub near: f64,
    /// Questions that share so much of their words with a golden one are never trained on.
    pub near_golden: f64,
    /// How much of inserted code must be left for the answer to count as good.
    pub survival: f64,
    /// Whether an answer whose every citation is there is good enough when nobody has judged it.
    pub unjudged: bool,
}

impl Default for CurateOptions {
    fn default() -> Self {
        Self {
            per_document: 3,
            near: 0.8,
            near_golden: 0.6,
            survival: 0.8,
            unjudged: false,
        }
    }
}

/// A better and a worse answer to one question, in the shape of TRL's preference data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    pub prompt: Vec<Message>,
    pub chosen: Vec<Message>,
    pub rejected: Vec<Message>,
    pub metadata: Metadata,
}

/// What interactions were turned into. Each list is sorted by document, then by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curated {
    pub samples: Vec<Sample>,
    pub pairs: Vec<Preference>,
    /// Answers that were found bad, with no better one known.
    pub rejected: Vec<Sample>,
    /// What was left out, sorted by id, and why.
    pub left_out: Vec<(String, Reason)>,
}

/// Something to train on, before it is chosen.
struct Candidate<'i> {
    from: &'i Interaction,
    answer: &'i str,
    signal: Signal,
}

pub fn curate(
    recorded: &[Recorded],
    golden: &[GoldenQuestion],
    options: &CurateOptions,
) -> Curated {
    let mut curated = Curated::default();
    let mut golden_near = Near::new(options.near_golden);
    for question in golden {
        golden_near.add(&question.question);
    }
    let (mut samples, mut pairs, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
    for recorded in recorded {
        let from = &recorded.interaction;
        let Verdicts {
            sample,
            pair,
            bad,
            left_out,
        } = verdicts(recorded, options);
        let out = &mut curated.left_out;
        if golden_near.find(&from.question).is_some() {
            out.push((from.id.clone(), Reason::Golden));
            continue;
        }
        out.extend(left_out.map(|reason| (from.id.clone(), reason)));
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
    curated.samples = choose(samples, options, &mut curated.left_out)
        .into_iter()
        .map(|(candidate, interactions)| sample(&candidate, interactions))
        .collect();
    // What is left out of the pairs was a sample as well, and has been noted as such.
    curated.pairs = choose(pairs, options, &mut Vec::new())
        .into_iter()
        .map(|(candidate, interactions)| {
            let whole = sample(&candidate, interactions);
            Preference {
                prompt: vec![said(Role::User, &candidate.from.question)],
                chosen: vec![said(Role::Assistant, candidate.answer)],
                rejected: vec![said(Role::Assistant, &candidate.from.answer)],
                metadata: whole.metadata,
            }
        })
        .collect();
    curated.rejected = choose(rejected, options, &mut curated.left_out)
        .into_iter()
        .map(|(candidate, interactions)| sample(&candidate, interactions))
        .collect();
    curated.left_out.sort();
    curated
}

/// Merges what is nearly the same and keeps to the limit of each document; better reasons and newer answers come first.
fn choose<'i>(
    mut candidates: Vec<Candidate<'i>>,
    options: &CurateOptions,
    left_out: &mut Vec<(String, Reason)>,
) -> Vec<(Candidate<'i>, Vec<String>)> {
    candidates.sort_by(|a, b| {
        let key = |c: &Candidate<'i>| (c.signal, c.from.time);
        key(b).cmp(&key(a)).then_with(|| a.from.id.cmp(&b.from.id))
    });
    let mut near: HashMap<&str, Near> = HashMap::new();
    let mut of_document: HashMap<(&str, String), usize> = HashMap::new();
    let mut kept: Vec<(Candidate<'i>, Vec<String>)> = Vec::new();
    let mut place: HashMap<(&str, usize), Option<usize>> = HashMap::new();
    for candidate in candidates {
        let workspace = candidate.from.workspace.as_str();
        let id = candidate.from.id.clone();
        // The same words in another workspace ask for something else.
        let near = near
            .entry(workspace)
            .or_insert_with(|| Near::new(options.near));
        if let Some(first) = near.find_same(&candidate.from.question) {
            left_out.push((id.clone(), Reason::Duplicate));
            if let Some(Some(at)) = place.get(&(workspace, first)) {
                kept[*at].1.push(id);
            }
            continue;
        }
        let at = near.add(&candidate.from.question);
        let count = of_document
            .entry((workspace, document_of(candidate.from)))
            .or_default();
        if *count == options.per_document {
            left_out.push((id, Reason::EnoughOfDocument));
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
            said(Role::User, &candidate.from.question),
            said(Role::Assistant, candidate.answer),
        ],
        metadata,
    }
}

/// An interaction as a sample, whatever became of it: as it is exported.
pub(crate) fn as_sample(interaction: &Interaction) -> Sample {
    Sample {
        messages: vec![
            said(Role::User, &interaction.question),
            said(Role::Assistant, &interaction.answer),
        ],
        metadata: Metadata {
            interactions: vec![interaction.id.clone()],
            ..as_metadata(interaction, &interaction.answer)
        },
    }
}

fn said(role: Role, content: &str) -> Message {
    Message {
        role,
        content: content.to_owned(),
        reasoning_content: None,
    }
}

#[cfg(test)]
mod tests;
