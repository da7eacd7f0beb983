//! What the host understands over HTTP: few routes, behind the token, for this machine only.
//!
//! mistral.rs has many more, which change models or fetch what a request names; none of them is mounted.

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

/// More than the longest context is long.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

pub(super) fn router(host: Arc<HostProcess>) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/models", get(status::models))
        .route("/repo-lsp/status", get(status::status))
        .route("/repo-lsp/stop", post(status::stop))
        .fallback(error::no_such_route)
        .method_not_allowed_fallback(error::no_such_route)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        // Outermost, so that nothing is read of who may not ask.
        .layer(middleware::from_fn_with_state(host.clone(), guard::check))
        .with_state(host)
}
