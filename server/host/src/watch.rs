//! Notices that another generation of a model was made the current one.

use std::path::Path;
use std::sync::Arc;

use notify::{Event, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::manager::ModelManager;

/// Watches until it is dropped. Without it, the next request notices.
pub(super) struct Watch(
    #[expect(dead_code, reason = "it watches for as long as it is there")]
    notify::RecommendedWatcher,
);

impl Watch {
    pub(super) fn start(manager: Arc<ModelManager>) -> notify::Result<Self> {
        let directory = manager.library().directory();
        std::fs::create_dir_all(&directory)?;
        let (sender, mut names) = mpsc::unbounded_channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Our own reading is an event too.
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
                manager.look_again(&name).await;
            }
        });
        Ok(Watch(watcher))
    }
}

/// The model whose `current` this is.
fn model(path: &Path) -> Option<String> {
    (path.file_name()? == "current")
        .then(|| path.parent()?.file_name()?.to_str().map(str::to_owned))?
}
