//! Opens and replaces the roots of the workspace.

use std::path::Path;
use std::sync::Arc;

use super::indexing;
use super::root::Root;
use super::shared::Shared;

/// Adds a root and opens its index in the background. Does nothing if the root is already open.
pub fn open_root(shared: &Shared, name: String, path: &Path) {
    let editor = shared.session().editor_settings.clone();
    let resolved = shared.source.resolve(Some(path), &editor);
    let root = Arc::new(Root::new(name, path.to_owned(), &resolved));
    shared.client.warn_later(resolved.problems);
    {
        let mut session = shared.session();
        if session.roots.iter().any(|r| r.path == path) {
            return;
        }
        session.roots.push(root.clone());
        let mode = resolved.settings.samples.mode;
        session.recording_modes.insert(path.to_owned(), mode);
    }
    shared.apply_recording_policy();
    if resolved.fatal.is_none() {
        open_index(shared, root);
    }
}

/// Replaces a root by one with other options and opens its index. Does nothing if the old root was closed in the meantime.
pub fn replace_root(shared: &Shared, old: &Arc<Root>, new: Root) {
    let new = Arc::new(new);
    {
        let mut session = shared.session();
        let Some(slot) = session.roots.iter_mut().find(|r| Arc::ptr_eq(r, old)) else {
            return;
        };
        *slot = new.clone();
    }
    old.close();
    open_index(shared, new);
}

/// Closes and removes the roots at a path.
pub fn close_root(shared: &Shared, path: &Path) {
    let mut session = shared.session();
    let closed = session.roots.extract_if(.., |root| root.path == path);
    closed.for_each(|root| root.close());
}

fn open_index(shared: &Shared, root: Arc<Root>) {
    let show_progress = shared.session().support.work_done_progress;
    let overlays = shared.overlays.clone();
    // Documents may have been opened before their index.
    let on_open = move || overlays.update_all();
    indexing::open(shared.client.clone(), show_progress, root, on_open);
}
