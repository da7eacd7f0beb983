//! An LSP client over pipes: message framing, matching replies to requests, and a queue of other messages from the server.

mod requests;

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub use requests::Position;

/// Time to wait for a message before the test fails. Long enough for a slow machine; no test measures it.
pub const REPLY_TIMEOUT: Duration = Duration::from_secs(60);

/// Delay between two polls of the server.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// A running server and the connection to it. Dropping it kills the server.
pub struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// Notifications and requests of the server that no test has consumed yet.
    queue: VecDeque<Value>,
    last_id: i64,
    /// Workspace folder; document paths are relative to it.
    root: PathBuf,
}

impl Client {
    /// Starts the server and a thread that reads its messages.
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
            queue: VecDeque::new(),
            last_id: 0,
            root: PathBuf::new(),
        }
    }

    /// Sends a request and returns the result. An error response fails the test.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        self.wait_for_result(id)
    }

    /// Sends a request without waiting for the response. Returns the id of the request.
    pub fn send(&mut self, method: &str, params: Value) -> i64 {
        self.last_id += 1;
        let id = self.last_id;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.write(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Waits for the response to a request and returns its result. An error response fails the test.
    pub fn wait_for_result(&mut self, id: i64) -> Value {
        let response = self.wait_for_response(id);
        assert!(
            response.get("error").is_none(),
            "request {id} failed: {response}"
        );
        response["result"].clone()
    }

    /// Waits for the response to a request, which may be an error.
    pub fn wait_for_response(&mut self, id: i64) -> Value {
        let deadline = Instant::now() + REPLY_TIMEOUT;
        loop {
            let message = self
                .next(deadline)
                .unwrap_or_else(|| panic!("no response to request {id}"));
            if message.get("method").is_none() {
                assert_eq!(
                    message["id"], id,
                    "a response to no pending request: {message}"
                );
                return message;
            }
            self.queue.push_back(message);
        }
    }

    /// Returns the parameters of the first notification or request with this method that fulfils the condition. Messages that
    /// were received earlier count.
    pub fn wait_for_message(&mut self, method: &str, condition: impl Fn(&Value) -> bool) -> Value {
        let matches =
            |message: &Value| message["method"] == method && condition(&message["params"]);
        if let Some(index) = self.queue.iter().position(matches) {
            return self.queue.remove(index).unwrap()["params"].clone();
        }
        let deadline = Instant::now() + REPLY_TIMEOUT;
        loop {
            let message = self
                .next(deadline)
                .unwrap_or_else(|| panic!("no matching {method} was received"));
            if matches(&message) {
                return message["params"].clone();
            }
            self.queue.push_back(message);
        }
    }

    /// Removes all queued messages with this method and returns their parameters. Does not wait.
    pub fn take_notifications(&mut self, method: &str) -> Vec<Value> {
        let (taken, kept) = self
            .queue
            .drain(..)
            .partition(|message| message["method"] == method);
        self.queue = kept;
        let taken: VecDeque<Value> = taken;
        taken
            .into_iter()
            .map(|message| message["params"].clone())
            .collect()
    }

    /// Repeats `attempt` until it returns `Ok`. Fails with the last error after [`REPLY_TIMEOUT`].
    pub fn poll<T>(&mut self, mut attempt: impl FnMut(&mut Self) -> Result<T, Value>) -> T {
        let deadline = Instant::now() + REPLY_TIMEOUT;
        loop {
            match attempt(self) {
                Ok(found) => return found,
                Err(last) => assert!(
                    Instant::now() < deadline,
                    "the condition was not fulfilled in time; last result: {last:#}"
                ),
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Process id of the server.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills the server without `shutdown`, as a crash would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends `shutdown` and `exit`, and waits for the process to end.
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
            .expect("the server reads its input");
    }

    /// Receives the next message. Answers requests of the server at once, because the server may block on the response.
    fn next(&mut self, deadline: Instant) -> Option<Value> {
        let left = deadline.saturating_duration_since(Instant::now());
        let message = match self.messages.recv_timeout(left) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => {
                panic!("the server has exited: {:?}", self.child.wait())
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

/// Returns the `file:` URI of a path without characters that need escaping.
pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// Reads one message. `None` at the end of the stream.
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
    Some(serde_json::from_slice(&body).expect("a message is JSON"))
}
