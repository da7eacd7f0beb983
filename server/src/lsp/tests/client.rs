//! A test client. A test fails if it ends with a message of the server that it did not request or expect.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio::task::JoinHandle;

use crate::lsp::frame::{self, Frame, FrameReader};
use crate::lsp::{Outcome, serve};

use super::fixture::TestSettings;

const CLIENT_TIMEOUT: Duration = Duration::from_secs(20);

pub struct Client {
    input: Option<WriteHalf<DuplexStream>>,
    output: FrameReader<ReadHalf<DuplexStream>>,
    server: Option<JoinHandle<Outcome>>,
    next_id: i64,
    /// Requests and notifications of the server that no test code has consumed yet.
    inbox: VecDeque<Value>,
    /// Replies that arrived while another one was awaited.
    replies: VecDeque<Value>,
    directory: tempfile::TempDir,
}

impl Client {
    /// Starts a server and creates a folder with these files. No message has been sent yet.
    pub fn start(fixture: &str) -> Client {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("root");
        std::fs::create_dir_all(&root).unwrap();
        ::fixture::write(&root, fixture).unwrap();
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (read, write) = tokio::io::split(theirs);
        let source = Arc::new(TestSettings(directory.path().join("user")));
        let server = tokio::spawn(async move { serve(read, write, source).await.unwrap() });
        let (read, write) = tokio::io::split(ours);
        Client {
            input: Some(write),
            output: FrameReader::new(read),
            server: Some(server),
            next_id: 1,
            inbox: VecDeque::new(),
            replies: VecDeque::new(),
            directory,
        }
    }

    /// Starts a server with an open and indexed workspace.
    pub async fn ready(fixture: &str) -> Client {
        Client::ready_with(fixture, json!({}), json!({})).await
    }

    pub async fn ready_with(fixture: &str, capabilities: Value, options: Value) -> Client {
        let mut client = Client::start(fixture);
        client.initialize(capabilities, options).await;
        client.fresh().await;
        client
    }

    pub async fn initialize(&mut self, capabilities: Value, options: Value) -> Value {
        let uri = self.root_uri();
        let result = self.ask(
            "initialize",
            json!({
                "processId": null, "capabilities": capabilities, "initializationOptions": options,
                "workspaceFolders": [{ "uri": uri, "name": "root" }],
            }),
        );
        let result = result.await;
        self.notify("initialized", json!({})).await;
        result
    }

    /// Waits until every root is indexed.
    pub async fn fresh(&mut self) {
        self.until(
            "the roots to be fresh",
            "repoLsp/status",
            json!({}),
            |status| {
                status["roots"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|r| r["state"] == "fresh")
            },
        )
        .await;
    }

    /// Repeats a request until its result satisfies `wanted`.
    pub async fn until(
        &mut self,
        what: &str,
        method: &str,
        params: Value,
        wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        let deadline = tokio::time::Instant::now() + CLIENT_TIMEOUT;
        loop {
            let result = self.ask(method, params.clone()).await;
            if wanted(&result) {
                return result;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "timed out waiting for {what}: {result:#}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub fn folder(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder("root").join(path)
    }

    pub fn root_uri(&self) -> String {
        format!("file://{}", self.folder("root").display())
    }

    pub fn uri(&self, path: &str) -> String {
        format!("{}/{path}", self.root_uri())
    }

    /// The position of a marker such as `com$0mit` on the first line where the text around `$0` stands.
    pub fn at(&self, path: &str, marked: &str) -> Value {
        let text = std::fs::read_to_string(self.path(path)).unwrap();
        let (before, after) = marked.split_once("$0").unwrap();
        let at = text
            .find(&format!("{before}{after}"))
            .unwrap_or_else(|| panic!("{marked} is not in {path}"))
            + before.len();
        let line = text[..at].matches('\n').count();
        let character = at - text[..at].rfind('\n').map_or(0, |n| n + 1);
        json!({ "textDocument": { "uri": self.uri(path) }, "position": { "line": line, "character": character } })
    }

    pub async fn open(&mut self, path: &str) {
        let text = std::fs::read_to_string(self.path(path)).unwrap();
        self.open_as(path, &text).await;
    }

    pub async fn open_as(&mut self, path: &str, text: &str) {
        let document =
            json!({ "uri": self.uri(path), "languageId": "rust", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }))
            .await;
    }

    /// Sends a request and returns its id, for [`Client::reply`].
    pub async fn send(&mut self, method: &str, params: Value) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        self.write(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
            .await;
        id
    }

    pub async fn notify(&mut self, method: &str, params: Value) {
        self.write(json!({ "jsonrpc": "2.0", "method": method, "params": params }))
            .await;
    }

    pub async fn cancel(&mut self, id: i64) {
        self.notify("$/cancelRequest", json!({ "id": id })).await;
    }

    /// Sends a request and returns its result.
    pub async fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params).await;
        self.reply(id)
            .await
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Sends a request and returns its error.
    pub async fn refused(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params).await;
        self.reply(id).await.expect_err(method)
    }

    pub async fn reply(&mut self, id: i64) -> Result<Value, Value> {
        loop {
            if let Some(at) = self.replies.iter().position(|r| r["id"] == id) {
                let mut reply = self.replies.remove(at).unwrap();
                return match reply["error"].take() {
                    Value::Null => Ok(reply["result"].take()),
                    error => Err(error),
                };
            }
            self.receive().await;
        }
    }

    /// Waits for the next request or notification of the server with this method.
    pub async fn expect(&mut self, method: &str) -> Value {
        loop {
            if let Some(at) = self.inbox.iter().position(|m| m["method"] == method) {
                return self.inbox.remove(at).unwrap();
            }
            self.receive().await;
        }
    }

    /// Returns the messages with this method that have already arrived.
    pub fn arrived(&mut self, method: &str) -> Vec<Value> {
        let (wanted, rest): (Vec<Value>, _) =
            self.inbox.drain(..).partition(|m| m["method"] == method);
        self.inbox = rest.into();
        wanted
    }

    /// Waits for an error response without an id.
    pub async fn complaint(&mut self) -> Value {
        loop {
            if let Some(at) = self.replies.iter().position(|r| r["id"].is_null()) {
                return self.replies.remove(at).unwrap()["error"].take();
            }
            self.receive().await;
        }
    }

    pub async fn answer(&mut self, request: &Value, result: Value) {
        self.write(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }))
            .await;
    }

    pub async fn write(&mut self, message: Value) {
        let body = serde_json::to_vec(&message).unwrap();
        let input = self.input.as_mut().expect("the input is open");
        tokio::time::timeout(CLIENT_TIMEOUT, frame::write(input, &body))
            .await
            .expect("the server reads")
            .unwrap();
    }

    pub async fn raw(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).await.unwrap();
    }

    async fn receive(&mut self) {
        let frame = tokio::time::timeout(CLIENT_TIMEOUT, self.output.next())
            .await
            .expect("the server sends a message");
        let Some(Frame::Body(body)) = frame.unwrap() else {
            panic!("the server wrote a malformed message or ended")
        };
        self.sort(body);
    }

    fn sort(&mut self, body: Vec<u8>) {
        let message: Value = serde_json::from_slice(&body).expect("the server writes JSON");
        assert_eq!(message["jsonrpc"], "2.0");
        match message.get("method") {
            Some(_) => self.inbox.push_back(message),
            None => self.replies.push_back(message),
        }
    }

    /// Ends the session with `shutdown` and `exit`.
    pub async fn close(mut self) {
        assert_eq!(self.ask("shutdown", Value::Null).await, Value::Null);
        self.notify("exit", Value::Null).await;
        assert_eq!(self.ended().await, Outcome::Clean);
    }

    /// Closes the input and waits for the server to end.
    pub async fn ended(&mut self) -> Outcome {
        // Dropping a half of an in-memory stream does not end it.
        self.input
            .take()
            .expect("it ends once")
            .shutdown()
            .await
            .unwrap();
        let server = self.server.take().expect("it ends once");
        let outcome = tokio::time::timeout(CLIENT_TIMEOUT, server)
            .await
            .expect("the server ends")
            .expect("the server does not panic");
        while let Some(frame) = self.output.next().await.unwrap() {
            let Frame::Body(body) = frame else {
                panic!("the server wrote a malformed message")
            };
            self.sort(body);
        }
        outcome
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        assert!(self.server.is_none(), "a test must end its session");
        assert!(self.inbox.is_empty(), "left unread: {:#?}", self.inbox);
        assert!(
            self.replies.is_empty(),
            "unexpected replies: {:#?}",
            self.replies
        );
    }
}
