//! Client of the Hugging Face Hub API, used only by `repo-lsp model pull`. No other part of the program downloads anything.
//!
//! Reading order: repository listings (`listing`), resumable downloads (`download`), checksums (`checksum`), errors (`error`). This
//! module knows nothing about model formats.

mod checksum;
mod download;
mod error;
mod listing;

use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Client, Url};

pub use download::Download;
pub use error::HubError;
pub use listing::{Listing, RemoteFile};

/// The hub to use if `HF_ENDPOINT` is not set.
const DEFAULT_ENDPOINT: &str = "https://huggingface.co";
/// Longest time without receiving data. The total download time is not limited.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// A hub and the credentials for it.
#[derive(Debug, Clone)]
pub struct Hub {
    endpoint: Url,
    token: Option<String>,
    /// The Hugging Face cache of other programs. Only read.
    cache: PathBuf,
    client: Client,
    /// Does not follow redirects: the hub returns the metadata of a file in the response that redirects to its storage.
    no_redirect_client: Client,
}

/// A repository of a hub: `Org/Name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoId {
    organisation: String,
    name: String,
}

impl RepoId {
    /// Parses `Org/Name`. Returns `None` for anything else, so that a `RepoId` is safe in URLs and paths.
    pub fn parse(text: &str) -> Option<Self> {
        let (organisation, name) = text.split_once('/')?;
        let fits = |part: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            !part.is_empty()
                && part.len() <= 96
                && !part.starts_with('.')
                && part.chars().all(allowed)
        };
        (fits(organisation) && fits(name)).then(|| RepoId {
            organisation: organisation.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl std::fmt::Display for RepoId {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}/{}", self.organisation, self.name)
    }
}

impl Hub {
    /// Uses the hub in `HF_ENDPOINT`, with the token in `HF_TOKEN` or the one that `hf auth login` stored in `HF_HOME`. Opens no
    /// connection.
    pub fn from_environment() -> Result<Self, HubError> {
        let variable = |name: &str| {
            std::env::var(name)
                .ok()
                .filter(|value| !value.trim().is_empty())
        };
        let cache = hf_hub::Cache::from_env();
        let token = variable("HF_TOKEN")
            .map(|token| token.trim().to_owned())
            .or_else(|| cache.token());
        let cache = variable("HF_HUB_CACHE").map_or_else(|| cache.path().clone(), PathBuf::from);
        let named = variable("HF_ENDPOINT").unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());
        let endpoint = Url::parse(named.trim().trim_end_matches('/')).ok();
        let endpoint =
            endpoint.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(endpoint) = endpoint else {
            return Err(HubError::BadEndpoint(named));
        };
        let builder = || {
            crate::http::client_builder()
                .user_agent(concat!("repo-lsp/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(Duration::from_secs(20))
                .read_timeout(READ_TIMEOUT)
        };
        let no_redirect_client = builder().redirect(reqwest::redirect::Policy::none());
        Ok(Hub {
            client: builder()
                .build()
                .map_err(|error| HubError::client(&error))?,
            no_redirect_client: no_redirect_client
                .build()
                .map_err(|error| HubError::client(&error))?,
            endpoint,
            token,
            cache,
        })
    }

    /// Returns its base URL without a trailing slash.
    pub fn endpoint(&self) -> &str {
        self.endpoint.as_str().trim_end_matches('/')
    }

    fn url<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.endpoint.clone();
        // Segments are percent-encoded, so a revision such as `refs/pr/5` stays one segment.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(parts);
        }
        url
    }

    /// Adds the token to a request. reqwest drops it when a redirect leads to another host.
    fn authorized(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Runs a future to completion on the calling thread.
    fn run<T>(&self, work: impl Future<Output = Result<T, HubError>>) -> Result<T, HubError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime
            .map_err(|error| HubError::client(&error))?
            .block_on(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_repository_names() {
        for good in ["Qwen/Qwen3-4B", "a/b", "a.b/c_d-e"] {
            assert_eq!(RepoId::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "", "/", "a", "a/", "/a", "a/b/c", "../a", "a/..", "./a", "a/b?x", "a/b#", "a b/c",
            "a/b\n", "~/a", "a\\b/c",
        ] {
            assert_eq!(RepoId::parse(bad), None, "{bad:?}");
        }
    }
}
