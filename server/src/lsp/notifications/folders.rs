//! Workspace folders that are added and removed.

use tower_lsp::ls_types::DidChangeWorkspaceFoldersParams;

use crate::lsp::root::folder;
use crate::lsp::shared::Shared;
use crate::lsp::workspace::{close_root, open_root};

pub fn change(shared: &Shared, params: DidChangeWorkspaceFoldersParams) {
    for removed in &params.event.removed {
        if let Some((_, path)) = folder(&removed.uri, None) {
            close_root(shared, &path);
        }
    }
    for added in &params.event.added {
        if let Some((name, path)) = folder(&added.uri, Some(&added.name)) {
            open_root(shared, name, &path);
        }
    }
    // An open document may belong to another root now.
    shared.overlays.update_all();
}
