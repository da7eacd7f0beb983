//! Files that the client changed or saw change. The index watches files itself; these notifications cover file systems that cannot be
//! watched.

use tower_lsp::ls_types::*;

use crate::lsp::document::key;
use crate::lsp::shared::Shared;
use crate::lsp::uri::to_path;

pub fn saved(shared: &Shared, params: DidSaveTextDocumentParams) {
    let uri = params.text_document.uri;
    shared.insertions.saved(&key(&uri));
    changed(shared, [uri]);
}

pub fn created(shared: &Shared, params: CreateFilesParams) {
    changed(shared, parsed(params.files.iter().map(|file| &file.uri)));
}

pub fn renamed(shared: &Shared, params: RenameFilesParams) {
    let uris = params
        .files
        .iter()
        .flat_map(|file| [&file.old_uri, &file.new_uri]);
    changed(shared, parsed(uris));
}

pub fn deleted(shared: &Shared, params: DeleteFilesParams) {
    changed(shared, parsed(params.files.iter().map(|file| &file.uri)));
}

pub fn watched(shared: &Shared, params: DidChangeWatchedFilesParams) {
    changed(shared, params.changes.into_iter().map(|change| change.uri));
}

fn changed(shared: &Shared, uris: impl IntoIterator<Item = Uri>) {
    let paths: Vec<_> = uris.into_iter().filter_map(|uri| to_path(&uri)).collect();
    shared.refresh(&paths);
}

/// Parses the URIs of file operations, which LSP sends as plain strings. Invalid ones are logged and skipped.
fn parsed<'p>(uris: impl Iterator<Item = &'p String>) -> impl Iterator<Item = Uri> {
    uris.filter_map(|uri| {
        let parsed = uri.parse().ok();
        if parsed.is_none() {
            tracing::warn!("not a URI: {uri}");
        }
        parsed
    })
}
