//! A language client in a few lines: frames over pipes, replies by their id, everything else kept in order.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long to wait before something is called missing. Nothing is measured by it.
pub const REPLY_TIMEOUT: Duration = Duration::from_secs(60);

pub struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// Notifications and requests of the server that nobody has asked for yet.
    waiting: VecDeque<Value>,
    last_id: i64,
}

impl Client {
    /// Starts the server and reads what it says on a thread of its own.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().unwrap();
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            while let Some(message) = read_frame(&mut reader) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Client {
            child,
            stdin,
            messages,
            waiting: VecDeque::new(),
            last_id: 0,
        }
    }

    /// `initialize` and `initialized` for one workspace folder.
    pub fn initialize(&mut self, root: &Path, options: Value) -> Value {
        let uri = uri(root);
        let result = self.request(
            "initialize",
            json!({
                "processId": std::process::id(), "rootUri": uri, "initializationOptions": options,
                "workspaceFolders": [{ "uri": uri, "name": "demo" }],
                "capabilities": {
                    "general": { "positionEncodings": ["utf-8", "utf-16"] },
                    "textDocument": {
                        "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["", "quickfix"] } } },
                        "hover": { "contentFormat": ["markdown", "plaintext"] },
                    },
                    "window": { "workDoneProgress": true, "showDocument": { "support": true } },
                    "workspace": { "workspaceFolders": true },
                },
            }),
        );
        self.notify("initialized", json!({}));
        result
    }

    pub fn open(&mut self, root: &Path, path: &str, language: &str) {
        let text = std::fs::read_to_string(root.join(path)).unwrap();
        let document = json!({ "uri": uri(&root.join(path)), "languageId": language, "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// The reply's result; an error fails the test.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let reply = self.ask(method, params);
        assert!(reply.get("error").is_none(), "{method}: {reply}");
        reply["result"].clone()
    }

    /// The whole reply, error or not.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        self.reply(id)
    }

    /// Sends a request without waiting for its reply.
    pub fn send(&mut self, method: &str, params: Value) -> i64 {
        self.last_id += 1;
        let id = self.last_id;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.write(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    pub fn reply(&mut self, id: i64) -> Value {
        let deadline = Instant::now() + REPLY_TIMEOUT;
        loop {
            let message = self
                .next(deadline)
                .unwrap_or_else(|| panic!("no reply to request {id}"));
            if message.get("method").is_none() {
                assert_eq!(
                    message["id"], id,
                    "a reply that nobody waits for: {message}"
                );
                return message;
            }
            self.waiting.push_back(message);
        }
    }

    /// The parameters of the first notification or request for which `wanted` holds, heard before or from now on.
    pub fn hear(&mut self, method: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let fits = |message: &Value| message["method"] == method && wanted(&message["params"]);
        if let Some(at) = self.waiting.iter().position(fits) {
            return self.waiting.remove(at).unwrap()["params"].clone();
        }
        let deadline = Instant::now() + REPLY_TIMEOUT;
        loop {
            let message = self
                .next(deadline)
                .unwrap_or_else(|| panic!("no {method} was heard"));
            if fits(&message) {
                return message["params"].clone();
            }
            self.waiting.push_back(message);
        }
    }

    /// Takes all that was heard so far of one notification.
    pub fn heard(&mut self, method: &str) -> Vec<Value> {
        let (taken, kept) = self
            .waiting
            .drain(..)
            .partition(|message| message["method"] == method);
        self.waiting = kept;
        let taken: VecDeque<Value> = taken;
        taken
            .into_iter()
            .map(|message| message["params"].clone())
            .collect()
    }

    /// Asks `repoLsp/status` until `wanted` holds of the first root. The server answers at once, so this is a busy but short wait.
    pub fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + REPLY_TIMEOUT;
        loop {
            let status = self.request("repoLsp/status", json!({}));
            if wanted(&status["roots"][0]) {
                return status["roots"][0].clone();
            }
            assert!(
                Instant::now() < deadline,
                "the server never came to this; it says {status}"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// As a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// `shutdown` and `exit`, as the protocol wants it.
    pub fn shut_down(mut self) -> ExitStatus {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.stdin = None;
        self.child.wait().unwrap()
    }

    fn write(&mut self, message: &Value) {
        let body = message.to_string();
        let stdin = self.stdin.as_mut().expect("the session is open");
        write!(stdin, "Content-Length: {}\r\n\r\n{body}", body.len())
            .and_then(|()| stdin.flush())
            .expect("the server reads");
    }

    /// The next message; requests of the server are answered on the way, because it may wait for that.
    fn next(&mut self, deadline: Instant) -> Option<Value> {
        let left = deadline.saturating_duration_since(Instant::now());
        let message = match self.messages.recv_timeout(left) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => {
                panic!("the server has ended: {:?}", self.child.wait())
            }
        };
        if message.get("method").is_some() && message.get("id").is_some() {
            let result = match message["method"].as_str() {
                Some("window/showDocument") => json!({ "success": true }),
                Some("workspace/configuration") => json!([null]),
                _ => Value::Null,
            };
            self.write(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }));
        }
        Some(message)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn read_frame(reader: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            header => {
                let (name, value) = header
                    .split_once(": ")
                    .unwrap_or_else(|| panic!("not a header: {header:?}"));
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.parse().unwrap();
                }
            }
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("a frame holds JSON"))
}
