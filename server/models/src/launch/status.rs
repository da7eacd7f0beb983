//! The status API of a host, and the check whether one is running.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ModelError;
use crate::client::is_loopback;
use crate::error::root_cause;
use crate::host_files::{HostAddress, HostFiles};

/// A host that accepts a connection but does not answer within this time is considered hung.
const STATUS_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The response of `GET /repo-lsp/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HostStatus {
    pub version: String,
    pub pid: u32,
    /// Device of the loaded engines; `None` before a model is loaded.
    pub device: Option<String>,
    #[serde(default)]
    pub models: Vec<LoadedModel>,
    /// Number of requests being answered.
    #[serde(default)]
    pub running: usize,
    /// Number of queued requests.
    #[serde(default)]
    pub waiting: usize,
    pub resident_bytes: Option<u64>,
    /// It finishes its current requests, accepts no new ones, and then exits.
    #[serde(default)]
    pub stopping: bool,
}

/// A model that a host has loaded, loads or failed to load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedModel {
    pub name: String,
    pub generation: Option<u32>,
    /// `serving`, `lost`, `retiring`, `loading` or `failed`.
    pub state: String,
    pub precision: Option<String>,
    pub bytes: Option<u64>,
    /// The error, if it failed to load.
    pub problem: Option<String>,
}

impl HostStatus {
    /// Returns whether a request would be answered without loading a model first.
    pub fn is_serving(&self) -> bool {
        !self.stopping && self.models.iter().any(|model| model.state == "serving")
    }
}

/// The result of checking the published address.
#[derive(Debug)]
pub(super) enum Probe {
    NotRunning,
    /// Something accepts connections at the address but does not answer.
    Unresponsive(HostAddress),
    Running(HostAddress, HostStatus),
}

/// HTTP client for the host on this machine. It uses no proxy.
#[derive(Debug, Clone)]
pub(super) struct HostClient {
    pub http: reqwest::Client,
    status_timeout: Duration,
}

impl HostClient {
    pub fn new(status_timeout: Option<Duration>) -> Result<Self, ModelError> {
        let http = crate::http::client_builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            // Another process may get the port later, so connections are not reused.
            .pool_max_idle_per_host(0)
            .build();
        let http = http.map_err(|error| {
            ModelError::NotConfigured(format!(
                "cannot create an HTTP client: {}",
                root_cause(&error)
            ))
        })?;
        Ok(HostClient {
            http,
            status_timeout: status_timeout.unwrap_or(STATUS_TIMEOUT),
        })
    }

    /// Checks whether the host that published its address is running. Another program may use the port now, so the process must accept
    /// the token and report the expected process id.
    pub async fn probe(&self, files: &HostFiles) -> Probe {
        let Some(address) = files.read() else {
            return Probe::NotRunning;
        };
        let Some(url) = route(&address, "status") else {
            return Probe::NotRunning;
        };
        let request = self.http.get(url).bearer_auth(&address.token);
        let answer = async {
            request
                .send()
                .await?
                .error_for_status()?
                .json::<HostStatus>()
                .await
        };
        match tokio::time::timeout(self.status_timeout, answer).await {
            Ok(Ok(status)) if status.pid == address.pid => Probe::Running(address, status),
            Ok(_) => Probe::NotRunning,
            Err(_) => Probe::Unresponsive(address),
        }
    }

    /// Asks a host to stop after its current requests.
    pub async fn stop(&self, address: &HostAddress) -> Result<(), ModelError> {
        let Some(url) = route(address, "stop") else {
            return Ok(());
        };
        let request = self.http.post(url).bearer_auth(&address.token);
        let sent = request.timeout(self.status_timeout).send().await;
        match sent.and_then(reqwest::Response::error_for_status) {
            Ok(_) => Ok(()),
            // It has already exited.
            Err(error) if error.is_connect() => Ok(()),
            Err(error) => Err(ModelError::HostFailed(format!(
                "the model host does not stop: {}; terminate process {} manually",
                root_cause(&error),
                address.pid
            ))),
        }
    }
}

/// Returns the URL of a host route. `None` if the address is not a loopback address, because the token must not leave this machine.
fn route(address: &HostAddress, name: &str) -> Option<reqwest::Url> {
    let base = reqwest::Url::parse(&address.url).ok()?;
    let here = base.scheme() == "http" && base.host_str().is_some_and(is_loopback);
    here.then(|| base.join(&format!("/repo-lsp/{name}")).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_sent_to_loopback_addresses_only() {
        let route_of = |url: &str| {
            let address = HostAddress {
                url: url.to_owned(),
                token: "t".to_owned(),
                pid: 1,
                version: "1".to_owned(),
            };
            route(&address, "status").map(String::from)
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
