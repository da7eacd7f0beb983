//! Fetching models from a hub that speaks Hugging Face's protocol: the only place in this program that downloads anything, and only
//! when `repo-lsp model pull` asks for it.
//!
//! Read in this order: what a repository has (`listing`), how one of its files arrives (`download`) and is known to be right
//! (`checksum`), what can go wrong (`error`). Nothing here knows what a model is made of.

mod checksum;
mod download;
mod error;
mod listing;

use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Client, Url};

pub use download::Fetched;
pub use error::HubError;
pub use listing::{Listing, Remote};

/// Where models come from if `HF_ENDPOINT` says nothing else.
const ENDPOINT: &str = "https://huggingface.co";
/// How long a server may be silent. A whole file may take as long as it likes.
const SILENCE: Duration = Duration::from_secs(60);

/// A hub, and who we are to it.
#[derive(Debug, Clone)]
pub struct Hub {
    endpoint: Url,
    token: Option<String>,
    /// Where other programs keep what they have fetched; read, never written.
    cache: PathBuf,
    client: Client,
    /// Does not follow to where a file is stored: a hub says what it knows of a file before it sends one on.
    straight: Client,
}

/// `Org/Name` of a hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoId {
    organisation: String,
    name: String,
}

impl RepoId {
    /// None for what is no name of a repository, so that nothing else is ever put into an address or a path.
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
    /// The hub that `HF_ENDPOINT` names, with the token of `HF_TOKEN` or else the one that `hf auth login` left in `HF_HOME`.
    /// Makes no connection yet.
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
        let named = variable("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned());
        let endpoint = Url::parse(named.trim().trim_end_matches('/')).ok();
        let endpoint =
            endpoint.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(endpoint) = endpoint else {
            return Err(HubError::BadEndpoint(named));
        };
        let builder = || {
            Client::builder()
                .user_agent(concat!("repo-lsp/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(Duration::from_secs(20))
                .read_timeout(SILENCE)
        };
        let straight = builder().redirect(reqwest::redirect::Policy::none());
        Ok(Hub {
            client: builder()
                .build()
                .map_err(|error| HubError::client(&error))?,
            straight: straight.build().map_err(|error| HubError::client(&error))?,
            endpoint,
            token,
            cache,
        })
    }

    /// Its address, without a slash at the end.
    pub fn endpoint(&self) -> &str {
        self.endpoint.as_str().trim_end_matches('/')
    }

    fn url<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.endpoint.clone();
        // Segments are escaped, so a revision such as `refs/pr/5` is one of them.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(parts);
        }
        url
    }

    /// Puts the token into a request. It is not passed on to another host that a file is redirected to.
    fn signed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Runs what waits for the network, on the thread that called.
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
    fn only_names_of_repositories_are_asked_for() {
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
