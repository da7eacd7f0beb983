//! Workspace folders that come and go.

use std::sync::Arc;

use tower_lsp::ls_types::DidChangeWorkspaceFoldersParams;

use crate::lsp::lifecycle::open_root;
use crate::lsp::roots::folder;
use crate::lsp::session::Shared;

pub fn change(shared: &Arc<Shared>, params: DidChangeWorkspaceFoldersParams) {
    for removed in &params.event.removed {
        let Some((_, path)) = folder(&removed.uri, None) else {
            continue;
        };
        let mut session = shared.session();
        session
            .roots
            .iter()
            .filter(|r| r.path == path)
            .for_each(|r| r.close());
        session.roots.retain(|r| r.path != path);
    }
    for added in &params.event.added {
        if let Some((name, path)) = folder(&added.uri, Some(&added.name)) {
            open_root(shared, name, &path);
        }
    }
    // What an open document belongs to may be another root now.
    shared.queue_overlays();
}
