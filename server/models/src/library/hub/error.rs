//! What can go wrong with a hub, each in one line that says what to do.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use reqwest::{Response, StatusCode};

use super::super::LibraryError;
use super::super::error::size;
use super::{Hub, RepoId};
use settings::paths;

#[derive(Debug, thiserror::Error)]
pub enum HubError {
    #[error("bad HF_ENDPOINT `{0}`; it looks like https://huggingface.co")]
    BadEndpoint(String),
    #[error("cannot prepare a connection: {0}")]
    Client(String),
    #[error(
        "cannot reach {endpoint}: {reason}. Check the network and its proxy, or set HF_ENDPOINT to a mirror"
    )]
    Unreachable { endpoint: String, reason: String },
    #[error(
        "{repo} is gated. Accept its terms at {endpoint}/{repo}, make a token at {endpoint}/settings/tokens and set HF_TOKEN to it"
    )]
    Gated { repo: String, endpoint: String },
    #[error(
        "{endpoint} gives no access to {repo} ({status}): it does not exist, or it is private or gated. Look at {endpoint}/{repo}{}",
        if *.has_token { "; the token in use may lack the right" } else { ", and set HF_TOKEN to a token from its settings" }
    )]
    Refused {
        repo: String,
        endpoint: String,
        status: u16,
        has_token: bool,
    },
    #[error("{endpoint} has no {what}. Check how it is written")]
    Missing { endpoint: String, what: String },
    #[error("{endpoint} answered {status}. It is not well; try again later")]
    Server { endpoint: String, status: u16 },
    #[error("{endpoint} does not answer as a hub does: {what}. Check HF_ENDPOINT")]
    Odd { endpoint: String, what: String },
    #[error(
        "the connection was lost while {file} arrived, at {} of {}: {reason}. Run the same command again; it goes on from there",
        size(*.at), size(*.of)
    )]
    Lost {
        file: String,
        at: u64,
        of: u64,
        reason: String,
    },
    #[error(
        "{file} arrived damaged: its {kind} is {found} where {expected} was announced. It was removed; run the same command again"
    )]
    Damaged {
        file: String,
        kind: &'static str,
        found: String,
        expected: String,
    },
    #[error("{0} is being downloaded by another process; wait for it")]
    Busy(String),
    #[error("cannot write {}: {}", paths::tilde(.path), paths::plain(.source))]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Library(#[from] LibraryError),
}

impl HubError {
    pub(super) fn client(error: &dyn Error) -> Self {
        HubError::Client(innermost(error))
    }

    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| HubError::Io { path, source }
    }

    /// Whether the same request may do better in a moment.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            HubError::Server { status, .. } => *status >= 500 || *status == 429,
            HubError::Lost { .. } => true,
            _ => false,
        }
    }
}

impl Hub {
    /// Nobody answered at all.
    pub(super) fn unreachable(&self, error: &reqwest::Error) -> HubError {
        let reason = if error.is_timeout() {
            "no answer came in time".to_owned()
        } else {
            innermost(error)
        };
        HubError::Unreachable {
            endpoint: self.endpoint().to_owned(),
            reason,
        }
    }

    pub(super) fn odd(&self, what: impl Into<String>) -> HubError {
        HubError::Odd {
            endpoint: self.endpoint().to_owned(),
            what: what.into(),
        }
    }

    /// An answer that is no success, in our words. `what` was asked for.
    pub(super) fn refusal(&self, repo: &RepoId, what: &str, response: &Response) -> HubError {
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
                HubError::Refused {
                    repo,
                    endpoint,
                    status: status.as_u16(),
                    has_token: self.token.is_some(),
                }
            }
            (StatusCode::NOT_FOUND, _) => HubError::Missing {
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

/// The cause behind all wrappers, which is what a person can do something about.
fn innermost(error: &dyn Error) -> String {
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
