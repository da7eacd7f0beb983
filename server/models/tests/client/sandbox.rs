//! The user directories of one test, and the host that is started there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use models::host_files::{HostAddress, HostFiles};
use models::launch::HostLauncher;
use serde_json::Value;
use settings::paths::Dirs;

use super::host::{PLAY, VERSION, diary};
use super::policy;

/// Status timeout after which a host is considered hung; long enough for a healthy host on a slow machine.
const STATUS_TIMEOUT: Duration = Duration::from_secs(4);

pub struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        Sandbox {
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

    /// A launcher of one editor, which starts scripted hosts with this script.
    pub fn window(&self, play: Value) -> HostLauncher {
        let test = std::env::current_exe().unwrap();
        let play = format!("{PLAY}={play}");
        // The last two arguments identify the process as a host; they match no test name.
        let words = [
            "--exact",
            "host::scripted",
            "--ignored",
            "--nocapture",
            "model",
            "serve",
        ];
        let mut arguments = vec![play.into(), test.into()];
        arguments.extend(words.map(Into::into));
        self.window_of(Path::new("/usr/bin/env"), arguments)
    }

    pub fn window_of(&self, program: &Path, arguments: Vec<std::ffi::OsString>) -> HostLauncher {
        HostLauncher::new(&self.dirs())
            .with_program(program, arguments)
            .with_version(VERSION)
            .with_timeouts(policy(), STATUS_TIMEOUT)
    }

    /// Returns the process ids of the log lines with this event, in order.
    pub fn noted(&self, what: &str) -> Vec<u32> {
        let diary = std::fs::read_to_string(diary(&self.data())).unwrap_or_default();
        let lines = diary.lines().filter_map(|line| line.split_once(' '));
        let about = lines.filter(|(noted, _)| *noted == what);
        about.map(|(_, pid)| pid.parse().unwrap()).collect()
    }

    pub fn release(&self) {
        std::fs::write(self.data().join("release"), "").unwrap();
    }

    /// Writes the address of a host that no longer exists.
    pub fn leave_endpoint(&self, url: &str, pid: u32) {
        let endpoint = HostAddress {
            url: url.to_owned(),
            token: "old token".to_owned(),
            pid,
            version: VERSION.to_owned(),
        };
        self.files().publish(&endpoint).unwrap();
    }
}
