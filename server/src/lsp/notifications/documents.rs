//! Open documents. Changes are applied here; the indexes receive them from a background thread.

use std::sync::Arc;

use tower_lsp::ls_types::*;

use crate::lsp::document::{Document, key};
use crate::lsp::shared::Shared;
use crate::lsp::uri::to_path;

pub fn open(shared: &Shared, params: DidOpenTextDocumentParams) {
    let TextDocumentItem { uri, text, .. } = params.text_document;
    insert(shared, Document::new(uri, text));
}

pub fn change(shared: &Shared, params: DidChangeTextDocumentParams) {
    let uri = params.text_document.uri;
    let (document, encoding) = {
        let session = shared.session();
        (session.documents.get(&key(&uri)).cloned(), session.encoding)
    };
    let Some(document) = document else {
        tracing::warn!(
            "a document was changed without being open: {}",
            uri.as_str()
        );
        return;
    };
    // Notifications are handled one at a time, so the document has not changed since it was read.
    insert(shared, document.changed(params.content_changes, encoding));
}

pub fn close(shared: &Shared, params: DidCloseTextDocumentParams) {
    let uri = params.text_document.uri;
    Arc::make_mut(&mut shared.session().documents).remove(&key(&uri));
    if let Some(path) = to_path(&uri) {
        shared.overlays.update(path);
    }
}

fn insert(shared: &Shared, document: Document) {
    let uri = document.uri.clone();
    Arc::make_mut(&mut shared.session().documents).insert(key(&uri), Arc::new(document));
    if let Some(path) = to_path(&uri) {
        shared.overlays.update(path);
    }
}
