//! Ends a host that hangs. It cannot be asked, so it has to be certain that the process is one.

use crate::ModelError;
use crate::host_files::Endpoint;

/// Ends the process behind an endpoint that does not answer. Whether it was a host: a number may be another process's by now.
#[cfg(unix)]
pub(super) fn end(endpoint: &Endpoint) -> Result<bool, ModelError> {
    let Some(pid) = i32::try_from(endpoint.pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    else {
        return Ok(false);
    };
    if !command_line(endpoint.pid).is_some_and(|line| is_host(&line)) {
        return Ok(false);
    }
    tracing::warn!(
        "the process that runs models does not answer; ending process {}",
        endpoint.pid
    );
    match rustix::process::kill_process(pid, rustix::process::Signal::KILL) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(true),
        Err(error) => Err(ModelError::Host(format!(
            "the process that runs models does not answer, and cannot be ended ({error}); end process {} yourself",
            endpoint.pid
        ))),
    }
}

#[cfg(not(unix))]
pub(super) fn end(endpoint: &Endpoint) -> Result<bool, ModelError> {
    Err(ModelError::Host(format!(
        "the process that runs models does not answer; end process {} yourself",
        endpoint.pid
    )))
}

/// How a process was started.
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
