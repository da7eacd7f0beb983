//! Samples that were made elsewhere, by a teacher or from interactions, pass the same gates as facts.

use std::collections::HashMap;

use super::DatasetError;
use super::build::{Build, file_of};
use crate::gates::{DropReason, check_answer, redact};
use crate::sample::{Message, Role, Sample, Split};

impl Build<'_, '_> {
    /// Takes samples that were made elsewhere through the same gates.
    pub(super) fn hand_in(&mut self, samples: &[&Sample]) -> Result<(), DatasetError> {
        let mut of_document: HashMap<(&str, &str), usize> = HashMap::new();
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
                .entry((&sample.metadata.flow, &sample.metadata.source.file))
                .or_default();
            let from_teacher = sample.metadata.teacher.is_some()
                && sample.metadata.interactions.is_empty()
                && sample.metadata.kind != "replay";
            let reason = if from_teacher && *count >= self.options.per_document {
                Some(DropReason::EnoughOfDocument)
            } else if self.golden.is_close(&question.content) {
                Some(DropReason::GoldenOverlap)
            } else if self.repeated.is_repeated(&question.content) {
                Some(DropReason::Duplicate)
            } else if from_teacher {
                self.check_teacher(sample, &question.content, answer).err()
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

    /// Checks what a teacher wrote. Only the document counts as known: a name that the teacher invented for its question would
    /// otherwise pass in its answer.
    fn check_teacher(
        &self,
        sample: &Sample,
        question: &str,
        answer: &Message,
    ) -> Result<(), DropReason> {
        let file = self.repository.file(&sample.metadata.source.file);
        // A document that is not of one file, such as a transcript, is known from the question that contains it.
        let given = file.map_or(question, |file| &*file.text);
        let reasoning = answer.reasoning_content.as_deref();
        for text in [Some(answer.content.as_str()), reasoning]
            .into_iter()
            .flatten()
        {
            let cited = check_answer(&self.views, text, given)?;
            let held_out = cited.places.iter().any(|(path, _)| self.is_held_out(path));
            if sample.metadata.split == Split::Train && held_out {
                return Err(DropReason::HeldOut);
            }
        }
        Ok(())
    }
}
