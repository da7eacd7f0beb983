//! What all handlers of a session share: its state, the client, and the background workers.

use std::path::PathBuf;
use std::sync::Arc;

use assistant::chat::{Conversations, Summaries};
use assistant::recording::Samples;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::mpsc;
use tower_lsp::Client;
use trainer_bridge::{Notice, PrivacyMode};

use super::client::ClientHandle;
use super::dispatch::Lanes;
use super::insertions::Insertions;
use super::overlays::Overlays;
use super::root::Root;
use super::session::{Session, SharedSession};
use super::settings::SettingsSource;
use super::snapshot::{RootSnapshot, SessionSnapshot};

pub struct Shared {
    session: SharedSession,
    /// Held while a change of the settings is applied, which takes too long for the lock of the session.
    pub configuring: Mutex<()>,
    pub client: ClientHandle,
    pub source: Arc<dyn SettingsSource>,
    pub lanes: Lanes,
    pub summaries: Arc<Summaries>,
    /// The conversations of this session.
    pub conversations: Arc<Conversations>,
    pub samples: Arc<Samples>,
    pub insertions: Insertions,
    pub overlays: Arc<Overlays>,
}

impl Shared {
    pub fn new(
        client: Client,
        source: Arc<dyn SettingsSource>,
        session: SharedSession,
        overlays: Overlays,
    ) -> Self {
        let client = ClientHandle::new(client);
        let settings_source = source.clone();
        let summaries = Summaries::start(Box::new(move |settings| {
            settings_source.assistant(settings).ok().flatten()
        }));
        let (sender, notices) = mpsc::unbounded_channel();
        let samples = Arc::new(Samples::new(move |notice| drop(sender.send(notice))));
        tokio::spawn(report_notices(client.clone(), notices));
        let (for_policy, for_text) = (session.clone(), session.clone());
        let insertions = Insertions::new(
            samples.clone(),
            move || for_policy.lock().recording(),
            move |key| {
                // Building the text of a long document takes too long for the lock.
                let document = for_text.lock().documents.get(key).cloned();
                document.map(|document| document.text().clone())
            },
        );
        Shared {
            session,
            configuring: Mutex::default(),
            client,
            source,
            lanes: Lanes::default(),
            summaries: Arc::new(summaries),
            conversations: Arc::default(),
            samples,
            insertions,
            overlays: Arc::new(overlays),
        }
    }

    pub fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock()
    }

    /// Takes the snapshot that a request works on.
    pub fn snapshot(&self) -> SessionSnapshot {
        let session = self.session();
        let open = |root: &Arc<Root>| {
            Some(RootSnapshot {
                root: root.clone(),
                snapshot: root.index()?.snapshot(),
            })
        };
        SessionSnapshot {
            encoding: session.encoding,
            support: session.support.clone(),
            settings: session.settings.clone(),
            documents: session.documents.clone(),
            roots: session.roots.iter().filter_map(open).collect(),
            all_roots: session.roots.clone(),
            private_outside: session.private_outside.clone(),
            summaries: self.summaries.clone(),
            samples: self.samples.clone(),
            recording: session.recording(),
            source: self.source.clone(),
        }
    }

    /// Applies the recording policy after the settings or the roots have changed.
    pub fn apply_recording_policy(&self) {
        // Under the lock of the session, so that of two changes at the same time the later one is applied last.
        let session = self.session();
        let policy = session.recording();
        let mode = policy.map_or(PrivacyMode::Off, |policy| policy.mode);
        self.samples.set_mode(mode);
    }

    /// Requests a refresh of files that the client reported as changed.
    pub fn refresh(&self, paths: &[PathBuf]) {
        let roots = self.session().roots.clone();
        roots.iter().for_each(|root| root.refresh(paths));
    }
}

/// Forwards problems with recording to the log and to the client. The recorder reports each problem once.
async fn report_notices(client: ClientHandle, mut notices: mpsc::UnboundedReceiver<Notice>) {
    while let Some(notice) = notices.recv().await {
        tracing::warn!("{notice}");
        client.warn(&notice.to_string()).await;
    }
}
