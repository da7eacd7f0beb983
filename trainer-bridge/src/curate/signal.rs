//! Classifies an answer by the developer's reactions: as a sample, as a rejected answer, or as neither.

use std::collections::BTreeMap;

use super::CurateOptions;
use super::document::is_grounded;
use crate::feedback::FeedbackEvent;
use crate::intake::CODE_PLACEHOLDER;
use crate::interaction::Verdict;
use crate::redact::PLACEHOLDER_START;
use crate::sample::Signal;
use crate::store::RecordedInteraction;

/// Why an interaction was excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExclusionReason {
    /// There is no verdict or other reaction.
    Unjudged,
    /// The answer was rated bad.
    Rejected,
    /// The developer asked again.
    Failed,
    /// It has no citation, or one that was not verified.
    Ungrounded,
    /// A secret was redacted, and a model would learn to write the placeholder.
    Redacted,
    /// The answer is incomplete, and a model would learn to stop midway.
    CutOff,
    /// Its code was removed.
    WithoutCode,
    /// It is similar to a golden question.
    Golden,
    /// It was merged into a near-duplicate.
    Duplicate,
    /// The limit of its document is reached.
    EnoughOfDocument,
    /// The question or the answer is empty.
    Empty,
}

/// What an interaction is used for.
pub(super) struct Classification<'r> {
    pub(super) sample: Option<(&'r str, Signal)>,
    /// The better answer of a preference pair. The worse one is the original answer.
    pub(super) pair: Option<&'r str>,
    pub(super) bad: bool,
    pub(super) excluded: Option<ExclusionReason>,
}

pub(super) fn classify<'r>(
    recorded: &'r RecordedInteraction,
    options: &CurateOptions,
) -> Classification<'r> {
    let mut class = Classification {
        sample: None,
        pair: None,
        bad: false,
        excluded: None,
    };
    let interaction = &recorded.interaction;
    if let Some(reason) = unusable(&interaction.question) {
        class.excluded = Some(reason);
        return class;
    }
    let corrected = matches!(interaction.verdict, Some(Verdict::Bad | Verdict::Corrected));
    if corrected && let Some(correction) = &interaction.correction {
        match unusable(correction) {
            Some(reason) => class.excluded = Some(reason),
            None => {
                class.sample = Some((correction, Signal::Corrected));
                // A pair is useless if both answers are equal or one of them is unusable.
                let differs = correction.trim() != interaction.answer.trim();
                class.pair =
                    (differs && unusable(&interaction.answer).is_none()).then_some(correction);
            }
        }
        return class;
    }
    match signal_of(recorded, options) {
        Ok(signal) => class.sample = Some((&interaction.answer, signal)),
        Err(ExclusionReason::Rejected) if unusable(&interaction.answer).is_none() => {
            class.bad = true
        }
        Err(reason) => class.excluded = Some(reason),
    }
    class
}

/// Returns why the original answer counts as good, or why it does not.
fn signal_of(
    recorded: &RecordedInteraction,
    options: &CurateOptions,
) -> Result<Signal, ExclusionReason> {
    let interaction = &recorded.interaction;
    let failed = recorded
        .feedback
        .iter()
        .any(|feedback| matches!(feedback.event, FeedbackEvent::Failed { .. }));
    let signal = match interaction.verdict {
        Some(Verdict::Bad | Verdict::Corrected) => return Err(ExclusionReason::Rejected),
        Some(Verdict::Good) => Signal::Good,
        // An explicit verdict outranks a follow-up question.
        None if failed => return Err(ExclusionReason::Failed),
        None if has_survived(recorded, options.survival_threshold) => Signal::Inserted,
        None if options.include_unjudged => Signal::Unjudged,
        None => return Err(ExclusionReason::Unjudged),
    };
    if let Some(reason) = unusable(&interaction.answer) {
        return Err(reason);
    }
    if interaction.cut {
        return Err(ExclusionReason::CutOff);
    }
    if !is_grounded(interaction) {
        return Err(ExclusionReason::Ungrounded);
    }
    Ok(signal)
}

/// Returns whether enough of any insertion was left when it was last measured.
fn has_survived(recorded: &RecordedInteraction, threshold: f64) -> bool {
    // Ordered by time, since a document may be saved before, between or after the timed measurements.
    let mut last: BTreeMap<&str, (u64, f64)> = BTreeMap::new();
    for feedback in &recorded.feedback {
        if let FeedbackEvent::Survived {
            insertion, share, ..
        } = &feedback.event
        {
            let seen = last.entry(insertion).or_insert((feedback.time, *share));
            if feedback.time >= seen.0 {
                *seen = (feedback.time, *share);
            }
        }
    }
    last.values().any(|(_, share)| *share >= threshold)
}

/// Returns why a text cannot be used for training, independently of its verdict.
fn unusable(text: &str) -> Option<ExclusionReason> {
    if text.trim().is_empty() {
        Some(ExclusionReason::Empty)
    } else if text.contains(PLACEHOLDER_START) {
        Some(ExclusionReason::Redacted)
    } else if text.contains(CODE_PLACEHOLDER) {
        Some(ExclusionReason::WithoutCode)
    } else {
        None
    }
}
