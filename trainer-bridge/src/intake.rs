//! The one gate to the store: the privacy mode is applied and secrets are taken out here, before anything is written.
//!
//! What the store writes is [`Admitted`], and nothing but an [`Intake`] makes one, so that no caller can forget it.

mod no_code;

use std::sync::Arc;

use crate::feedback::{Event, Feedback};
use crate::interaction::{Interaction, PrivacyMode, new_id};
use crate::redact::{self, Redactor};

pub(crate) use no_code::{PLACEHOLDER as CODE, remove as remove_code};

/// Says whether a file may hold secrets.
type Private = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// What may be kept of what is recorded.
#[derive(Clone, Default)]
pub struct Intake {
    mode: PrivacyMode,
    private: Option<Private>,
}

/// Something that may be written.
#[derive(Debug, Clone)]
pub struct Admitted<T>(T);

impl<T> Admitted<T> {
    pub(crate) fn get(&self) -> &T {
        &self.0
    }
}

impl Intake {
    pub fn new(mode: PrivacyMode) -> Self {
        Self {
            mode,
            private: None,
        }
    }

    /// Nothing is kept of an interaction that touches a file of which this is true.
    pub fn without_files(mut self, private: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.private = Some(Arc::new(private));
        self
    }

    pub fn mode(&self) -> PrivacyMode {
        self.mode
    }

    /// What may be written of an interaction; nothing if none of it may.
    pub fn admit(&self, mut raw: Interaction) -> Option<Admitted<Interaction>> {
        // An interaction that was imported may have been recorded more strictly than is asked for now.
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
            cut(text);
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
            if let std::borrow::Cow::Owned(clean) = clean {
                *text = clean;
            }
            for redaction in found {
                redact::add(&mut counts, &redaction.kind, redaction.count);
            }
        }
        raw.redactions = counts;
        raw.grounded = raw.grounded.filter(|rate| rate.is_finite());
        for score in &mut raw.scores {
            // JSON has no word for these, and they say nothing.
            score.parts.retain(|_, part| part.is_finite());
            if !score.total.is_finite() {
                score.total = 0.0;
            }
        }
        Some(Admitted(raw))
    }

    /// What may be written of an event.
    pub fn admit_feedback(&self, mut raw: Feedback) -> Option<Admitted<Feedback>> {
        if self.mode == PrivacyMode::Off {
            return None;
        }
        match &mut raw.event {
            Event::Corrected { answer } => {
                cut(answer);
                if self.mode == PrivacyMode::NoCode {
                    no_code::remove(answer);
                }
                if let (std::borrow::Cow::Owned(clean), _) = Redactor::built_in().redact(answer) {
                    *answer = clean;
                }
            }
            Event::Survived { share, .. } => {
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
        let Some(private) = &self.private else {
            return false;
        };
        let mut files = raw
            .context
            .iter()
            .map(|context| &context.file)
            .chain(raw.citations.iter().map(|citation| &citation.file))
            .chain(raw.scores.iter().map(|score| &score.file));
        files.any(|file| private(file))
    }
}

/// Bytes of one text that are kept. Nobody asks or corrects more by hand, and one giant must not hold up what comes after it.
const LONGEST: usize = 1 << 20;

const CUT: &str = "\n[cut]";

fn cut(text: &mut String) {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST - CUT.len()));
        text.push_str(CUT);
    }
}

#[cfg(test)]
mod tests;
