//! What a host says of itself, and whether one is there at all.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ModelError;
use crate::client::is_loopback;
use crate::error::root;
use crate::host_files::{Endpoint, HostFiles};

/// A host that takes a connection and then says nothing for so long hangs.
const SILENT: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(2);

/// `GET /repo-lsp/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub version: String,
    pub pid: u32,
    /// Of the engines it runs; none before it runs one.
    pub device: Option<String>,
    #[serde(default)]
    pub models: Vec<Loaded>,
    /// Answers that are being made, and that are waited for.
    #[serde(default)]
    pub running: usize,
    #[serde(default)]
    pub waiting: usize,
    pub resident_bytes: Option<u64>,
    /// It ends once what runs has finished, and takes nothing new.
    #[serde(default)]
    pub stopping: bool,
}

/// A model that a host has to do with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded {
    pub name: String,
    pub generation: Option<u32>,
    /// `serving`, `loading`, `retiring` and so on.
    pub state: String,
    pub precision: Option<String>,
    pub bytes: Option<u64>,
    /// Why it is not serving.
    pub problem: Option<String>,
}

impl Status {
    /// Whether a question would be answered without a model being loaded first.
    pub fn is_serving(&self) -> bool {
        !self.stopping && self.models.iter().any(|model| model.state == "serving")
    }
}

/// What was found where the last host said it listens.
#[derive(Debug)]
pub(super) enum Found {
    Nobody,
    /// Somebody takes connections there and does not answer.
    Silent(Endpoint),
    Host(Endpoint, Status),
}

/// Speaks with hosts on this machine, without proxies.
#[derive(Debug, Clone)]
pub(super) struct Local {
    pub http: reqwest::Client,
    silent: Duration,
}

impl Local {
    pub fn new(silent: Option<Duration>) -> Result<Self, ModelError> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            // Another process may get the port, so no connection is kept for later.
            .pool_max_idle_per_host(0)
            .build();
        let http = http.map_err(|error| {
            ModelError::NotConfigured(format!("cannot set up HTTP: {}", root(&error)))
        })?;
        Ok(Local {
            http,
            silent: silent.unwrap_or(SILENT),
        })
    }

    /// Looks whether the host that left its endpoint behind is there. The port may be another program's by now, so only what knows
    /// the token and speaks like a host is one.
    pub async fn look(&self, files: &HostFiles) -> Found {
        let Some(endpoint) = files.read() else {
            return Found::Nobody;
        };
        let Some(url) = route(&endpoint, "status") else {
            return Found::Nobody;
        };
        let request = self.http.get(url).bearer_auth(&endpoint.token);
        let answer = async {
            request
                .send()
                .await?
                .error_for_status()?
                .json::<Status>()
                .await
        };
        match tokio::time::timeout(self.silent, answer).await {
            Ok(Ok(status)) if status.pid == endpoint.pid => Found::Host(endpoint, status),
            Ok(_) => Found::Nobody,
            Err(_) => Found::Silent(endpoint),
        }
    }

    /// Asks a host to end after what it is doing.
    pub async fn stop(&self, endpoint: &Endpoint) -> Result<(), ModelError> {
        let Some(url) = route(endpoint, "stop") else {
            return Ok(());
        };
        let request = self.http.post(url).bearer_auth(&endpoint.token);
        let sent = request.timeout(self.silent).send().await;
        match sent.and_then(reqwest::Response::error_for_status) {
            Ok(_) => Ok(()),
            // It is gone already.
            Err(error) if error.is_connect() => Ok(()),
            Err(error) => Err(ModelError::Host(format!(
                "the process that runs models does not end: {}; end process {} yourself",
                root(&error),
                endpoint.pid
            ))),
        }
    }
}

/// One of the host's own routes. None if it is not on this machine: the token goes nowhere else.
fn route(endpoint: &Endpoint, name: &str) -> Option<reqwest::Url> {
    let base = reqwest::Url::parse(&endpoint.url).ok()?;
    let here = base.scheme() == "http" && base.host_str().is_some_and(is_loopback);
    here.then(|| base.join(&format!("/repo-lsp/{name}")).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_stays_on_this_machine() {
        let route_of = |url: &str| {
            let endpoint = Endpoint {
                url: url.to_owned(),
                token: "t".to_owned(),
                pid: 1,
                version: "1".to_owned(),
            };
            route(&endpoint, "status").map(String::from)
        };
        let status = "http://127.0.0.1:9/repo-lsp/status".to_owned();
        assert_eq!(route_of("http://127.0.0.1:9/v1"), Some(status));
        for url in [
            "http://example.org/v1",
            "https://127.0.0.1:9/v1",
            "http://127.0.0.1@example.org/v1",
            "x",
            "",
        ] {
            assert_eq!(route_of(url), None, "{url}");
        }
    }
}
