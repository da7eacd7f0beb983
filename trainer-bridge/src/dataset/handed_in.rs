//! Samples that were made elsewhere, by a teacher or from interactions, pass the same gates as facts.

use std::collections::HashMap;

use super::DatasetError;
use super::build::{Build, file_of};
use crate::gates::{DropReason, check_answer, redact};
use crate::sample::{Role, Sample};

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
                check_answer(&self.views, &answer.content, &self.source_text(sample)).err()
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

    /// The text that a teacher was shown: the question with the document.
    fn source_text(&self, sample: &Sample) -> String {
        let mut given = sample
            .messages
            .iter()
            .map(|message| message.content.as_str());
        let question = given.next().unwrap_or_default();
        let document = self.repository.file(&sample.metadata.source.file);
        format!("{question}\n{}", document.map_or("", |file| &file.text))
    }
}
