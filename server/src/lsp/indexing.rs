//! Opens the index of a root and keeps it fresh in the background.

use std::sync::Arc;

use repo_indexer::{Index, IndexEvent};
use tokio::sync::mpsc;

use super::client::ClientHandle;
use super::progress;
use super::root::Root;

/// Opens the index of a root on a worker thread and keeps it fresh until the root is closed. Calls `on_open` once the root has its index;
/// it is not called if opening fails.
pub fn open(
    client: ClientHandle,
    show_progress: bool,
    root: Arc<Root>,
    on_open: impl FnOnce() + Send + 'static,
) {
    let (events, receiver) = mpsc::unbounded_channel();
    tokio::spawn(progress::report(
        client,
        show_progress,
        root.clone(),
        receiver,
    ));
    tokio::task::spawn_blocking(move || {
        let observed = Arc::downgrade(&root);
        let failures = events.clone();
        let opened = Index::open(&root.path, root.options.clone()).and_then(|index| {
            let guard = index.keep_fresh(move |event| {
                if let Some(root) = observed.upgrade() {
                    root.observe(&event);
                }
                let _ = events.send(event);
            })?;
            Ok((index, guard))
        });
        match opened {
            Ok(opened) => {
                if root.attach(opened) {
                    on_open();
                }
            }
            Err(error) => {
                let text = format!("cannot open the index of {}: {error}", root.path.display());
                root.fail(text.clone());
                let _ = failures.send(IndexEvent::Notice(text));
            }
        }
    });
}
