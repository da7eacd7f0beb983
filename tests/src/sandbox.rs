//! A workspace in a temporary folder, with home, cache and configuration folders that nobody else uses.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::binary;

pub struct Sandbox {
    folder: TempDir,
}

/// What a command left behind, with everything replaced that differs from run to run.
#[derive(Debug)]
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

impl Sandbox {
    /// A workspace with these files: each begins with a line `//- /path`. It is marked as a repository.
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

    /// The user's own configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.home().join(".config/repo-lsp/config.toml")
    }

    fn base(&self) -> PathBuf {
        // Temporary folders are links on some systems, and the binary prints real paths.
        self.folder.path().canonicalize().unwrap()
    }

    /// Writes a file of the workspace.
    pub fn write(&self, path: &str, text: &str) {
        write(&self.root().join(path), text);
    }

    pub fn configure(&self, text: &str) {
        write(&self.config_file(), text);
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.root().join(path)).unwrap();
    }

    /// The binary, to be run in the workspace with nothing of our own environment but the path.
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

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.ran(self.command(arguments).output().unwrap())
    }

    /// Runs a command that must succeed and prints JSON.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        let ran = self.run(&arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {ran:?}"))
    }

    pub fn ran(&self, output: Output) -> Ran {
        let text =
            |bytes: Vec<u8>| self.steady(&String::from_utf8(bytes).expect("output is UTF-8"));
        Ran {
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            code: output.status.code(),
        }
    }

    /// The text without what differs from run to run: where the sandbox lies, how long things took, how large an index is.
    fn steady(&self, text: &str) -> String {
        let mut text = text.replace(&self.base().display().to_string(), "$SANDBOX");
        // The name of an index ends in a hash of the workspace's path.
        if let Some(at) = text.find("/index/demo-") {
            let hash = at + "/index/demo-".len();
            text.replace_range(hash..hash + 16, "HASH");
        }
        let mut lines: Vec<String> = text.lines().map(steady_line).collect();
        if text.ends_with('\n') {
            lines.push(String::new());
        }
        lines.join("\n")
    }
}

fn steady_line(line: &str) -> String {
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
