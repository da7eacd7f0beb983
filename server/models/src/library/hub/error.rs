//! Errors of a hub. Each is displayed as one line that says what is wrong and what to do.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use reqwest::{Response, StatusCode};

use super::super::LibraryError;
use super::{Hub, RepoId};
use settings::{format_bytes, paths};

#[derive(Debug, thiserror::Error)]
pub enum HubError {
    #[error("invalid HF_ENDPOINT `{0}`; expected a URL such as https://huggingface.co")]
    BadEndpoint(String),
    #[error("cannot create an HTTP client: {0}")]
    ClientSetup(String),
    #[error(
        "cannot reach {endpoint}: {reason}. Check the network and its proxy, or set HF_ENDPOINT to a mirror"
    )]
    Unreachable { endpoint: String, reason: String },
    #[error(
        "{repo} is gated. Accept its terms at {endpoint}/{repo}, create a token at {endpoint}/settings/tokens and set HF_TOKEN to it"
    )]
    Gated { repo: String, endpoint: String },
    #[error(
        "{endpoint} denied access to {repo} ({status}): it does not exist, or it is private or gated. See {endpoint}/{repo}{}",
        if *.has_token { "; the token in use may lack permission" } else { ", and set HF_TOKEN to an access token" }
    )]
    AccessDenied {
        repo: String,
        endpoint: String,
        status: u16,
        has_token: bool,
    },
    #[error("{endpoint} has no {what}. Check the spelling")]
    NotFound { endpoint: String, what: String },
    #[error("{endpoint} returned HTTP status {status}. Try again later")]
    Server { endpoint: String, status: u16 },
    #[error("unexpected response from {endpoint}: {what}. Check HF_ENDPOINT")]
    UnexpectedResponse { endpoint: String, what: String },
    #[error(
        "the connection was lost while downloading {file}, at {} of {}: {reason}. Run the same command again to resume",
        format_bytes(*.at), format_bytes(*.of)
    )]
    ConnectionLost {
        file: String,
        at: u64,
        of: u64,
        reason: String,
    },
    #[error(
        "{file} was downloaded incorrectly: its {kind} is {found} instead of {expected}. The file was removed; run the same command again"
    )]
    Damaged {
        file: String,
        kind: &'static str,
        found: String,
        expected: String,
    },
    #[error("{0} is being downloaded by another process; wait for it")]
    DownloadInProgress(String),
    #[error("cannot write {}: {}", paths::tilde(.path), paths::plain(.source))]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Library(#[from] LibraryError),
}

impl HubError {
    pub(super) fn client(error: &dyn Error) -> Self {
        HubError::ClientSetup(root_cause(error))
    }

    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| HubError::Io { path, source }
    }

    /// Returns whether the request may succeed if it is retried.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            HubError::Server { status, .. } => *status >= 500 || *status == 429,
            HubError::ConnectionLost { .. } => true,
            _ => false,
        }
    }
}

impl Hub {
    /// The error for a request without a response.
    pub(super) fn unreachable(&self, error: &reqwest::Error) -> HubError {
        let reason = if error.is_timeout() {
            "the request timed out".to_owned()
        } else {
            root_cause(error)
        };
        HubError::Unreachable {
            endpoint: self.endpoint().to_owned(),
            reason,
        }
    }

    pub(super) fn unexpected(&self, what: impl Into<String>) -> HubError {
        HubError::UnexpectedResponse {
            endpoint: self.endpoint().to_owned(),
            what: what.into(),
        }
    }

    /// The error for a response with an error status. `what` is the requested resource.
    pub(super) fn error_for(&self, repo: &RepoId, what: &str, response: &Response) -> HubError {
        let endpoint = self.endpoint().to_owned();
        let repo = repo.to_string();
        let code = response
            .headers()
            .get("x-error-code")
            .and_then(|code| code.to_str().ok());
        let status = response.status();
        match (status, code) {
            (_, Some("GatedRepo")) => HubError::Gated { repo, endpoint },
            (_, Some("RepoNotFound")) | (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => {
                HubError::AccessDenied {
                    repo,
                    endpoint,
                    status: status.as_u16(),
                    has_token: self.token.is_some(),
                }
            }
            (StatusCode::NOT_FOUND, _) => HubError::NotFound {
                endpoint,
                what: what.to_owned(),
            },
            _ => HubError::Server {
                endpoint,
                status: status.as_u16(),
            },
        }
    }
}

/// Returns the message of the innermost error, in lower case and without its `os error` number.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default()
}
