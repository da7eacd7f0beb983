//! What a developer's reactions say of an answer: whether it is to be learned, to be avoided, or neither.

use std::collections::BTreeMap;

use super::CurateOptions;
use super::document::is_grounded;
use crate::feedback::Event;
use crate::intake::CODE;
use crate::interaction::Verdict;
use crate::sample::Signal;
use crate::store::Recorded;

/// Why an interaction is no sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Nobody has said or shown what they think of it.
    Unjudged,
    /// It was found bad.
    Rejected,
    /// The developer had to ask again.
    Failed,
    /// It cites nothing, or something that is not there.
    Ungrounded,
    /// Something was taken out of it, which a model would learn to say.
    Redacted,
    /// It breaks off: a model would learn to stop in the middle.
    CutOff,
    /// Its code was taken out.
    WithoutCode,
    /// It is, nearly, a golden question.
    Golden,
    /// Nearly the same was asked, and that was taken.
    Duplicate,
    /// There are enough samples about its document.
    EnoughOfDocument,
    /// There is nothing in it.
    Empty,
}

/// What an interaction is good for.
pub(super) struct Verdicts<'r> {
    pub(super) sample: Option<(&'r str, Signal)>,
    /// The better answer; the worse is the one that was given.
    pub(super) pair: Option<&'r str>,
    pub(super) bad: bool,
    pub(super) left_out: Option<Reason>,
}

pub(super) fn verdicts<'r>(recorded: &'r Recorded, options: &CurateOptions) -> Verdicts<'r> {
    let mut verdicts = Verdicts {
        sample: None,
        pair: None,
        bad: false,
        left_out: None,
    };
    let interaction = &recorded.interaction;
    if let Some(reason) = unfit(&interaction.question) {
        verdicts.left_out = Some(reason);
        return verdicts;
    }
    let corrected = matches!(interaction.verdict, Some(Verdict::Bad | Verdict::Corrected));
    if corrected && let Some(correction) = &interaction.correction {
        match unfit(correction) {
            Some(reason) => verdicts.left_out = Some(reason),
            None => {
                verdicts.sample = Some((correction, Signal::Corrected));
                // A pair teaches nothing if both sides are the same, or if one was cut.
                let differs = correction.trim() != interaction.answer.trim();
                verdicts.pair =
                    (differs && unfit(&interaction.answer).is_none()).then_some(correction);
            }
        }
        return verdicts;
    }
    match good(recorded, options) {
        Ok(signal) => verdicts.sample = Some((&interaction.answer, signal)),
        Err(Reason::Rejected) if unfit(&interaction.answer).is_none() => verdicts.bad = true,
        Err(reason) => verdicts.left_out = Some(reason),
    }
    verdicts
}

/// Why the answer counts as good as it was given, or why it does not.
fn good(recorded: &Recorded, options: &CurateOptions) -> Result<Signal, Reason> {
    let interaction = &recorded.interaction;
    let failed = recorded
        .feedback
        .iter()
        .any(|feedback| matches!(feedback.event, Event::Failed { .. }));
    let signal = match interaction.verdict {
        Some(Verdict::Bad | Verdict::Corrected) => return Err(Reason::Rejected),
        Some(Verdict::Good) => Signal::Good,
        // What somebody said outranks what a later question seems to say.
        None if failed => return Err(Reason::Failed),
        None if has_survived(recorded, options.survival) => Signal::Inserted,
        None if options.unjudged => Signal::Unjudged,
        None => return Err(Reason::Unjudged),
    };
    if let Some(reason) = unfit(&interaction.answer) {
        return Err(reason);
    }
    if interaction.cut {
        return Err(Reason::CutOff);
    }
    if !is_grounded(interaction) {
        return Err(Reason::Ungrounded);
    }
    Ok(signal)
}

/// Whether most of some insertion was there when it was last looked at.
fn has_survived(recorded: &Recorded, enough: f64) -> bool {
    // By when it was looked at: a document may be saved before, between or after the looks that a clock makes.
    let mut last: BTreeMap<&str, (u64, f64)> = BTreeMap::new();
    for feedback in &recorded.feedback {
        if let Event::Survived {
            insertion, share, ..
        } = &feedback.event
        {
            let seen = last.entry(insertion).or_insert((feedback.time, *share));
            if feedback.time >= seen.0 {
                *seen = (feedback.time, *share);
            }
        }
    }
    last.values().any(|(_, share)| *share >= enough)
}

/// Why a text cannot be trained on, whatever is thought of it.
fn unfit(text: &str) -> Option<Reason> {
    if text.trim().is_empty() {
        Some(Reason::Empty)
    } else if text.contains("[redacted:") {
        Some(Reason::Redacted)
    } else if text.contains(CODE) {
        Some(Reason::WithoutCode)
    } else {
        None
    }
}
