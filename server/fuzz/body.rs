//! Properties of the LSP server that hold for any input: it runs until the input ends, then exits, and writes only valid messages.
//! Shared by the fuzz target and the test of mutated sessions.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use assistant::chat::ChatModel;
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

/// Time to wait for a message or for the server to end before the test fails.
const REPLY_TIMEOUT: Duration = Duration::from_secs(60);

/// Messages of panics. The server catches panics of requests, so a client would not notice them, but here they are failures.
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
    let folder = tempfile::tempdir().expect("a temporary directory can be created");
    let root = folder.path().join("root");
    std::fs::create_dir(&root).expect("the temporary directory is writable");
    std::fs::write(root.join("a.rs"), SOURCE).expect("the temporary directory is writable");
    folder
});

pub const SOURCE: &str = "/// Adds é and \u{1f600}.\npub fn add(a: u32) -> u32 {\n    a + other()\n}\n\nfn other() -> u32 {\n    1\n}\n";

/// The URI of the document that the sessions use.
pub fn uri() -> String {
    format!("file://{}/root/a.rs", FOLDER.path().display())
}

/// Runs the server on the input. Data that begins with `~` is sent as raw bytes. Other data is split into lines, each sent as a
/// framed message in a session that is already initialized, which exercises the request handlers.
pub fn check(data: &[u8]) {
    match data.split_first() {
        Some((b'~', bytes)) => RUNTIME.block_on(check_raw_bytes(bytes)),
        _ => RUNTIME.block_on(check_messages(data)),
    }
    let panics = panics().clone();
    assert!(panics.is_empty(), "{panics:#?}");
}

async fn check_raw_bytes(bytes: &[u8]) {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let reader_task = tokio::spawn(read_messages(FrameReader::new(ours), None));
    let served = with_timeout(serve(bytes, theirs, Arc::new(Fixed))).await;
    served.expect("the end of the input is not an error");
    reader_task.await.expect("the server writes only messages");
}

async fn check_messages(data: &[u8]) {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let (read, write) = tokio::io::split(theirs);
    let server = tokio::spawn(run_server(read, write));
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
    // Requests are answered from the index, so it must be up to date.
    loop {
        send(&mut write, &request("ready", "repoLsp/status", json!({}))).await;
        let (status, rest) = with_timeout(read_messages(reader, Some("ready".into()))).await;
        reader = rest;
        let status = status.expect("the server responds");
        if status["result"]["roots"][0]["state"] == "fresh" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let reader_task = tokio::spawn(read_messages(reader, Some("last".into())));
    for line in data.split(|byte| *byte == b'\n') {
        // `exit` ends the session before the later messages are read.
        let ends = line.windows(4).any(|word| word == b"exit");
        if !ends && frame::write(&mut write, line).await.is_err() {
            break;
        }
    }
    send(&mut write, &request("last", "repoLsp/status", json!({}))).await;

    let (answered, reader) = with_timeout(reader_task)
        .await
        .expect("the server writes only messages");
    assert!(answered.is_some(), "the server responds");
    // The client disconnects.
    let _ = write.shutdown().await;
    let rest = tokio::spawn(read_messages(reader, None));
    with_timeout(server)
        .await
        .expect("the server does not panic");
    rest.await.expect("the server writes only messages");
}

async fn run_server(read: tokio::io::ReadHalf<DuplexStream>, write: WriteHalf<DuplexStream>) {
    serve(read, write, Arc::new(Fixed))
        .await
        .expect("the end of the input is not an error");
}

/// Reads messages until the response with the id `wanted`, or to the end, and checks that each is a JSON-RPC message.
async fn read_messages<R: tokio::io::AsyncRead + Unpin>(
    mut frames: FrameReader<R>,
    wanted: Option<Value>,
) -> (Option<Value>, FrameReader<R>) {
    while let Some(frame) = frames.next().await.expect("reading from memory succeeds") {
        let Frame::Body(body) = frame else {
            panic!("bytes outside a message were written: {frame:?}")
        };
        let message: Value = serde_json::from_slice(&body).expect("a message is JSON");
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        assert!(
            message.get("method").is_some()
                ^ (message.get("result").is_some() || message.get("error").is_some()),
            "neither a request nor a response: {message}"
        );
        if wanted.is_some() && message.get("id") == wanted.as_ref() {
            return (Some(message), frames);
        }
    }
    (None, frames)
}

async fn with_timeout<T>(work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(REPLY_TIMEOUT, work).await;
    done.expect("the server did not finish in time")
}

pub fn request(id: &str, method: &str, params: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

async fn send(to: &mut WriteHalf<DuplexStream>, message: &str) {
    frame::write(to, message.as_bytes())
        .await
        .expect("the server reads");
}

/// Fixed settings. Only the temporary folder can be indexed, whatever folder a client names.
struct Fixed;

impl SettingsSource for Fixed {
    fn resolve(&self, root: Option<&Path>, _: &Value) -> Resolved {
        let own = FOLDER.path().join("root");
        let is_other = root.is_some_and(|root| root != own);
        let path = |name: &str| -> PathBuf { FOLDER.path().join(name) };
        Resolved {
            settings: Settings {
                navigation: true,
                sources: 6,
                answers_directory: path("answers"),
                index: IndexOptions {
                    directory: path("index"),
                    exclude: Vec::new(),
                    private: Vec::new(),
                    max_file_bytes: 1_000_000,
                    languages_off: Vec::new(),
                    threads: 1,
                },
                model: ModelSettings::default(),
                summaries_directory: path("summaries"),
                samples: RecordingPolicy {
                    file: path("samples.db"),
                    mode: PrivacyMode::Full,
                },
            },
            problems: Vec::new(),
            fatal: is_other.then(|| "only one folder is indexed here".to_owned()),
        }
    }

    fn assistant(&self, _: &ModelSettings) -> Result<Option<ChatModel>, String> {
        Ok(None)
    }

    fn trained(&self, _: &ModelSettings) -> Option<u64> {
        None
    }
}
