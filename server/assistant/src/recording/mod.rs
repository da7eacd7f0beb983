//! Records questions, answers and feedback in the user's database.
//!
//! Only callers that show an interaction's id wait for the disk: an id is returned once the interaction is durable, and never for one
//! that is not recorded. `trainer_bridge` redacts and decides what may be stored. This module does not know LSP.

mod builder;
mod follow_up;
mod pending;
mod survival;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

use trainer_bridge::{
    Feedback, FeedbackEvent, Intake, Interaction, Notice, PrivacyMode, RecordOutcome, Recorder,
    RecorderOptions, Store, StoreError, Ticket,
};

pub use builder::{InteractionBuilder, InteractionKind};
pub use follow_up::FollowUps;
pub use pending::PendingInteraction;
pub use survival::{Inserted, share};

/// Precedes the interaction's id in an answer document: an HTML comment after the answer, which is invisible when rendered.
pub const MARK: &str = "<!-- repo-lsp: ";
/// How long an answer waits to be durable before it is shown without an id.
const DURABLE_TIMEOUT: Duration = Duration::from_secs(1);
/// Number of hover sentences that are remembered as recorded.
const MAX_REMEMBERED: usize = 4096;

/// Shows a notice about recording to the user.
pub type Tell = dyn Fn(Notice) + Send + Sync;

/// Records the interactions of a session.
pub struct Samples {
    tell: Arc<Tell>,
    mode: Mutex<PrivacyMode>,
    /// Started by the first interaction to be recorded, so that without recording there is neither a thread nor a file.
    recorder: OnceLock<Recorder>,
    shown: Mutex<HashSet<blake3::Hash>>,
    pub follow_ups: FollowUps,
}

/// How much is recorded, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingPolicy {
    pub file: PathBuf,
    pub mode: PrivacyMode,
}

/// Numbers of records.
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

    /// Records the interaction that `make` builds on the recorder's thread. Returns `None` if recording is off.
    pub fn record(
        &self,
        policy: &RecordingPolicy,
        builder: InteractionBuilder,
        make: impl FnOnce(InteractionBuilder) -> Interaction + Send + 'static,
    ) -> Option<Ticket> {
        let policy = self.effective(policy);
        let mode = policy.mode;
        let recorder = self.recorder(&policy)?;
        let builder = builder.answered(policy.mode);
        Some(recorder.record_with(move || {
            let made = make(builder);
            Interaction {
                // `make` switches recording off if a private file is involved.
                privacy: made.privacy.max(mode),
                ..made
            }
        }))
    }

    /// Like [`Self::record`], but once per session for equal `what`: a hover sentence may be shown often.
    pub fn record_once(
        &self,
        policy: &RecordingPolicy,
        what: &str,
        builder: InteractionBuilder,
        make: impl FnOnce(InteractionBuilder) -> Interaction + Send + 'static,
    ) {
        if self.effective(policy).mode == PrivacyMode::Off {
            // It can still be recorded if recording is switched on later.
            return;
        }
        let mut shown = self.shown.lock();
        if shown.len() >= MAX_REMEMBERED {
            shown.clear();
        }
        if shown.insert(blake3::hash(what.as_bytes())) {
            drop(shown);
            self.record(policy, builder, make);
        }
    }

    /// Records feedback. Returns `None` if recording is off.
    pub fn feedback(
        &self,
        policy: &RecordingPolicy,
        interaction: &str,
        event: FeedbackEvent,
    ) -> Option<Ticket> {
        let recorder = self.recorder(&self.effective(policy))?;
        Some(recorder.record_feedback(Feedback {
            interaction: interaction.to_owned(),
            time: now(),
            event,
        }))
    }

    /// Applies a privacy mode from now on, also to questions that are not answered yet.
    pub fn set_mode(&self, mode: PrivacyMode) {
        *self.mode.lock() = mode;
        if let Some(recorder) = self.recorder.get() {
            recorder.set_intake(Intake::new(mode));
        }
    }

    /// Returns the stricter of the policy at the time of the question and the current one.
    fn effective(&self, policy: &RecordingPolicy) -> RecordingPolicy {
        let now = *self.mode.lock();
        RecordingPolicy {
            mode: policy.mode.max(now),
            ..policy.clone()
        }
    }

    /// Returns why nothing can be written at the moment, if so.
    pub fn last_error(&self) -> Option<String> {
        let notice = self.recorder.get()?.health()?;
        Some(notice.to_string())
    }

    fn recorder(&self, policy: &RecordingPolicy) -> Option<&Recorder> {
        if policy.mode == PrivacyMode::Off {
            return None;
        }
        let recorder = self.recorder.get_or_init(|| {
            let tell = self.tell.clone();
            let options = RecorderOptions {
                on_notice: Box::new(move |notice| tell(notice)),
                ..RecorderOptions::default()
            };
            Recorder::new(&policy.file, options)
        });
        recorder.set_intake(Intake::new(policy.mode));
        Some(recorder)
    }
}

/// Waits until an interaction is durable, so that its id may be shown.
pub async fn id_when_stored(id: String, ticket: Option<Ticket>) -> Option<String> {
    match tokio::time::timeout(DURABLE_TIMEOUT, ticket?).await {
        Ok(RecordOutcome::Durable) => Some(id),
        Ok(RecordOutcome::NotAdmitted) => None,
        Ok(outcome) => {
            // The recorder has shown a notice.
            tracing::debug!("an interaction is not kept yet: {outcome:?}");
            None
        }
        Err(_) => {
            tracing::warn!("recording takes long; the answer is shown without an id");
            None
        }
    }
}

/// Counts records since `time` (milliseconds since 1970). Does not create a database.
pub fn counts(policy: &RecordingPolicy, time: u64) -> Result<Counts, StoreError> {
    if !policy.file.exists() {
        return Ok(Counts::default());
    }
    let (interactions, feedback) = Store::open_without_waiting(&policy.file)?.counts_since(time)?;
    Ok(Counts {
        interactions,
        feedback,
    })
}

/// Returns the recorded name of a workspace: its canonical path. The folder may no longer exist.
pub fn workspace_name(root: &Path) -> String {
    let path = root.canonicalize();
    let path = path.or_else(|_| std::path::absolute(root));
    let path = path.as_deref().unwrap_or(root);
    path.to_string_lossy().into_owned()
}

/// Returns the current time in milliseconds since 1970.
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
        let policy = RecordingPolicy {
            file: folder.path().join("samples.db"),
            mode: PrivacyMode::Full,
        };
        let samples = Samples::new(|_| {});
        let asked =
            || InteractionBuilder::new(InteractionKind::Ask, "where?", folder.path(), Vec::new());
        let make = |builder: InteractionBuilder| {
            builder.summary(
                "x".into(),
                "m".into(),
                (0, "a", LineRange { first: 0, last: 0 }),
            )
        };
        samples.set_mode(PrivacyMode::Off);
        assert!(samples.record(&policy, asked(), make).is_none());
        assert!(!policy.file.exists());
        samples.set_mode(PrivacyMode::Full);
        let ticket = samples.record(&policy, asked(), make).unwrap();
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
