//! What the host of models leaves on disk for those who look for it: who it is, where it listens, and the token it wants to see.
//!
//! `host/lock` is held, as a lock of the operating system, for as long as a host lives; `host/endpoint.json` is only as true as that.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use settings::paths::Dirs;

/// The header that says how urgent a request is; the values are those of [`super::Priority`] in lower case.
pub const PRIORITY_HEADER: &str = "x-repo-lsp-priority";
/// The type of the error that ends an answer in the background when somebody waits for the engine.
pub const GAVE_WAY: &str = "gave_way";

/// `endpoint.json`. Readable for its owner only, because of the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The base of the OpenAI-compatible routes: `http://127.0.0.1:PORT/v1`.
    pub url: String,
    pub token: String,
    pub pid: u32,
    /// Of the program; a host of another version is asked to end.
    pub version: String,
}

/// The folder `host` in the user's data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFiles(PathBuf);

impl HostFiles {
    pub fn new(dirs: &Dirs) -> Self {
        HostFiles(dirs.data.join("host"))
    }

    pub fn directory(&self) -> &Path {
        &self.0
    }

    pub fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// Where a host that was started on demand writes its log.
    pub fn log(&self) -> PathBuf {
        self.0.join("host.log")
    }

    fn endpoint(&self) -> PathBuf {
        self.0.join("endpoint.json")
    }

    /// What the last host wrote; it may be gone.
    pub fn read(&self) -> Option<Endpoint> {
        let text = std::fs::read(self.endpoint()).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Puts the endpoint in place as a whole, so that nobody reads half of it.
    pub fn publish(&self, endpoint: &Endpoint) -> io::Result<()> {
        std::fs::create_dir_all(&self.0)?;
        let temporary = self.0.join(format!("endpoint.{}", std::process::id()));
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&temporary)?;
        io::Write::write_all(&mut file, &serde_json::to_vec_pretty(endpoint)?)?;
        drop(file);
        std::fs::rename(&temporary, self.endpoint())
    }

    /// Takes the endpoint away, to be called by the host that holds the lock.
    pub fn withdraw(&self) {
        let _ = std::fs::remove_file(self.endpoint());
    }
}
