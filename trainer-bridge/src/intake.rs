//! The only way into the store: applies the privacy mode and redacts secrets before anything is written.
//!
//! The store writes only [`Admitted`] values, and only an [`Intake`] creates them, so that no caller can forget to redact.

mod no_code;

use std::borrow::Cow;
use std::sync::Arc;

use crate::feedback::{Feedback, FeedbackEvent};
use crate::interaction::{Interaction, PrivacyMode, new_id};
use crate::redact::{self, Redactor};

pub(crate) use no_code::{PLACEHOLDER as CODE_PLACEHOLDER, remove as remove_code};

/// Returns whether a file is private.
type PrivateFilePredicate = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The recording policy: what may be recorded of an interaction.
#[derive(Clone, Default)]
pub struct Intake {
    mode: PrivacyMode,
    private: Vec<PrivateFilePredicate>,
}

/// A value that was redacted and may be written.
#[derive(Debug, Clone)]
pub struct Admitted<T>(T);

impl<T> Admitted<T> {
    pub(crate) fn get(&self) -> &T {
        &self.0
    }
}

impl Admitted<Feedback> {
    /// Removes code from the text of a correction, for an interaction that was recorded without code.
    pub(crate) fn without_code(&self) -> Self {
        let mut feedback = self.0.clone();
        if let FeedbackEvent::Corrected { answer } = &mut feedback.event {
            remove_code(answer);
        }
        Self(feedback)
    }
}

impl Intake {
    pub fn new(mode: PrivacyMode) -> Self {
        Self {
            mode,
            private: Vec::new(),
        }
    }

    /// Refuses interactions that name a file for which `private` returns true.
    pub fn excluding_files(
        mut self,
        private: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.private.push(Arc::new(private));
        self
    }

    /// Returns the policy that admits only what both policies admit.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self {
            mode: self.mode.max(other.mode),
            private: self.private.iter().chain(&other.private).cloned().collect(),
        }
    }

    /// Redacts an interaction. Returns `None` if the privacy mode is off or if it names a private file.
    pub fn admit(&self, mut raw: Interaction) -> Option<Admitted<Interaction>> {
        // An imported interaction may have been recorded in a stricter mode.
        raw.privacy = raw.privacy.max(self.mode);
        if raw.privacy == PrivacyMode::Off || self.is_private(&raw) {
            return None;
        }
        if raw.id.is_empty() {
            raw.id = new_id();
        }
        for text in [&mut raw.question, &mut raw.answer]
            .into_iter()
            .chain(&mut raw.correction)
        {
            truncate(text);
            if raw.privacy == PrivacyMode::NoCode {
                no_code::remove(text);
            }
        }
        let mut counts = std::mem::take(&mut raw.redactions);
        counts.sort_by(|a, b| a.kind.cmp(&b.kind));
        let texts = [
            &mut raw.question,
            &mut raw.answer,
            &mut raw.workspace,
            &mut raw.kind,
        ]
        .into_iter()
        .chain(&mut raw.correction)
        .chain(&mut raw.generation)
        .chain(raw.context.iter_mut().map(|context| &mut context.file))
        .chain(raw.citations.iter_mut().map(|citation| &mut citation.file))
        .chain(raw.scores.iter_mut().map(|score| &mut score.file));
        for text in texts {
            let (clean, found) = Redactor::built_in().redact(text);
            if let Cow::Owned(clean) = clean {
                *text = clean;
            }
            for redaction in found {
                redact::add(&mut counts, &redaction.kind, redaction.count);
            }
        }
        raw.redactions = counts;
        raw.grounded = raw.grounded.filter(|rate| rate.is_finite());
        for score in &mut raw.scores {
            // JSON cannot represent infinities and NaN.
            score.parts.retain(|_, part| part.is_finite());
            if !score.total.is_finite() {
                score.total = 0.0;
            }
        }
        Some(Admitted(raw))
    }

    /// Redacts feedback. Returns `None` if the privacy mode is off.
    pub fn admit_feedback(&self, mut raw: Feedback) -> Option<Admitted<Feedback>> {
        if self.mode == PrivacyMode::Off {
            return None;
        }
        match &mut raw.event {
            FeedbackEvent::Corrected { answer } => {
                truncate(answer);
                if self.mode == PrivacyMode::NoCode {
                    no_code::remove(answer);
                }
                if let (Cow::Owned(clean), _) = Redactor::built_in().redact(answer) {
                    *answer = clean;
                }
            }
            FeedbackEvent::Survived { share, .. } => {
                *share = if share.is_finite() {
                    share.clamp(0.0, 1.0)
                } else {
                    0.0
                };
            }
            _ => {}
        }
        Some(Admitted(raw))
    }

    fn is_private(&self, raw: &Interaction) -> bool {
        let mut files = raw
            .context
            .iter()
            .map(|context| &context.file)
            .chain(raw.citations.iter().map(|citation| &citation.file))
            .chain(raw.scores.iter().map(|score| &score.file));
        files.any(|file| self.private.iter().any(|private| private(file)))
    }
}

/// The maximum length of one text in bytes. Longer texts are not written by hand, and one of them must not delay all others.
const MAX_TEXT_LEN: usize = 1 << 20;

const TRUNCATION_MARK: &str = "\n[cut]";

fn truncate(text: &mut String) {
    if text.len() > MAX_TEXT_LEN {
        text.truncate(text.floor_char_boundary(MAX_TEXT_LEN - TRUNCATION_MARK.len()));
        text.push_str(TRUNCATION_MARK);
    }
}

#[cfg(test)]
mod tests;
