//! Temporary user directories with installed models, a host process that serves them, and an HTTP client.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use models::host_files::{HostAddress, HostFiles};
use models::library::{Library, NewCheckpoint, Provenance, Transfer};
use serde_json::{Value, json};
use settings::paths::Dirs;
use tempfile::TempDir;

pub struct Home {
    folder: TempDir,
    pub dirs: Dirs,
}

impl Home {
    pub fn new() -> Self {
        Self::with("")
    }

    /// Creates directories with these lines in the `[host]` section of the configuration.
    pub fn with(host: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let dirs = Dirs {
            cache: at("cache"),
            config: at("config"),
            data: at("data"),
        };
        std::fs::create_dir_all(&dirs.config).unwrap();
        std::fs::write(dirs.config_file(), format!("[host]\n{host}\n")).unwrap();
        Home { folder, dirs }
    }

    pub fn library(&self) -> Library {
        Library::new(&self.dirs)
    }

    /// Adds the checkpoint that `make` writes as a new generation without switching to it. Returns its number.
    pub fn add(&self, name: &str, base: Option<&str>, make: impl FnOnce(&Path)) -> u32 {
        let made = tempfile::tempdir_in(self.folder.path()).unwrap();
        make(made.path());
        let incoming = NewCheckpoint {
            path: made.path().to_owned(),
            transfer: Transfer::Move,
            provenance: Provenance {
                base: base.map(str::to_owned),
                ..Provenance::default()
            },
        };
        let added = self.library().add(name, &incoming, &|_, _| {}).unwrap();
        added.installed.manifest.number
    }

    /// Adds a generation and makes it the current one of the default model.
    pub fn install(&self, name: &str, make: impl FnOnce(&Path)) -> u32 {
        let number = self.add(name, None, make);
        self.library().switch(name, number).unwrap();
        self.library().set_default(name).unwrap();
        number
    }

    pub fn parrot(&self, name: &str, says: &str) -> u32 {
        self.install(name, |folder| {
            drop(checkpoint::parrot(folder, says).unwrap())
        })
    }

    /// Returns the folder of a generation.
    pub fn generation(&self, name: &str, number: u32) -> PathBuf {
        self.library()
            .directory()
            .join(name)
            .join(number.to_string())
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        // Benchmarks may run on another machine than the build, so the path of the program can be overridden.
        let program = std::env::var_os("REPO_LSP_BIN")
            .unwrap_or_else(|| env!("CARGO_BIN_EXE_repo-lsp").into());
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("REPO_LSP_CACHE_DIR", &self.dirs.cache)
            .env("REPO_LSP_CONFIG_DIR", &self.dirs.config)
            .env("REPO_LSP_DATA_DIR", &self.dirs.data)
            // Access to the network fails at once.
            .env("HF_ENDPOINT", "http://127.0.0.1:1")
            .env("HF_HOME", self.folder.path().join("hub"));
        command
    }

    /// Starts a host and waits until it listens.
    pub fn serve(&self) -> Host {
        let mut child = self
            .command(&["model", "serve"])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let (lines, log) = mpsc::channel();
        let reader = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in reader.lines().map_while(Result::ok) {
                // Printed if the test fails.
                println!("host: {line}");
                // Continues without a receiver, so that the pipe of the host does not fill up.
                let _ = lines.send(line);
            }
        });
        let mut host = Host {
            endpoint: None,
            child,
            log,
            client: models::http::client_builder().no_proxy().build().unwrap(),
        };
        host.wait_for_log("serving on");
        host.endpoint = HostFiles::new(&self.dirs).read();
        host
    }
}

pub struct Host {
    pub endpoint: Option<HostAddress>,
    pub child: Child,
    log: mpsc::Receiver<String>,
    pub client: reqwest::Client,
}

/// An answer, or the error response.
#[derive(Debug, Default, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// Generation label, such as `name@7`.
    pub by: String,
    pub text: String,
    pub thinking: String,
    pub finish: String,
    pub tokens: u64,
    pub error: Option<String>,
}

impl Host {
    pub fn endpoint(&self) -> &HostAddress {
        self.endpoint.as_ref().expect("the host listens")
    }

    /// Waits for a line of the log that contains this text.
    pub fn wait_for_log(&self, part: &str) -> String {
        loop {
            let line = self
                .log
                .recv()
                .unwrap_or_else(|_| panic!("the host exited before it logged `{part}`"));
            if line.contains(part) {
                return line;
            }
        }
    }

    pub fn request(&self, body: &Value) -> reqwest::RequestBuilder {
        let HostAddress { url, token, .. } = self.endpoint();
        self.client
            .post(format!("{url}/chat/completions"))
            .bearer_auth(token)
            .json(body)
    }

    pub async fn ask(&self, body: Value) -> Answer {
        self.read(self.request(&body)).await
    }

    /// Sends a request and reads the complete answer, streamed or not.
    pub async fn read(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let mut stream = Stream::of(response).await;
        while stream.next().await {}
        stream.answer
    }

    pub async fn status(&self) -> Value {
        let HostAddress { url, token, .. } = self.endpoint();
        let url = url.replace("/v1", "/repo-lsp/status");
        let response = self
            .client
            .get(url)
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        response.json().await.unwrap()
    }

    /// Polls the status until it fulfils the condition.
    pub async fn wait_for_status(&self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let status = self.status().await;
            if fits(&status) {
                return status;
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer that is being received.
pub struct Stream {
    response: Option<reqwest::Response>,
    buffer: String,
    pub answer: Answer,
}

impl Stream {
    pub async fn of(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let kind = response.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        let mut stream = Stream {
            response: None,
            buffer: String::new(),
            answer: Answer {
                status,
                ..Answer::default()
            },
        };
        if kind.starts_with("text/event-stream") {
            stream.response = Some(response);
        } else {
            let object: Value = response.json().await.unwrap();
            stream.take(&object, "message");
        }
        stream
    }

    /// Reads the next event. Returns false at the end.
    pub async fn next(&mut self) -> bool {
        loop {
            if let Some(end) = self.buffer.find("\n\n") {
                let event: String = self.buffer.drain(..end + 2).collect();
                let Some(data) = event.trim_end().strip_prefix("data: ") else {
                    // A comment.
                    continue;
                };
                if data != "[DONE]" {
                    let object = serde_json::from_str(data).unwrap();
                    self.take(&object, "delta");
                }
                return true;
            }
            let Some(response) = &mut self.response else {
                return false;
            };
            match response.chunk().await.unwrap() {
                Some(bytes) => self.buffer.push_str(std::str::from_utf8(&bytes).unwrap()),
                None => return false,
            }
        }
    }

    fn take(&mut self, object: &Value, part: &str) {
        let answer = &mut self.answer;
        if let Some(error) = object["error"]["message"].as_str() {
            answer.error = Some(error.to_owned());
            return;
        }
        let choice = &object["choices"][0];
        answer.by = object["model"].as_str().unwrap().to_owned();
        answer.text += choice[part]["content"].as_str().unwrap_or_default();
        answer.thinking += choice[part]["reasoning_content"]
            .as_str()
            .unwrap_or_default();
        if let Some(finish) = choice["finish_reason"].as_str() {
            answer.finish = finish.to_owned();
            answer.tokens = object["usage"]["completion_tokens"].as_u64().unwrap();
        }
    }
}

/// A chat completion request with greedy sampling and without reasoning.
pub fn question(model: &str, text: &str, stream: bool) -> Value {
    json!({
        "model": model,
        "messages": [{ "role": "user", "content": text }],
        "stream": stream,
        "temperature": 0,
        "max_tokens": 2000,
        "enable_thinking": false,
    })
}
