//! Passes the text of open documents to the indexes, on a background thread.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::session::SharedSession;
use super::uri::to_path;
use super::worker::Coalescer;

/// Changes of a document within this time cause one extraction. Short, so that a saved file can be searched at once.
const TYPING_DEBOUNCE_INTERVAL: Duration = Duration::from_millis(30);

pub struct Overlays {
    queue: Coalescer<PathBuf>,
    session: SharedSession,
}

impl Overlays {
    /// Starts the background thread, which ends when the value is dropped.
    pub fn start(session: SharedSession) -> std::io::Result<Self> {
        let read = session.clone();
        let work = move |batch: HashSet<PathBuf>| {
            batch.iter().for_each(|path| set_overlay(&read, path));
        };
        let queue = Coalescer::start("overlays", TYPING_DEBOUNCE_INTERVAL, work)?;
        Ok(Overlays { queue, session })
    }

    /// Queues an update of the indexes with the current text of a document, or with its absence if it is closed.
    pub fn update(&self, path: PathBuf) {
        self.queue.put(path);
    }

    /// Queues an update of every open document, after the set of roots has changed.
    pub fn update_all(&self) {
        let documents = self.session.lock().documents.clone();
        let paths = documents.values().filter_map(|d| to_path(&d.uri));
        paths.for_each(|path| self.update(path));
    }
}

/// Sets the overlay in the innermost root that contains the file, like [`super::snapshot::SessionSnapshot::place`], and removes it from
/// the indexes of all outer roots.
fn set_overlay(session: &SharedSession, path: &Path) {
    let (documents, roots) = {
        let session = session.lock();
        (session.documents.clone(), session.roots.clone())
    };
    let mut containing: Vec<_> = roots
        .iter()
        .filter_map(|root| Some((root, root.relative(path)?, root.index()?)))
        .collect();
    containing.sort_by_key(|(root, ..)| Reverse(root.path.as_os_str().len()));
    let document = documents.get(path.to_string_lossy().as_ref());
    // The client may have opened the same file under another spelling of its path.
    let document = document.or_else(|| {
        let (root, relative, _) = containing.first()?;
        documents.values().find(|document| {
            let other = to_path(&document.uri);
            other.and_then(|path| root.relative(&path)).as_ref() == Some(relative)
        })
    });
    let mut text = document.map(|document| document.text().clone());
    for (_, relative, index) in containing {
        if let Err(error) = index.set_overlay(&relative, text.take()) {
            tracing::warn!("cannot index the open text of {relative}: {error}");
        }
    }
}
