//! Finds or starts the model host on this machine, and repeats a request if the host ends before it answers.
//!
//! Several editors may start a host at the same time. The hosts compete for a lock; the losers exit, and every editor uses the address
//! that the winner publishes. This module does not know what a host does.

mod child;
mod hung;
mod status;

use std::cmp::Ordering;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout_at};

use super::client::{Client, RetryPolicy, Stream};
use super::host_files::{HostAddress, HostFiles};
use super::{ModelError, Request};
use child::{Child, Ended, Program};
use settings::paths::Dirs;
use status::{HostClient, Probe};
pub use status::{HostStatus, LoadedModel};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Time for a host to publish its address. It does so before it loads a model, so this covers slow disks and a previous host that is
/// still ending.
const START_TIMEOUT: Duration = Duration::from_secs(60);
const PROBE_INTERVAL: Duration = Duration::from_millis(25);
/// Delay before another host is started after one exited because it did not get the lock.
const RESTART_DELAY: Duration = Duration::from_millis(500);

/// Starts the model host of this user, and sends requests to it.
#[derive(Debug)]
pub struct HostLauncher {
    dirs: Dirs,
    files: HostFiles,
    program: Program,
    version: String,
    policy: RetryPolicy,
    status_timeout: Option<Duration>,
    client: OnceLock<HostClient>,
    /// Held while this process starts a host. Contains the version of the host that was started last: if the executable on disk was
    /// replaced, no other version can be started, so that version is accepted.
    starting: Mutex<Option<String>>,
}

impl HostLauncher {
    pub fn new(dirs: &Dirs) -> Self {
        HostLauncher {
            dirs: dirs.clone(),
            files: HostFiles::new(dirs),
            program: Program::CurrentExecutable,
            version: VERSION.to_owned(),
            policy: RetryPolicy::default(),
            status_timeout: None,
            client: OnceLock::new(),
            starting: Mutex::new(None),
        }
    }

    /// Uses another program as the host. For tests.
    pub fn with_program(mut self, program: impl Into<PathBuf>, arguments: Vec<OsString>) -> Self {
        self.program = Program::Custom(program.into(), arguments);
        self
    }

    /// Uses another version number for this program. For tests.
    pub fn with_version(mut self, version: &str) -> Self {
        self.version = version.to_owned();
        self
    }

    /// Sets the timeouts. A host that does not answer a status request within `status_timeout` is considered hung.
    pub fn with_timeouts(mut self, policy: RetryPolicy, status_timeout: Duration) -> Self {
        self.policy = policy;
        self.status_timeout = Some(status_timeout);
        self
    }

    /// Returns the status of the running host, if there is one.
    pub async fn status(&self) -> Result<Option<HostStatus>, ModelError> {
        Ok(match self.client()?.probe(&self.files).await {
            Probe::Running(_, status) => Some(status),
            Probe::NotRunning | Probe::Unresponsive(_) => None,
        })
    }

    /// Returns the models that the running host could not load: the name and a one-line error each. An older generation may answer
    /// instead.
    pub async fn failures(&self) -> Vec<(String, String)> {
        let Ok(Some(status)) = self.status().await else {
            return Vec::new();
        };
        let failed = status.models.into_iter().filter_map(|model| {
            let label = match model.generation {
                Some(generation) => format!("{}@{generation}", model.name),
                None => model.name.clone(),
            };
            let problem = model.problem?;
            // Most messages already contain the label.
            let line = match problem.contains(&label) {
                true => problem,
                false => format!("{label} could not be loaded: {problem}"),
            };
            Some((model.name, line))
        });
        failed.collect()
    }

    /// Returns whether a host with a loaded model is running.
    pub async fn is_running(&self) -> bool {
        let status = self.status().await;
        status.is_ok_and(|status| status.is_some_and(|status| status.is_serving()))
    }

    /// Asks the host to stop after its current requests. Returns its status, or `None` if no host is running.
    pub async fn stop(&self) -> Result<Option<HostStatus>, ModelError> {
        let client = self.client()?;
        match client.probe(&self.files).await {
            Probe::Running(address, status) => {
                client.stop(&address).await?;
                Ok(Some(status))
            }
            Probe::NotRunning | Probe::Unresponsive(_) => Ok(None),
        }
    }

    /// Sends a request to the host, which is started if necessary, and returns when the first event has arrived. `first_token` limits
    /// the total time. If the host ends before it answers, the request is repeated once with a new host.
    pub async fn chat(
        &self,
        request: &Request,
        first_token: Duration,
    ) -> Result<Stream, ModelError> {
        let deadline = Instant::now() + first_token;
        let asked = timeout_at(deadline, self.ask(request, deadline)).await;
        match asked.unwrap_or(Err(ModelError::FirstTokenTimeout(first_token))) {
            // Report the configured time, not what was left of it.
            Err(ModelError::FirstTokenTimeout(_)) => {
                Err(ModelError::FirstTokenTimeout(first_token))
            }
            other => other,
        }
    }

    async fn ask(&self, request: &Request, deadline: Instant) -> Result<Stream, ModelError> {
        let mut last = false;
        loop {
            let address = self.find_or_start().await?;
            let chat = Client::host(&address, self.client()?.http.clone(), self.policy)?;
            let left = deadline.saturating_duration_since(Instant::now());
            match chat.chat(request, left).await {
                Err(error) if !last && self.is_gone(&address).await => {
                    tracing::debug!("repeating the request with another host: {error}");
                    last = true;
                }
                Err(ModelError::Unreachable { why, .. }) => {
                    return Err(ModelError::HostFailed(format!(
                        "process {} does not accept requests: {why}; ask again, or terminate it",
                        address.pid
                    )));
                }
                other => return other,
            }
        }
    }

    /// Returns whether the host at an address has ended or is stopping.
    async fn is_gone(&self, address: &HostAddress) -> bool {
        let Ok(client) = self.client() else {
            return false;
        };
        match client.probe(&self.files).await {
            Probe::Running(now, status) => now != *address || status.stopping,
            Probe::NotRunning => true,
            Probe::Unresponsive(_) => false,
        }
    }

    /// Returns the address of a responding host of a suitable version, starting one if necessary.
    pub async fn find_or_start(&self) -> Result<HostAddress, ModelError> {
        let client = self.client()?;
        let mut tolerated = self.starting.lock().await;
        let deadline = Instant::now() + START_TIMEOUT;
        let mut child: Option<Child> = None;
        let mut started = false;
        let mut stop_requested = None;
        loop {
            let mut pause = PROBE_INTERVAL;
            match client.probe(&self.files).await {
                Probe::Running(address, status) => {
                    if status.stopping || stop_requested == Some(status.pid) {
                        // It ends after its current requests; the next host waits for its lock.
                    } else if self.is_suitable(&status.version, tolerated.as_deref()) {
                        return Ok(address);
                    } else if started {
                        *tolerated = Some(status.version);
                        return Ok(address);
                    } else {
                        tracing::info!("replacing the model host of version {}", status.version);
                        client.stop(&address).await?;
                        stop_requested = Some(status.pid);
                    }
                }
                Probe::Unresponsive(address) => {
                    if hung::kill(&address)? {
                        // It may be the host that was started here; that it was killed is not a failure to start.
                        child = None;
                    } else {
                        // Another program uses the port now.
                        started |= self.ensure_starting(&mut child, &mut pause)?;
                    }
                }
                Probe::NotRunning => started |= self.ensure_starting(&mut child, &mut pause)?,
            }
            if Instant::now() + pause > deadline {
                return Err(ModelError::HostFailed(match stop_requested {
                    Some(pid) => format!(
                        "process {pid} runs another version and is still finishing other answers; ask again later"
                    ),
                    None => format!(
                        "the model host did not start within {} s; see {}",
                        START_TIMEOUT.as_secs(),
                        settings::paths::tilde(&self.files.log())
                    ),
                }));
            }
            sleep(pause).await;
        }
    }

    /// Makes sure that a host is starting. Returns whether a process was started by this call.
    fn ensure_starting(
        &self,
        child: &mut Option<Child>,
        pause: &mut Duration,
    ) -> Result<bool, ModelError> {
        match child.as_mut().map(Child::ended) {
            // It is still starting.
            Some(None) => Ok(false),
            None => {
                *child = Some(self.program.start(&self.dirs, &self.files)?);
                Ok(true)
            }
            Some(Some(Ended::AnotherHostRuns)) => {
                *child = None;
                *pause = RESTART_DELAY;
                Ok(false)
            }
            Some(Some(Ended::Failed(error))) => Err(error),
        }
    }

    /// Returns whether a host of this version is suitable. Newer versions are, because two editors with different versions would
    /// otherwise keep replacing each other's host.
    fn is_suitable(&self, version: &str, tolerated: Option<&str>) -> bool {
        let parsed = (
            semver::Version::parse(version),
            semver::Version::parse(&self.version),
        );
        let newer = match &parsed {
            (Ok(theirs), Ok(ours)) => theirs.cmp(ours) != Ordering::Less,
            _ => version == self.version,
        };
        newer || tolerated == Some(version)
    }

    fn client(&self) -> Result<&HostClient, ModelError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = HostClient::new(self.status_timeout)?;
        Ok(self.client.get_or_init(|| client))
    }
}
