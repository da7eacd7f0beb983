//! Watches the library for changes of the active generation.

use std::path::Path;
use std::sync::Arc;

use notify::{Event, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::manager::ModelManager;

/// Watches until dropped. Without it, a change is noticed by the next request.
pub(super) struct LibraryWatcher(
    #[expect(dead_code, reason = "it watches until it is dropped")] notify::RecommendedWatcher,
);

impl LibraryWatcher {
    pub(super) fn start(manager: Arc<ModelManager>) -> notify::Result<Self> {
        let directory = manager.library().directory();
        std::fs::create_dir_all(&directory)?;
        let (sender, mut names) = mpsc::unbounded_channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Our own reads are events too.
            let changes = event.into_iter().filter(|event| !event.kind.is_access());
            for path in changes.flat_map(|event| event.paths) {
                if let Some(name) = model(&path) {
                    let _ = sender.send(name);
                }
            }
        })?;
        watcher.watch(&directory, RecursiveMode::Recursive)?;
        tokio::spawn(async move {
            while let Some(name) = names.recv().await {
                manager.refresh(&name).await;
            }
        });
        Ok(LibraryWatcher(watcher))
    }
}

/// Returns the model name if `path` is the `current` file of a model.
fn model(path: &Path) -> Option<String> {
    (path.file_name()? == "current")
        .then(|| path.parent()?.file_name()?.to_str().map(str::to_owned))?
}
