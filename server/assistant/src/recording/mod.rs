//! What is asked and answered, and what came of it, on its way into the user's own database.
//!
//! Nobody waits for the disk here but whoever wants to show the id of an interaction: that id is given out only once the interaction is
//! safe, and not at all where it is not kept. Redaction, and the last word on what may be kept, are the business of `trainer_bridge`.
//! Knows nothing of LSP.

mod builder;
mod follow_up;
#[expect(clippy::module_inception, reason = "one recording of the module")]
mod recording;
mod survival;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use trainer_bridge::{
    Feedback, FeedbackEvent, Intake, Interaction, Notice, PrivacyMode, RecordOutcome, Recorder,
    RecorderOptions, Store, StoreError, Ticket,
};

pub use builder::{InteractionBuilder, Kind};
pub use follow_up::FollowUps;
pub use recording::Recording;
pub use survival::{Inserted, share};

/// Before the id of an interaction, behind the answer in the document that holds it: a comment that nobody sees rendered.
pub const MARK: &str = "<!-- repo-lsp: ";
/// How long an answer may wait to be safe before it is shown without an id. A locked database says so after a third of that.
const PATIENCE: Duration = Duration::from_secs(1);
/// Sentences of hovers that are remembered as recorded.
const REMEMBERED: usize = 4096;

/// Says what the user should know about recording.
pub type Tell = dyn Fn(Notice) + Send + Sync;

/// Where a session records.
pub struct Samples {
    tell: Arc<Tell>,
    mode: Mutex<PrivacyMode>,
    /// Begun with the first interaction that is to be kept: whoever keeps nothing has neither a thread nor a file.
    recorder: OnceLock<Recorder>,
    shown: Mutex<HashSet<blake3::Hash>>,
    pub follow_ups: FollowUps,
}

/// How much is kept, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingPolicy {
    pub file: PathBuf,
    pub mode: PrivacyMode,
}

/// What is kept of a workspace's user, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub interactions: u64,
    pub feedback: u64,
}

impl Samples {
    pub fn new(tell: impl Fn(Notice) + Send + Sync + 'static) -> Self {
        Samples {
            tell: Arc::new(tell),
            mode: Mutex::default(),
            recorder: OnceLock::new(),
            shown: Mutex::default(),
            follow_ups: FollowUps::default(),
        }
    }

    /// Records an interaction that `make` puts together, elsewhere. Nothing if nothing is to be kept.
    pub fn record(
        &self,
        keeping: &RecordingPolicy,
        occasion: InteractionBuilder,
        make: impl FnOnce(InteractionBuilder) -> Interaction + Send + 'static,
    ) -> Option<Ticket> {
        let keeping = self.now(keeping);
        let mode = keeping.mode;
        let recorder = self.recorder(&keeping)?;
        let occasion = occasion.answered(keeping.mode);
        Some(recorder.record_with(move || {
            let made = make(occasion);
            Interaction {
                // What touches a private file says so by itself.
                privacy: made.privacy.max(mode),
                ..made
            }
        }))
    }

    /// The same, for what is recorded once however often it is shown: a sentence in a hover.
    pub fn record_once(
        &self,
        keeping: &RecordingPolicy,
        what: &str,
        occasion: InteractionBuilder,
        make: impl FnOnce(InteractionBuilder) -> Interaction + Send + 'static,
    ) {
        if self.now(keeping).mode == PrivacyMode::Off {
            // It is still to be recorded where that is switched on later.
            return;
        }
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.len() >= REMEMBERED {
            shown.clear();
        }
        if shown.insert(blake3::hash(what.as_bytes())) {
            drop(shown);
            self.record(keeping, occasion, make);
        }
    }

    /// Records what came of an answer. Nothing if nothing is to be kept.
    pub fn feedback(
        &self,
        keeping: &RecordingPolicy,
        interaction: &str,
        event: FeedbackEvent,
    ) -> Option<Ticket> {
        let recorder = self.recorder(&self.now(keeping))?;
        Some(recorder.record_feedback(Feedback {
            interaction: interaction.to_owned(),
            time: now(),
            event,
        }))
    }

    /// What holds from now on, also for what was asked before and is not answered yet.
    pub fn settle(&self, mode: PrivacyMode) {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
        if let Some(recorder) = self.recorder.get() {
            recorder.set_intake(Intake::new(mode));
        }
    }

    /// As it was when it was asked, or as it is now: whichever keeps less.
    fn now(&self, keeping: &RecordingPolicy) -> RecordingPolicy {
        let now = *self.mode.lock().unwrap_or_else(PoisonError::into_inner);
        RecordingPolicy {
            mode: keeping.mode.max(now),
            ..keeping.clone()
        }
    }

    /// Why nothing can be written at the moment; none if all is well.
    pub fn trouble(&self) -> Option<String> {
        let notice = self.recorder.get()?.health()?;
        Some(notice.to_string())
    }

    fn recorder(&self, keeping: &RecordingPolicy) -> Option<&Recorder> {
        if keeping.mode == PrivacyMode::Off {
            return None;
        }
        let recorder = self.recorder.get_or_init(|| {
            let tell = self.tell.clone();
            let options = RecorderOptions {
                on_notice: Box::new(move |notice| tell(notice)),
                ..RecorderOptions::default()
            };
            Recorder::new(&keeping.file, options)
        });
        recorder.set_intake(Intake::new(keeping.mode));
        Some(recorder)
    }
}

/// Waits until an interaction is safe: its id may then be shown.
pub async fn safe(id: String, ticket: Option<Ticket>) -> Option<String> {
    match tokio::time::timeout(PATIENCE, ticket?).await {
        Ok(RecordOutcome::Durable) => Some(id),
        Ok(RecordOutcome::NotAdmitted) => None,
        Ok(outcome) => {
            // The recorder has told the user why.
            tracing::debug!("an interaction is not kept yet: {outcome:?}");
            None
        }
        Err(_) => {
            tracing::warn!("recording takes long; the answer is shown without an id");
            None
        }
    }
}

/// How much has been kept since `time`, in milliseconds since 1970. Makes no database where there is none.
pub fn counts(keeping: &RecordingPolicy, time: u64) -> Result<Counts, StoreError> {
    if !keeping.file.exists() {
        return Ok(Counts::default());
    }
    let (interactions, feedback) =
        Store::open_without_waiting(&keeping.file)?.counts_since(time)?;
    Ok(Counts {
        interactions,
        feedback,
    })
}

/// What a workspace is called in what is kept of it: its path, whichever way somebody came to it. The folder itself may be gone.
pub fn workspace_name(root: &Path) -> String {
    let path = root.canonicalize();
    let path = path.or_else(|_| std::path::absolute(root));
    let path = path.as_deref().unwrap_or(root);
    path.to_string_lossy().into_owned()
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use repo_indexer::LineRange;

    use super::*;

    #[test]
    fn what_is_switched_off_meanwhile_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let keeping = RecordingPolicy {
            file: folder.path().join("samples.db"),
            mode: PrivacyMode::Full,
        };
        let samples = Samples::new(|_| {});
        let asked = || InteractionBuilder::new(Kind::Ask, "where?", folder.path(), Vec::new());
        let make = |occasion: InteractionBuilder| {
            occasion.sentence(
                "x".into(),
                "m".into(),
                (0, "a", LineRange { first: 0, last: 0 }),
            )
        };
        samples.settle(PrivacyMode::Off);
        assert!(samples.record(&keeping, asked(), make).is_none());
        assert!(!keeping.file.exists());
        samples.settle(PrivacyMode::Full);
        let ticket = samples.record(&keeping, asked(), make).unwrap();
        assert_eq!(ticket.wait(), RecordOutcome::Durable);
    }

    #[test]
    fn a_workspace_is_known_by_its_real_path_even_when_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        assert_eq!(workspace_name(&inner.join("..")), real.to_string_lossy());
        let gone = real.join("gone");
        assert_eq!(workspace_name(&gone), gone.to_string_lossy());
    }
}
