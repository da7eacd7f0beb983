//! Files the client changed or saw change. The index watches by itself; this makes it look sooner, and where watching fails.

use std::sync::Arc;

use tower_lsp::ls_types::*;

use crate::lsp::convert::to_path;
use crate::lsp::document::key;
use crate::lsp::session::Shared;

pub fn changed(shared: &Shared, uri: &Uri) {
    if let Some(path) = to_path(uri) {
        shared.queue_dirty(path);
    }
}

pub fn saved(shared: &Arc<Shared>, uri: &Uri) {
    shared.insertions.saved(shared, &key(uri));
    changed(shared, uri);
}

pub fn created(shared: &Shared, params: CreateFilesParams) {
    params
        .files
        .iter()
        .for_each(|file| spelled(shared, &file.uri));
}

pub fn renamed(shared: &Shared, params: RenameFilesParams) {
    for file in &params.files {
        spelled(shared, &file.old_uri);
        spelled(shared, &file.new_uri);
    }
}

pub fn deleted(shared: &Shared, params: DeleteFilesParams) {
    params
        .files
        .iter()
        .for_each(|file| spelled(shared, &file.uri));
}

pub fn watched(shared: &Shared, params: DidChangeWatchedFilesParams) {
    params
        .changes
        .iter()
        .for_each(|change| changed(shared, &change.uri));
}

/// File operations carry their URIs as plain strings.
fn spelled(shared: &Shared, uri: &str) {
    match uri.parse() {
        Ok(uri) => changed(shared, &uri),
        Err(_) => tracing::warn!("not a URI: {uri}"),
    }
}
