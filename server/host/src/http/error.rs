//! Error responses in the format of the OpenAI protocol.

use axum::Json;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::engine::Failure;
use models::host_files::PREEMPTED;

#[derive(Debug)]
pub(super) enum Error {
    Unauthorized,
    Forbidden,
    NoSuchRoute(String),
    /// The request is invalid or uses an unsupported feature.
    BadRequest(String),
    TooLarge,
    Stopping,
    Failed(Failure),
}

impl Error {
    fn parts(&self) -> (StatusCode, &'static str, String) {
        let line = |line: &str| line.to_owned();
        match self {
            Error::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "authentication_error",
                line("invalid token; the valid one is in `host/endpoint.json`"),
            ),
            Error::Forbidden => (
                StatusCode::FORBIDDEN,
                "permission_error",
                line("only requests from this machine are accepted"),
            ),
            Error::NoSuchRoute(path) => (
                StatusCode::NOT_FOUND,
                "not_found_error",
                format!("no such route: {path}"),
            ),
            Error::BadRequest(why) => (
                StatusCode::BAD_REQUEST,
                "invalid_request_error",
                why.clone(),
            ),
            Error::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "invalid_request_error",
                line("the request is too large"),
            ),
            Error::Stopping => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable_error",
                line("the model host is stopping; ask again"),
            ),
            Error::Failed(Failure::NoSuchModel(why)) => {
                (StatusCode::NOT_FOUND, "not_found_error", why.clone())
            }
            Error::Failed(Failure::Unavailable(why)) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable_error",
                why.clone(),
            ),
            Error::Failed(Failure::Refused(why)) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_request_error",
                why.clone(),
            ),
            Error::Failed(Failure::Engine(why)) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "engine_error",
                why.clone(),
            ),
            Error::Failed(Failure::Preempted) => (
                StatusCode::SERVICE_UNAVAILABLE,
                PREEMPTED,
                line("the request was stopped to serve a chat request first; ask again"),
            ),
        }
    }

    /// `{"error": …}`, as a body or inside a stream.
    pub(super) fn json(&self) -> Value {
        let (_, kind, message) = self.parts();
        json!({ "error": { "message": message, "type": kind } })
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        (self.parts().0, Json(self.json())).into_response()
    }
}

pub(super) async fn no_such_route(uri: Uri) -> Error {
    Error::NoSuchRoute(uri.path().to_owned())
}
