//! Starts a host that outlives whoever starts it, and notices when it ends at once.

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

/// A longer log is put aside, in the place of the one that was put aside before, when the next host starts.
const LONGEST_LOG: u64 = 1024 * 1024;
/// As many of the last lines of the log are part of an error.
const LAST_LINES: usize = 3;

/// What is started as the host.
#[derive(Debug, Clone)]
pub(super) enum Program {
    /// The program that runs now.
    Own,
    Other(PathBuf, Vec<OsString>),
}

/// A host that was started and is not known to serve yet.
#[derive(Debug)]
pub(super) struct Child {
    ended: oneshot::Receiver<io::Result<ExitStatus>>,
    log: PathBuf,
    /// Where in the log its own lines begin.
    log_start: u64,
}

impl Program {
    fn command(&self) -> io::Result<Command> {
        Ok(match self {
            Program::Own => {
                let mut command = Command::new(own()?);
                command.args(["model", "serve", "--on-demand"]);
                command
            }
            Program::Other(program, arguments) => {
                let mut command = Command::new(program);
                command.args(arguments);
                command
            }
        })
    }

    pub fn start(&self, dirs: &Dirs, files: &HostFiles) -> Result<Child, ModelError> {
        let failed = |what: String, error: &io::Error| {
            ModelError::Host(format!("cannot {what}: {}", plain(error)))
        };
        let folder = files.directory();
        std::fs::create_dir_all(folder)
            .map_err(|error| failed(format!("make the folder {}", tilde(folder)), &error))?;
        let log = files.log();
        let opened = open_log(&log);
        let (file, log_start) =
            opened.map_err(|error| failed(format!("write {}", tilde(&log)), &error))?;
        let mut command = self
            .command()
            .map_err(|error| failed("find this program's own file".to_owned(), &error))?;
        let absolute = |folder: &Path| std::path::absolute(folder).unwrap_or(folder.to_owned());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .env("REPO_LSP_CACHE_DIR", absolute(&dirs.cache))
            .env("REPO_LSP_CONFIG_DIR", absolute(&dirs.config))
            .env("REPO_LSP_DATA_DIR", absolute(&dirs.data))
            // It must not keep anybody's workspace busy.
            .current_dir(folder);
        detach(&mut command);
        let started = command.spawn();
        let mut child = started.map_err(|error| failed("start the process".to_owned(), &error))?;
        tracing::info!("started process {} to run models", child.id());
        let (tell, ended) = oneshot::channel();
        // A thread of its own, because waiting takes as long as the host lives, and no runtime ends before its workers do.
        let waiting = std::thread::Builder::new().name("model host".to_owned());
        let waiting = waiting.spawn(move || {
            // Nobody may be interested any more; waiting is what keeps it from staying behind as a zombie.
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

/// How a host ended that was to serve.
#[derive(Debug)]
pub(super) enum Ended {
    /// Another one serves, or is about to.
    GaveWay,
    Failed(ModelError),
}

impl Child {
    /// Whether it ended, and how.
    pub fn ended(&mut self) -> Option<Ended> {
        let status = match self.ended.try_recv() {
            Err(oneshot::error::TryRecvError::Empty) => return None,
            Ok(Ok(status)) if status.success() => return Some(Ended::GaveWay),
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(error)) => plain(&error),
            Err(oneshot::error::TryRecvError::Closed) => "nobody knows how".to_owned(),
        };
        let log = tilde(&self.log);
        let last = self.last_lines().unwrap_or_default();
        Some(Ended::Failed(ModelError::Host(match last.is_empty() {
            true => format!("the process for it ended at once ({status}); see {log}"),
            false => format!("{last} ({status}; see {log})"),
        })))
    }

    /// The last lines it wrote to its log.
    fn last_lines(&self) -> io::Result<String> {
        let mut file = File::open(&self.log)?;
        file.seek(SeekFrom::Start(self.log_start))?;
        let mut text = Vec::new();
        file.take(LONGEST_LOG).read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
        Ok(one_line(&last.join("; ")))
    }
}

/// The log, for its end, and how long it is. It says which models there are, so it is for its owner only.
fn open_log(path: &Path) -> io::Result<(File, u64)> {
    if std::fs::metadata(path).is_ok_and(|log| log.len() > LONGEST_LOG) {
        // Another window may do the same at the same time.
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

/// The file of this program. Linux marks one that was replaced by an update; its successor then lies in the same place.
fn own() -> io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    let replaced = path
        .to_str()
        .and_then(|path| path.strip_suffix(" (deleted)"));
    Ok(match replaced {
        Some(successor) if !path.exists() => PathBuf::from(successor),
        _ => path,
    })
}

/// Ctrl-C in a terminal, and the end of an editor, go to a whole group of processes: the host has one of its own.
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
