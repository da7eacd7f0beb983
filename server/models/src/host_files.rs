//! The files through which clients find the model host: its address, access token and lock.
//!
//! The host holds an operating system lock on `host/lock` while it runs. `host/endpoint.json` is valid only while that lock is held.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use settings::files::{FileAccess, write_atomically};
use settings::paths::Dirs;

/// HTTP header with the priority of a request: a [`super::Priority`] in lower case.
pub const PRIORITY_HEADER: &str = "x-repo-lsp-priority";
/// Error type in the response when a background request is stopped to serve a chat request. Part of the protocol: hosts of other
/// versions send it too.
pub const PREEMPTED: &str = "gave_way";

/// The content of `endpoint.json`. The file is readable only by its owner, because it contains the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostAddress {
    /// Base URL of the OpenAI-compatible API: `http://127.0.0.1:PORT/v1`.
    pub url: String,
    pub token: String,
    pub pid: u32,
    /// Program version of the host. A host of an older version is asked to stop.
    pub version: String,
}

/// The directory `host` in the user's data directory.
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

    /// Log file of a host that was started on demand.
    pub fn log(&self) -> PathBuf {
        self.0.join("host.log")
    }

    fn address_file(&self) -> PathBuf {
        self.0.join("endpoint.json")
    }

    /// Reads the address that the last host published. That host may have ended.
    pub fn read(&self) -> Option<HostAddress> {
        let text = std::fs::read(self.address_file()).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Writes the address atomically, readable only by its owner.
    pub fn publish(&self, address: &HostAddress) -> io::Result<()> {
        std::fs::create_dir_all(&self.0)?;
        let content = serde_json::to_vec_pretty(address)?;
        write_atomically(&self.address_file(), &content, FileAccess::Owner)
    }

    /// Removes the address file. Call it only while holding the lock.
    pub fn withdraw(&self) {
        let _ = std::fs::remove_file(self.address_file());
    }
}
