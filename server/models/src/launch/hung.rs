//! Kills a host that does not respond, after verifying that the process is a host.

use crate::ModelError;
use crate::host_files::HostAddress;

/// Kills the host process at an address that does not respond. Returns false if the process id belongs to another program now.
#[cfg(unix)]
pub(super) fn kill(address: &HostAddress) -> Result<bool, ModelError> {
    let Some(pid) = i32::try_from(address.pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    else {
        return Ok(false);
    };
    if !command_line(address.pid).is_some_and(|line| is_host(&line)) {
        return Ok(false);
    }
    tracing::warn!(
        "the model host does not respond; killing process {}",
        address.pid
    );
    match rustix::process::kill_process(pid, rustix::process::Signal::KILL) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(true),
        Err(error) => Err(ModelError::HostFailed(format!(
            "the model host does not respond and cannot be killed ({error}); terminate process {} manually",
            address.pid
        ))),
    }
}

#[cfg(not(unix))]
pub(super) fn kill(address: &HostAddress) -> Result<bool, ModelError> {
    Err(ModelError::HostFailed(format!(
        "the model host does not respond; terminate process {} manually",
        address.pid
    )))
}

/// Returns the command line of a process.
#[cfg(unix)]
fn command_line(pid: u32) -> Option<Vec<String>> {
    if let Ok(line) = std::fs::read(format!("/proc/{pid}/cmdline")) {
        let words = line.split(|&byte| byte == 0);
        return Some(
            words
                .map(|word| String::from_utf8_lossy(word).into_owned())
                .collect(),
        );
    }
    let ps = std::process::Command::new("ps")
        .args(["-o", "command=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    let line = String::from_utf8_lossy(&ps.stdout).into_owned();
    Some(line.split_whitespace().map(str::to_owned).collect())
}

#[cfg(unix)]
fn is_host(words: &[String]) -> bool {
    words
        .windows(2)
        .any(|pair| pair[0] == "model" && pair[1] == "serve")
}
