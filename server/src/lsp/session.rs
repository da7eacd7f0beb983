//! The state of a session. Only data: handlers and background tasks change it under a short lock.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use assistant::recording::RecordingPolicy;
use parking_lot::Mutex;
use serde_json::Value;
use trainer_bridge::PrivacyMode;

use super::capabilities::ClientSupport;
use super::document::Document;
use super::position::Encoding;
use super::root::Root;
use super::settings::{PrivateGlobs, Settings};

/// The lock is never held across an `.await` nor while an index works.
pub type SharedSession = Arc<Mutex<Session>>;

#[derive(Default)]
pub struct Session {
    pub encoding: Encoding,
    pub support: ClientSupport,
    /// The last `repoLsp` section that the editor sent.
    pub editor_settings: Value,
    /// `None` before `initialize`.
    pub settings: Option<Arc<Settings>>,
    /// Open documents by [`super::document::key`].
    pub documents: Arc<HashMap<String, Arc<Document>>>,
    pub roots: Vec<Arc<Root>>,
    /// The private globs for files outside all roots.
    pub private_outside: Arc<PrivateGlobs>,
    /// The privacy mode that the settings of each root ask for. Read only by [`Session::recording`].
    pub recording_modes: HashMap<PathBuf, PrivacyMode>,
    /// Whether the navigation capabilities are registered dynamically at the moment.
    pub navigation_registered: bool,
    pub shut_down: bool,
}

impl Session {
    /// Resolves the recording policy: the strictest mode of the session's settings and of all roots. `None` before `initialize`.
    pub fn recording(&self) -> Option<RecordingPolicy> {
        let modes = self
            .roots
            .iter()
            .filter_map(|root| self.recording_modes.get(&root.path));
        let strictest = modes.copied().max().unwrap_or_default();
        let settings = self.settings.as_ref()?;
        Some(RecordingPolicy {
            mode: settings.samples.mode.max(strictest),
            ..settings.samples.clone()
        })
    }
}
