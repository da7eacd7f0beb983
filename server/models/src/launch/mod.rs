//! The host on this machine: finds the one that runs, or starts one, and asks again where one dies before it has said anything.
//!
//! Many windows may look at once. Each may start a host; those race for a lock, the losers end, and every window takes the endpoint
//! that appears. Nothing here knows what a host does.

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

use super::client::{Client, Pace, Stream};
use super::host_files::{Endpoint, HostFiles};
use super::{ModelError, Request};
use child::{Child, Ended, Program};
use settings::paths::Dirs;
use status::{Found, Local};
pub use status::{Loaded, Status};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// A host says where it listens before it loads anything, so this is for slow disks, and for another host that is about to end.
const START: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(25);
/// Between a host that gave way to another one and the next.
const GAVE_WAY: Duration = Duration::from_millis(500);

/// The host of this user.
#[derive(Debug)]
pub struct Host {
    dirs: Dirs,
    files: HostFiles,
    program: Program,
    version: String,
    pace: Pace,
    silent: Option<Duration>,
    local: OnceLock<Local>,
    /// One process starts one host at a time. Holds the version that came up when this process started one: what is on disk may have
    /// been replaced, and then no other will come up.
    starting: Mutex<Option<String>>,
}

impl Host {
    pub fn new(dirs: &Dirs) -> Self {
        Host {
            dirs: dirs.clone(),
            files: HostFiles::new(dirs),
            program: Program::Own,
            version: VERSION.to_owned(),
            pace: Pace::default(),
            silent: None,
            local: OnceLock::new(),
            starting: Mutex::new(None),
        }
    }

    /// The same, with another program as the host.
    pub fn with_program(mut self, program: impl Into<PathBuf>, arguments: Vec<OsString>) -> Self {
        self.program = Program::Other(program.into(), arguments);
        self
    }

    /// The same, taking itself for another version than it is.
    pub fn with_version(mut self, version: &str) -> Self {
        self.version = version.to_owned();
        self
    }

    /// The same, with another patience: after this much silence a host counts as hung.
    pub fn with_pace(mut self, pace: Pace, silent: Duration) -> Self {
        self.pace = pace;
        self.silent = Some(silent);
        self
    }

    /// What the host says of itself, if one runs.
    pub async fn status(&self) -> Result<Option<Status>, ModelError> {
        Ok(match self.local()?.look(&self.files).await {
            Found::Host(_, status) => Some(status),
            Found::Nobody | Found::Silent(_) => None,
        })
    }

    /// What the host that runs could not load: the name of each model and one line; an older generation answers instead, where there
    /// is one.
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
            // Most say so themselves.
            let line = match problem.contains(&label) {
                true => problem,
                false => format!("{label} could not be loaded: {problem}"),
            };
            Some((model.name, line))
        });
        failed.collect()
    }

    /// Whether a host runs that has a model loaded.
    pub async fn is_running(&self) -> bool {
        let status = self.status().await;
        status.is_ok_and(|status| status.is_some_and(|status| status.is_serving()))
    }

    /// Asks the host to end once what runs has finished; its status, if there was one to ask.
    pub async fn stop(&self) -> Result<Option<Status>, ModelError> {
        let local = self.local()?;
        match local.look(&self.files).await {
            Found::Host(endpoint, status) => {
                local.stop(&endpoint).await?;
                Ok(Some(status))
            }
            Found::Nobody | Found::Silent(_) => Ok(None),
        }
    }

    /// Asks the host, which is started if need be, and returns when the first piece of an answer has come. `first_token` is for all
    /// that happens until then. A host that dies before has a successor asked, once.
    pub async fn chat(
        &self,
        request: &Request,
        first_token: Duration,
    ) -> Result<Stream, ModelError> {
        let deadline = Instant::now() + first_token;
        let asked = timeout_at(deadline, self.ask(request, deadline)).await;
        match asked.unwrap_or(Err(ModelError::NoFirstToken(first_token))) {
            // The time that was left is not what was allowed.
            Err(ModelError::NoFirstToken(_)) => Err(ModelError::NoFirstToken(first_token)),
            other => other,
        }
    }

    async fn ask(&self, request: &Request, deadline: Instant) -> Result<Stream, ModelError> {
        let mut last = false;
        loop {
            let endpoint = self.find_or_start().await?;
            let client = Client::host(&endpoint, self.local()?.http.clone(), self.pace)?;
            let left = deadline.saturating_duration_since(Instant::now());
            match client.chat(request, left).await {
                Err(error) if !last && self.is_gone(&endpoint).await => {
                    tracing::debug!("asking another host: {error}");
                    last = true;
                }
                Err(ModelError::Unreachable { why, .. }) => {
                    return Err(ModelError::Host(format!(
                        "process {} does not take questions: {why}; ask again, or end it",
                        endpoint.pid
                    )));
                }
                other => return other,
            }
        }
    }

    /// Whether the host behind an endpoint has died or takes nothing new.
    async fn is_gone(&self, endpoint: &Endpoint) -> bool {
        let Ok(local) = self.local() else {
            return false;
        };
        match local.look(&self.files).await {
            Found::Host(now, status) => now != *endpoint || status.stopping,
            Found::Nobody => true,
            Found::Silent(_) => false,
        }
    }

    /// Where the host listens; one that answers, and suits this program.
    pub async fn find_or_start(&self) -> Result<Endpoint, ModelError> {
        let local = self.local()?;
        let mut tolerated = self.starting.lock().await;
        let deadline = Instant::now() + START;
        let mut child: Option<Child> = None;
        let mut started = false;
        let mut told_to_end = None;
        loop {
            let mut pause = LOOK;
            match local.look(&self.files).await {
                Found::Host(endpoint, status) => {
                    if status.stopping || told_to_end == Some(status.pid) {
                        // It goes when it has finished what it is doing; the next one waits for its lock.
                    } else if self.suits(&status.version, tolerated.as_deref()) {
                        return Ok(endpoint);
                    } else if started {
                        *tolerated = Some(status.version);
                        return Ok(endpoint);
                    } else {
                        tracing::info!("replacing the host of version {}", status.version);
                        local.stop(&endpoint).await?;
                        told_to_end = Some(status.pid);
                    }
                }
                Found::Silent(endpoint) => {
                    if hung::end(&endpoint)? {
                        // It may be the one that was started here; its end is no failure to start.
                        child = None;
                    } else {
                        // Another program has the port by now.
                        started |= self.tend(&mut child, &mut pause)?;
                    }
                }
                Found::Nobody => started |= self.tend(&mut child, &mut pause)?,
            }
            if Instant::now() + pause > deadline {
                return Err(ModelError::Host(match told_to_end {
                    Some(pid) => format!(
                        "process {pid}, of another version, still finishes other answers; ask again later"
                    ),
                    None => format!(
                        "no process for it came up within {} s; see {}",
                        START.as_secs(),
                        settings::paths::tilde(&self.files.log())
                    ),
                }));
            }
            sleep(pause).await;
        }
    }

    /// Sees to it that a host is about to come up. Whether one was started.
    fn tend(&self, child: &mut Option<Child>, pause: &mut Duration) -> Result<bool, ModelError> {
        match child.as_mut().map(Child::ended) {
            // It takes its time.
            Some(None) => Ok(false),
            None => {
                *child = Some(self.program.start(&self.dirs, &self.files)?);
                Ok(true)
            }
            Some(Some(Ended::GaveWay)) => {
                *child = None;
                *pause = GAVE_WAY;
                Ok(false)
            }
            Some(Some(Ended::Failed(error))) => Err(error),
        }
    }

    /// Whether a host of this version will do. A newer one does: two windows of different versions would otherwise take turns in
    /// ending each other's host.
    fn suits(&self, version: &str, tolerated: Option<&str>) -> bool {
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

    fn local(&self) -> Result<&Local, ModelError> {
        if let Some(local) = self.local.get() {
            return Ok(local);
        }
        let local = Local::new(self.silent)?;
        Ok(self.local.get_or_init(|| local))
    }
}
