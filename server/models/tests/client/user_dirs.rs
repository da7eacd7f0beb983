//! Temporary user directories, and launchers that start scripted hosts in them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use models::host_files::{HostAddress, HostFiles};
use models::launch::HostLauncher;
use serde_json::Value;
use settings::paths::Dirs;

use super::host::{SCRIPT, VERSION, event_log};
use super::policy;

/// Status timeout after which a host is considered hung; long enough for a healthy host on a slow machine.
const STATUS_TIMEOUT: Duration = Duration::from_secs(4);

pub struct UserDirs {
    folder: tempfile::TempDir,
}

impl UserDirs {
    pub fn new() -> Self {
        UserDirs {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn dirs(&self) -> Dirs {
        std::fs::create_dir_all(self.data()).unwrap();
        let folder = |name: &str| self.folder.path().join(name);
        Dirs {
            cache: folder("cache"),
            config: folder("config"),
            data: folder("data"),
        }
    }

    pub fn files(&self) -> HostFiles {
        HostFiles::new(&self.dirs())
    }

    /// Returns a launcher, as each editor has one, that starts scripted hosts with this script.
    pub fn launcher(&self, script: Value) -> HostLauncher {
        let test = std::env::current_exe().unwrap();
        let script = format!("{SCRIPT}={script}");
        // The last two arguments identify the process as a host; they match no test name.
        let test_arguments = [
            "--exact",
            "host::scripted",
            "--ignored",
            "--nocapture",
            "model",
            "serve",
        ];
        let mut arguments = vec![script.into(), test.into()];
        arguments.extend(test_arguments.map(Into::into));
        self.launcher_for(Path::new("/usr/bin/env"), arguments)
    }

    /// Returns a launcher that starts hosts with this command.
    pub fn launcher_for(&self, program: &Path, arguments: Vec<std::ffi::OsString>) -> HostLauncher {
        HostLauncher::new(&self.dirs())
            .with_program(program, arguments)
            .with_version(VERSION)
            .with_timeouts(policy(), STATUS_TIMEOUT)
    }

    /// Returns the process ids of all logged events with this name, in order.
    pub fn pids_of(&self, event: &str) -> Vec<u32> {
        let log = std::fs::read_to_string(event_log(&self.data())).unwrap_or_default();
        let lines = log.lines().filter_map(|line| line.split_once(' '));
        let matching = lines.filter(|(name, _)| *name == event);
        matching.map(|(_, pid)| pid.parse().unwrap()).collect()
    }

    /// Lets a host continue that waits for the test.
    pub fn release(&self) {
        std::fs::write(self.data().join("release"), "").unwrap();
    }

    /// Writes the address of a host that no longer exists.
    pub fn publish_stale_address(&self, url: &str, pid: u32) {
        let address = HostAddress {
            url: url.to_owned(),
            token: "old token".to_owned(),
            pid,
            version: VERSION.to_owned(),
        };
        self.files().publish(&address).unwrap();
    }
}
