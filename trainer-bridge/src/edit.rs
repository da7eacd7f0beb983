//! Edits an interaction by hand: its question, answer, verdict and correction.

use crate::forget::CopyLocations;
use crate::intake::Intake;
use crate::interaction::{Interaction, Verdict};
use crate::private_file::FileError;
use crate::store::{RecordedInteraction, Store, StoreError};

/// The fields of an interaction that may be edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditableFields {
    pub question: String,
    pub answer: String,
    pub verdict: Option<Verdict>,
    pub correction: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("a question cannot be empty; `repo-lsp samples forget` deletes an interaction")]
    EmptyQuestion,
    #[error("the verdict `corrected` needs a correction; give one, or another verdict")]
    MissingCorrection,
}

/// A saved edit.
#[derive(Debug)]
pub struct EditedInteraction {
    pub recorded: RecordedInteraction,
    /// How many secrets were redacted from the new text.
    pub secrets: u32,
    /// Documents that show the previous text and could not be deleted.
    pub undeleted: Vec<FileError>,
}

impl EditableFields {
    pub fn of(interaction: &Interaction) -> Self {
        Self {
            question: interaction.question.clone(),
            answer: interaction.answer.clone(),
            verdict: interaction.verdict,
            correction: interaction.correction.clone(),
        }
    }

    /// Makes verdict and correction consistent: a new correction sets the verdict to `corrected`, unless the verdict was changed too.
    pub fn settled(mut self, before: &Self) -> Result<Self, EditError> {
        if self.question.trim().is_empty() {
            return Err(EditError::EmptyQuestion);
        }
        if self.correction.is_some()
            && self.correction != before.correction
            && self.verdict == before.verdict
        {
            self.verdict = Some(Verdict::Corrected);
        }
        if self.verdict == Some(Verdict::Corrected) && self.correction.is_none() {
            return Err(EditError::MissingCorrection);
        }
        Ok(self)
    }

    /// Writes the fields that differ from `before`, and leaves the others: they may have been changed meanwhile.
    fn apply(&self, before: &Self, now: &mut Interaction) {
        if self.question != before.question {
            now.question.clone_from(&self.question);
        }
        if self.answer != before.answer {
            now.answer.clone_from(&self.answer);
        }
        if self.verdict != before.verdict {
            now.verdict = self.verdict;
        }
        if self.correction != before.correction {
            now.correction.clone_from(&self.correction);
        }
    }
}

/// Saves an edit, and deletes the documents that show the previous text. Returns `None` if the interaction does not exist any more.
pub fn edit_interaction(
    store: &mut Store,
    before: &RecordedInteraction,
    after: &EditableFields,
    copies: &CopyLocations,
) -> Result<Option<EditedInteraction>, StoreError> {
    let id = &before.interaction.id;
    let fields = EditableFields::of(&before.interaction);
    // The interaction keeps its own privacy mode: changing only the verdict must not remove code from the text.
    let intake = Intake::default();
    let edited = store.edit(&intake, id, |now| after.apply(&fields, now));
    let undeleted = copies.delete_answers(|text| text.contains(id));
    if !edited? {
        return Ok(None);
    }
    let Some(recorded) = store.get(id)? else {
        return Ok(None);
    };
    let count =
        |interaction: &Interaction| -> u32 { interaction.redactions.iter().map(|r| r.count).sum() };
    let secrets = count(&recorded.interaction).saturating_sub(count(&before.interaction));
    Ok(Some(EditedInteraction {
        recorded,
        secrets,
        undeleted,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(question: &str, answer: &str, correction: Option<&str>) -> EditableFields {
        EditableFields {
            question: question.to_owned(),
            answer: answer.to_owned(),
            verdict: None,
            correction: correction.map(str::to_owned),
        }
    }

    #[test]
    fn a_correction_is_a_verdict_unless_one_is_given() {
        let before = fields("q", "a", None);
        let corrected = fields("q", "a", Some("c")).settled(&before).unwrap();
        assert_eq!(corrected.verdict, Some(Verdict::Corrected));
        let bad = EditableFields {
            verdict: Some(Verdict::Bad),
            ..fields("q", "a", Some("c"))
        };
        assert_eq!(bad.clone().settled(&before).unwrap(), bad);
        let removed = EditableFields {
            correction: None,
            ..corrected.clone()
        };
        assert!(removed.settled(&corrected).is_err());
        assert!(fields(" ", "a", None).settled(&before).is_err());
    }
}
