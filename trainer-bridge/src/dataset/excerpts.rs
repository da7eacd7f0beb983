//! A few samples of each kind for the report, beside the source that they came from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::repository::Repository;
use crate::sample::{Role, Sample};

/// Samples shown of each kind.
const SHOWN: usize = 4;

/// Lines of source shown beside a sample.
const MAX_LINES: usize = 30;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Excerpt {
    pub question: String,
    pub reasoning: Option<String>,
    pub answer: String,
    pub file: String,
    pub first: u32,
    pub last: u32,
    pub source: String,
}

/// Keeps the samples with the smallest ids of each kind: ids are hashes, so these are as good as drawn by chance, and the same each time.
#[derive(Default)]
pub(super) struct Excerpts(BTreeMap<String, BTreeMap<String, Sample>>);

impl Excerpts {
    pub fn offer(&mut self, sample: &Sample) {
        let of_kind = self.0.entry(sample.metadata.kind.clone()).or_default();
        let is_smaller = of_kind
            .last_key_value()
            .is_none_or(|(id, _)| sample.metadata.id < *id);
        if of_kind.len() < SHOWN || is_smaller {
            of_kind.insert(sample.metadata.id.clone(), sample.clone());
            if of_kind.len() > SHOWN {
                of_kind.pop_last();
            }
        }
    }

    pub fn finish(self, repository: &Repository) -> BTreeMap<String, Vec<Excerpt>> {
        let excerpts = |samples: BTreeMap<String, Sample>| {
            samples
                .into_values()
                .map(|sample| excerpt(repository, sample))
                .collect()
        };
        self.0
            .into_iter()
            .map(|(kind, samples)| (kind, excerpts(samples)))
            .collect()
    }
}

fn excerpt(repository: &Repository, sample: Sample) -> Excerpt {
    let (mut question, mut answer, mut reasoning) = (String::new(), String::new(), None);
    for message in sample.messages {
        match message.role {
            Role::Assistant => {
                answer = message.content;
                reasoning = message.reasoning_content;
            }
            Role::System => {}
            Role::User | Role::Tool => question = message.content,
        }
    }
    let source = sample.metadata.source;
    let skipped = source.range.first.saturating_sub(1) as usize;
    let count = (source.range.last.saturating_sub(source.range.first) + 1) as usize;
    let text = repository.file(&source.file).map(|file| {
        let lines = file.text.lines().skip(skipped).take(count.min(MAX_LINES));
        lines.collect::<Vec<_>>().join("\n")
    });
    let mut text = text.unwrap_or_default();
    crate::gates::redact(&mut text);
    Excerpt {
        question,
        reasoning,
        answer,
        file: source.file,
        first: source.range.first,
        last: source.range.last,
        source: text,
    }
}
