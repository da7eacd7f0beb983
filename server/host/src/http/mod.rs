//! The HTTP API: few routes, protected by the token, for this machine only.
//!
//! mistral.rs has more routes, which change models or fetch URLs named in a request. They are not mounted.

mod answer;
mod chat;
mod error;
mod guard;
mod request;
mod status;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};

use super::serve::HostProcess;

/// Maximum request size in bytes; larger than any context.
const MAX_BODY_LEN: usize = 4 * 1024 * 1024;

pub(super) fn router(host: Arc<HostProcess>) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/models", get(status::models))
        .route("/repo-lsp/status", get(status::status))
        .route("/repo-lsp/stop", post(status::stop))
        .fallback(error::no_such_route)
        .method_not_allowed_fallback(error::no_such_route)
        .layer(DefaultBodyLimit::max(MAX_BODY_LEN))
        // Outermost, so that the body of an unauthorized request is not read.
        .layer(middleware::from_fn_with_state(host.clone(), guard::check))
        .with_state(host)
}
