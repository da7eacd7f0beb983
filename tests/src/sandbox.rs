//! A temporary workspace with its own home, cache and configuration directories.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use serde_json::Value;

use crate::{Client, binary};

pub struct Sandbox {
    folder: TempDir,
}

/// The output of a command. Parts that differ between runs are replaced by placeholders.
#[derive(Debug)]
pub struct CommandOutput {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

impl Sandbox {
    /// Creates a workspace with these files, each introduced by a line `//- /path`, and an empty `.git` directory.
    pub fn new(fixture: &str) -> Self {
        let sandbox = Sandbox {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(sandbox.root().join(".git")).unwrap();
        fs::create_dir_all(sandbox.home()).unwrap();
        fixture::write(&sandbox.root(), fixture).unwrap();
        sandbox
    }

    pub fn root(&self) -> PathBuf {
        self.base().join("work/demo")
    }

    pub fn home(&self) -> PathBuf {
        self.base().join("home")
    }

    pub fn cache(&self) -> PathBuf {
        self.home().join(".cache/repo-lsp")
    }

    /// The user's configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.home().join(".config/repo-lsp/config.toml")
    }

    fn base(&self) -> PathBuf {
        // On some systems the temporary directory is a symbolic link, but the binary prints resolved paths.
        self.folder.path().canonicalize().unwrap()
    }

    /// Writes a file of the workspace.
    pub fn write(&self, path: &str, text: &str) {
        write(&self.root().join(path), text);
    }

    /// Writes the user's configuration file.
    pub fn configure(&self, text: &str) {
        write(&self.config_file(), text);
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.root().join(path)).unwrap();
    }

    /// Returns a command that runs the binary in the workspace. Its environment contains only `HOME` and `PATH`.
    pub fn command<A: AsRef<str>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments.iter().map(AsRef::as_ref))
            .current_dir(self.root())
            .env_clear()
            .env("HOME", self.home());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts a language server without initializing it.
    pub fn start_server(&self) -> Client {
        Client::start(self.command(&["--stdio"]))
    }

    /// Starts a language server for the workspace and waits until its index is up to date.
    pub fn start_session(&self) -> Client {
        let mut client = self.start_server();
        client.initialize(&self.root(), Value::Null);
        client.wait_until_fresh();
        client
    }

    pub fn run(&self, arguments: &[&str]) -> CommandOutput {
        self.capture(self.command(arguments).output().unwrap())
    }

    /// Runs a command with `--json` and returns its output. The command must succeed.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        let output = self.run(&arguments);
        assert_eq!(output.code, Some(0), "{arguments:?}: {output:?}");
        serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {output:?}"))
    }

    /// Converts the output of a finished command, see [`CommandOutput`].
    pub fn capture(&self, output: Output) -> CommandOutput {
        let text =
            |bytes: Vec<u8>| self.normalize(&String::from_utf8(bytes).expect("output is UTF-8"));
        CommandOutput {
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            code: output.status.code(),
        }
    }

    /// Replaces the parts of a text that differ between runs: the path of the sandbox, durations and sizes.
    fn normalize(&self, text: &str) -> String {
        let mut text = text.replace(&self.base().display().to_string(), "$SANDBOX");
        // The directory name of an index ends with a hash of the path of the workspace.
        if let Some(at) = text.find("/index/demo-") {
            let hash = at + "/index/demo-".len();
            text.replace_range(hash..hash + 16, "HASH");
        }
        let mut lines: Vec<String> = text.lines().map(normalize_line).collect();
        if text.ends_with('\n') {
            lines.push(String::new());
        }
        lines.join("\n")
    }
}

/// Replaces numbers with a unit of time or size by `TIME` and `SIZE`.
fn normalize_line(line: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in line.split(' ') {
        let unit = word.trim_end_matches([')', ',']);
        let number = words.last().map(|word| word.trim_start_matches('('));
        let is_number = number.is_some_and(|word| !word.is_empty() && word.parse::<f64>().is_ok());
        if is_number && matches!(unit, "ms" | "s" | "B" | "kB" | "MB" | "GB") {
            let what = if unit.ends_with('s') { "TIME" } else { "SIZE" };
            if let Some(last) = words.last_mut() {
                let bracket = if last.starts_with('(') { "(" } else { "" };
                *last = format!("{bracket}{what}{}", &word[unit.len()..]);
            }
        } else {
            words.push(word.to_owned());
        }
    }
    words
        .join(" ")
        .replace("under 1 ms", "TIME")
        .replace("under TIME", "TIME")
}

fn write(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}
