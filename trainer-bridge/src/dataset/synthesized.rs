//! Samples that were made before: by flows, scenes and replay. What they say about the repository passes the same checks as facts.

use std::collections::HashMap;

use super::DatasetError;
use super::build::{Build, file_of};
use crate::flow_samples::OPEN_BOOK;
use crate::gates::{DropReason, check_answer, redact};
use crate::sample::{Message, Role, Sample, SampleSource, Split};

impl Build<'_, '_> {
    /// Checks samples that were made before, and writes those that pass.
    pub(super) fn add_synthesized(&mut self, samples: &[&Sample]) -> Result<(), DatasetError> {
        let mut of_document: HashMap<(&str, &SampleSource), usize> = HashMap::new();
        let documents = documents(samples);
        for sample in samples {
            let kind = sample.metadata.kind.as_str();
            let (Some(question), Some(answer)) = (
                sample
                    .messages
                    .iter()
                    .find(|message| message.role == Role::User),
                sample
                    .messages
                    .iter()
                    .rfind(|message| message.role == Role::Assistant),
            ) else {
                self.counter.drop(DropReason::Empty, kind, 1);
                continue;
            };
            let count = of_document
                .entry((&sample.metadata.flow, &sample.metadata.source))
                .or_default();
            // Replay is not about the repository.
            let about_repository = sample.metadata.kind != "replay";
            let from_teacher = sample.metadata.teacher.is_some() && about_repository;
            let document = || {
                let known = documents.get(&(&sample.metadata.source, answer.content.as_str()));
                known.map_or(question.content.as_str(), |document| *document)
            };
            let checked = if about_repository {
                self.check_claims(sample, document(), answer)
            } else {
                Ok(())
            };
            let reason = if from_teacher && *count >= self.options.per_document {
                Some(DropReason::EnoughOfDocument)
            } else if self.golden.is_close(&question.content) {
                Some(DropReason::GoldenOverlap)
            } else if let Err(reason) = checked {
                Some(reason)
            } else if !self.asked.insert(&question.content) {
                // Last, because a question counts as asked only if it is kept.
                Some(DropReason::Duplicate)
            } else {
                None
            };
            match reason {
                Some(reason) => self.counter.drop(reason, kind, 1),
                None => {
                    *count += 1;
                    let mut kept = Sample::clone(sample);
                    for message in &mut kept.messages {
                        self.counter.statistics.redacted += redact(&mut message.content)
                            + message.reasoning_content.as_mut().map_or(0, redact);
                    }
                    self.writer.row(file_of(kept.metadata.split), &kept)?;
                    self.excerpts.offer(&kept);
                    self.counter.keep(&kept, 1);
                }
            }
        }
        Ok(())
    }

    /// Checks the answer and the reasoning. Only the document counts as known: a name that a teacher invented for its question would
    /// otherwise pass in its answer.
    fn check_claims(
        &self,
        sample: &Sample,
        document: &str,
        answer: &Message,
    ) -> Result<(), DropReason> {
        let file = self.repository.file(&sample.metadata.source.file);
        let document = file.map_or(document, |file| &*file.text);
        let reasoning = answer.reasoning_content.as_deref();
        for text in [Some(answer.content.as_str()), reasoning]
            .into_iter()
            .flatten()
        {
            let cited = check_answer(&self.views, text, document)?;
            let held_out = cited.places.iter().any(|(path, _)| self.is_held_out(path));
            if sample.metadata.split == Split::Train && held_out {
                return Err(DropReason::HeldOut);
            }
        }
        Ok(())
    }
}

/// The documents that are not of one file, such as transcripts and commits, by source and answer. They are in the question of the sample with
/// the document; the sample without it has the same answer.
fn documents<'s>(samples: &[&'s Sample]) -> HashMap<(&'s SampleSource, &'s str), &'s str> {
    let with_document = samples
        .iter()
        .filter(|sample| sample.metadata.kind == OPEN_BOOK);
    with_document
        .filter_map(|sample| {
            let [question, .., answer] = sample.messages.as_slice() else {
                return None;
            };
            let source = &sample.metadata.source;
            Some(((source, answer.content.as_str()), question.content.as_str()))
        })
        .collect()
}
