//! Starts a host process that outlives its parent, and detects when it exits early.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use tokio::sync::oneshot;

use crate::ModelError;
use crate::error::one_line;
use crate::host_files::HostFiles;
use settings::paths::{Dirs, plain, tilde};

/// A log longer than this many bytes is renamed to `host.log.old` when the next host starts.
const MAX_LOG_LEN: u64 = 1024 * 1024;
/// Number of log lines quoted in an error.
const MAX_LOG_LINES: usize = 3;

/// The program that is started as the host.
#[derive(Debug, Clone)]
pub(super) enum Program {
    /// The executable of this process.
    CurrentExecutable,
    Custom(PathBuf, Vec<OsString>),
}

/// A host process that was started and does not serve yet.
#[derive(Debug)]
pub(super) struct Child {
    ended: oneshot::Receiver<io::Result<ExitStatus>>,
    log: PathBuf,
    /// Byte offset of its first line in the log.
    log_start: u64,
}

impl Program {
    fn command(&self) -> io::Result<Command> {
        Ok(match self {
            Program::CurrentExecutable => {
                let mut command = Command::new(current_executable()?);
                command.args(["model", "serve", "--on-demand"]);
                command
            }
            Program::Custom(program, arguments) => {
                let mut command = Command::new(program);
                command.args(arguments);
                command
            }
        })
    }

    pub fn start(&self, dirs: &Dirs, files: &HostFiles) -> Result<Child, ModelError> {
        let failed = |what: String, error: &io::Error| {
            ModelError::HostFailed(format!("cannot {what}: {}", plain(error)))
        };
        let folder = files.directory();
        std::fs::create_dir_all(folder)
            .map_err(|error| failed(format!("create the directory {}", tilde(folder)), &error))?;
        let log = files.log();
        let opened = open_log(&log);
        let (file, log_start) =
            opened.map_err(|error| failed(format!("write {}", tilde(&log)), &error))?;
        let mut command = self
            .command()
            .map_err(|error| failed("find the executable of this program".to_owned(), &error))?;
        let absolute = |folder: &Path| std::path::absolute(folder).unwrap_or(folder.to_owned());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .env("REPO_LSP_CACHE_DIR", absolute(&dirs.cache))
            .env("REPO_LSP_CONFIG_DIR", absolute(&dirs.config))
            .env("REPO_LSP_DATA_DIR", absolute(&dirs.data))
            // A process must not block the removal or unmounting of a workspace.
            .current_dir(folder);
        detach(&mut command);
        let started = command.spawn();
        let mut child = started.map_err(|error| failed("start the process".to_owned(), &error))?;
        tracing::info!("started process {} to run models", child.id());
        let (tell, ended) = oneshot::channel();
        // A separate thread, because waiting takes as long as the host runs, and a runtime does not shut down before its workers.
        let waiting = std::thread::Builder::new().name("model host".to_owned());
        let waiting = waiting.spawn(move || {
            // The receiver may be gone; waiting still prevents a zombie process.
            let _ = tell.send(child.wait());
        });
        waiting.map_err(|error| failed("wait for the process".to_owned(), &error))?;
        Ok(Child {
            ended,
            log,
            log_start,
        })
    }
}

/// How a starting host exited.
#[derive(Debug)]
pub(super) enum Ended {
    /// Another host has the lock.
    AnotherHostRuns,
    Failed(ModelError),
}

impl Child {
    /// Returns how the process exited, or `None` while it runs.
    pub fn ended(&mut self) -> Option<Ended> {
        let status = match self.ended.try_recv() {
            Err(oneshot::error::TryRecvError::Empty) => return None,
            Ok(Ok(status)) if status.success() => return Some(Ended::AnotherHostRuns),
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(error)) => plain(&error),
            Err(oneshot::error::TryRecvError::Closed) => "unknown exit status".to_owned(),
        };
        let log = tilde(&self.log);
        let last = self.last_lines().unwrap_or_default();
        Some(Ended::Failed(ModelError::HostFailed(
            match last.is_empty() {
                true => format!("the model host exited immediately ({status}); see {log}"),
                false => format!("{last} ({status}; see {log})"),
            },
        )))
    }

    /// Returns the last lines of its log.
    fn last_lines(&self) -> io::Result<String> {
        let mut file = File::open(&self.log)?;
        file.seek(SeekFrom::Start(self.log_start))?;
        let mut text = Vec::new();
        file.take(MAX_LOG_LEN).read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let last = &lines[lines.len().saturating_sub(MAX_LOG_LINES)..];
        Ok(one_line(&last.join("; ")))
    }
}

/// Opens the log for appending and returns its length. The log is readable only by its owner, because it names the models.
fn open_log(path: &Path) -> io::Result<(File, u64)> {
    if std::fs::metadata(path).is_ok_and(|log| log.len() > MAX_LOG_LEN) {
        // Another process may rename it at the same time.
        let _ = std::fs::rename(path, path.with_extension("log.old"));
    }
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// Returns the path of this executable. Linux appends ` (deleted)` if an update replaced it; the new executable has the same path.
fn current_executable() -> io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    let replaced = path
        .to_str()
        .and_then(|path| path.strip_suffix(" (deleted)"));
    Ok(match replaced {
        Some(successor) if !path.exists() => PathBuf::from(successor),
        _ => path,
    })
}

/// Puts the host into its own process group, so that Ctrl-C in a terminal or the end of an editor does not stop it.
#[cfg(unix)]
fn detach(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(windows)]
fn detach(command: &mut Command) {
    const DETACHED_PROCESS: u32 = 0x0000_0008;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    let flags = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP;
    std::os::windows::process::CommandExt::creation_flags(command, flags);
}
