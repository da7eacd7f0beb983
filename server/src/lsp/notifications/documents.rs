//! Open documents. The change is made here; the index learns of it from its worker.

use std::sync::Arc;

use tower_lsp::ls_types::*;

use crate::lsp::convert::to_path;
use crate::lsp::document::{Document, key};
use crate::lsp::session::Shared;

pub fn open(shared: &Shared, params: DidOpenTextDocumentParams) {
    let TextDocumentItem { uri, text, .. } = params.text_document;
    put(shared, Document::new(uri, text));
}

pub fn change(shared: &Shared, params: DidChangeTextDocumentParams) {
    let uri = params.text_document.uri;
    let (document, encoding) = {
        let session = shared.session();
        (session.documents.get(&key(&uri)).cloned(), session.encoding)
    };
    let Some(document) = document else {
        tracing::warn!("changed but never opened: {}", uri.as_str());
        return;
    };
    // Notifications are handled one after the other, so that nobody else changes the document in between.
    put(shared, document.changed(params.content_changes, encoding));
}

pub fn close(shared: &Shared, params: DidCloseTextDocumentParams) {
    let uri = params.text_document.uri;
    Arc::make_mut(&mut shared.session().documents).remove(&key(&uri));
    if let Some(path) = to_path(&uri) {
        shared.queue_overlay(path);
    }
}

fn put(shared: &Shared, document: Document) {
    let uri = document.uri.clone();
    Arc::make_mut(&mut shared.session().documents).insert(key(&uri), Arc::new(document));
    if let Some(path) = to_path(&uri) {
        shared.queue_overlay(path);
    }
}
