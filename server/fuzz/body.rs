//! What the LSP edge promises for any input: it ends when the input does, says only what is a message, and until then it lives.
//! Shared by the fuzz target and the ordinary test over mutated sessions.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use assistant::chat::Assistant;
use assistant::recording::RecordingPolicy;
use repo_indexer::IndexOptions;
use repo_lsp::lsp::frame::{self, Frame, FrameReader};
use repo_lsp::lsp::{Resolved, Settings, SettingsSource, serve};
use serde_json::{Value, json};
use settings::ModelSettings;
use tempfile::TempDir;
use tokio::io::{AsyncWriteExt, DuplexStream, WriteHalf};
use tokio::runtime::Runtime;
use trainer_bridge::PrivacyMode;

/// How long a server may take to end, or to say anything at all. Nothing is measured by it.
const REPLY_TIMEOUT: Duration = Duration::from_secs(60);

/// Where something panicked. The edge contains a panic, so a client would not notice; here it is a mistake.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        panics().push(panic.to_string());
        before(panic);
    }));
    Runtime::new().expect("threads can be started")
});

fn panics() -> MutexGuard<'static, Vec<String>> {
    PANICS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The only folder that any session of this process may index.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("there is a disk");
    let root = folder.path().join("root");
    std::fs::create_dir(&root).expect("it can be written to");
    std::fs::write(root.join("a.rs"), SOURCE).expect("it can be written to");
    folder
});

pub const SOURCE: &str = "/// Adds é and \u{1f600}.\npub fn add(a: u32) -> u32 {\n    a + other()\n}\n\nfn other() -> u32 {\n    1\n}\n";

/// The place of the document that sessions are about.
pub fn uri() -> String {
    format!("file://{}/root/a.rs", FOLDER.path().display())
}

/// Two ways of reading the input: as the bytes of a client that may send anything, and as one message a line from a client that at
/// least knows frames. The second one is what gets behind the edge, so its session is already open.
pub fn check(data: &[u8]) {
    match data.split_first() {
        Some((b'~', bytes)) => RUNTIME.block_on(bytes_of_a_stranger(bytes)),
        _ => RUNTIME.block_on(messages(data)),
    }
    let panicked = panics().clone();
    assert!(panicked.is_empty(), "{panicked:#?}");
}

async fn bytes_of_a_stranger(bytes: &[u8]) {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let said = tokio::spawn(listen(FrameReader::new(ours), None));
    let served = within(serve(bytes, theirs, Arc::new(Fixed))).await;
    served.expect("an end is no error");
    said.await.expect("only messages are written");
}

async fn messages(data: &[u8]) {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let (read, write) = tokio::io::split(theirs);
    let server = tokio::spawn(serve_to_the_end(read, write));
    let (read, mut write) = tokio::io::split(ours);
    let mut reader = FrameReader::new(read);

    let root = format!("file://{}/root", FOLDER.path().display());
    let begin = json!({
        "processId": null, "capabilities": { "window": { "workDoneProgress": true } },
        "workspaceFolders": [{ "uri": root, "name": "root" }],
    });
    send(&mut write, &request("first", "initialize", begin)).await;
    let document = json!({ "uri": uri(), "languageId": "rust", "version": 1, "text": SOURCE });
    let opened = json!({ "textDocument": document });
    let opened = json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": opened });
    send(&mut write, &opened.to_string()).await;
    // What is behind the edge answers out of the index, so there has to be one.
    loop {
        send(&mut write, &request("ready", "repoLsp/status", json!({}))).await;
        let (status, rest) = within(listen(reader, Some("ready".into()))).await;
        reader = rest;
        let status = status.expect("a server that lives answers");
        if status["result"]["roots"][0]["state"] == "fresh" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let said = tokio::spawn(listen(reader, Some("last".into())));
    for line in data.split(|byte| *byte == b'\n') {
        // It ends the session, as it should; that is not what is of interest here.
        let ends = line.windows(4).any(|word| word == b"exit");
        if !ends && frame::write(&mut write, line).await.is_err() {
            break;
        }
    }
    send(&mut write, &request("last", "repoLsp/status", json!({}))).await;

    let (answered, reader) = within(said).await.expect("only messages are written");
    assert!(answered.is_some(), "a server that lives answers");
    // The client goes away.
    let _ = write.shutdown().await;
    let rest = tokio::spawn(listen(reader, None));
    within(server).await.expect("it does not panic");
    rest.await.expect("only messages are written");
}

async fn serve_to_the_end(read: tokio::io::ReadHalf<DuplexStream>, write: WriteHalf<DuplexStream>) {
    serve(read, write, Arc::new(Fixed))
        .await
        .expect("an end is no error");
}

/// Reads all that is said until the reply to `wanted`, or the end: each is one message of JSON-RPC.
async fn listen<R: tokio::io::AsyncRead + Unpin>(
    mut frames: FrameReader<R>,
    wanted: Option<Value>,
) -> (Option<Value>, FrameReader<R>) {
    while let Some(frame) = frames.next().await.expect("memory can be read") {
        let Frame::Body(body) = frame else {
            panic!("bytes that are no message were written: {frame:?}")
        };
        let message: Value = serde_json::from_slice(&body).expect("a message is JSON");
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        assert!(
            message.get("method").is_some()
                ^ (message.get("result").is_some() || message.get("error").is_some()),
            "neither a call nor a reply: {message}"
        );
        if wanted.is_some() && message.get("id") == wanted.as_ref() {
            return (Some(message), frames);
        }
    }
    (None, frames)
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(REPLY_TIMEOUT, work).await;
    done.expect("it neither hangs nor waits for the client")
}

pub fn request(id: &str, method: &str, params: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

async fn send(to: &mut WriteHalf<DuplexStream>, message: &str) {
    frame::write(to, message.as_bytes())
        .await
        .expect("the server reads");
}

/// Settings that no client can change: whatever folder it names, nothing but our own is indexed.
struct Fixed;

impl SettingsSource for Fixed {
    fn resolve(&self, root: Option<&Path>, _: &Value) -> Resolved {
        let own = FOLDER.path().join("root");
        let elsewhere = root.is_some_and(|root| root != own);
        let place = |name: &str| -> PathBuf { FOLDER.path().join(name) };
        Resolved {
            settings: Settings {
                navigation: true,
                sources: 6,
                answers_directory: place("answers"),
                index: IndexOptions {
                    directory: place("index"),
                    exclude: Vec::new(),
                    private: Vec::new(),
                    max_file_bytes: 1_000_000,
                    languages_off: Vec::new(),
                    threads: 1,
                },
                model: ModelSettings::default(),
                summaries_directory: place("summaries"),
                samples: RecordingPolicy {
                    file: place("samples.db"),
                    mode: PrivacyMode::Full,
                },
            },
            problems: Vec::new(),
            fatal: elsewhere.then(|| "only one folder is indexed here".to_owned()),
        }
    }

    fn assistant(&self, _: &ModelSettings) -> Result<Option<Assistant>, String> {
        Ok(None)
    }

    fn trained(&self, _: &ModelSettings) -> Option<u64> {
        None
    }
}
