//! A model hub on the loopback interface with one repository and injected faults: lost connections, wrong bytes, error responses.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

pub const REPO: &str = "Org/Tiny";
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A received request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedRequest {
    pub method: String,
    pub path: String,
    pub range: Option<String>,
    pub authorization: Option<String>,
}

/// Injected faults. Entries of `cut`, `stall` and `refuse` are used once each.
#[derive(Default)]
pub struct Faults {
    /// Close the connection after this many bytes of this file.
    pub cut: Vec<(&'static str, usize)>,
    /// Notify the test after this many bytes of this file, and then send nothing more.
    pub stall: Option<(&'static str, usize, Sender<()>)>,
    /// Change the last byte of this file.
    pub wrong: Option<&'static str>,
    /// Respond to a request whose path contains this text with a status and an error code in a header.
    pub refuse: Vec<(&'static str, u16, &'static str)>,
    /// Ignore `Range` headers.
    pub no_ranges: bool,
    /// List file names without sizes and checksums, as simple mirrors do.
    pub names_only: bool,
    /// Reject requests without this access token.
    pub token: Option<&'static str>,
}

pub struct Hub {
    address: String,
    state: Arc<State>,
}

struct State {
    port: u16,
    files: BTreeMap<String, Vec<u8>>,
    faults: Mutex<Faults>,
    requests: Mutex<Vec<ReceivedRequest>>,
}

impl Hub {
    /// Serves the files of a folder as the repository [`REPO`].
    pub fn serve(folder: &Path) -> Self {
        let entries = std::fs::read_dir(folder).unwrap().flatten();
        let files = entries.map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                std::fs::read(entry.path()).unwrap(),
            )
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            port,
            files: files.collect(),
            faults: Mutex::default(),
            requests: Mutex::default(),
        });
        let served = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&served);
                // Some tests disconnect during a response, so errors are expected.
                thread::spawn(move || drop(state.answer(stream)));
            }
        });
        Hub {
            address: format!("http://127.0.0.1:{port}"),
            state,
        }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn size(&self, file: &str) -> usize {
        self.state.files[file].len()
    }

    pub fn set_faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.state.faults.lock().unwrap());
    }

    /// Stops sending this file after so many bytes. The receiver is notified when they were sent.
    pub fn stall(&self, file: &'static str, after: usize) -> Receiver<()> {
        let (sender, receiver) = channel();
        self.set_faults(|faults| faults.stall = Some((file, after, sender)));
        receiver
    }

    /// Returns the requests since the last call.
    pub fn take_requests(&self) -> Vec<ReceivedRequest> {
        std::mem::take(&mut self.state.requests.lock().unwrap())
    }

    /// Returns the files downloaded since the last call, with the requested range.
    pub fn take_downloads(&self) -> Vec<(String, Option<String>)> {
        let seen = self.take_requests().into_iter();
        seen.filter(|seen| seen.method == "GET" && !seen.path.starts_with("/api/"))
            // A large file takes two requests: one to the hub, and one to the location that the hub redirects to.
            .filter(|seen| seen.path.starts_with("/stored/") || !is_large(&seen.path))
            .map(|seen| (seen.path.rsplit('/').next().unwrap().to_owned(), seen.range))
            .collect()
    }
}

fn is_large(path: &str) -> bool {
    path.ends_with(".safetensors") || path.ends_with(".gguf")
}

fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

fn git_sha1(content: &[u8]) -> String {
    let mut sum = Sha1::new();
    sum.update(format!("blob {}\0", content.len()));
    sum.update(content);
    hex(&sum.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl State {
    fn answer(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut first = String::new();
        reader.read_line(&mut first)?;
        let mut words = first.split_whitespace().map(str::to_owned);
        let (Some(method), Some(path)) = (words.next(), words.next()) else {
            return Ok(());
        };
        let mut seen = ReceivedRequest {
            method,
            path,
            range: None,
            authorization: None,
        };
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            match name.to_lowercase().as_str() {
                "range" => seen.range = Some(value.to_owned()),
                "authorization" => seen.authorization = Some(value.to_owned()),
                _ => {}
            }
        }
        self.requests.lock().unwrap().push(seen.clone());
        self.respond(stream, &seen)
    }

    fn respond(&self, mut stream: TcpStream, seen: &ReceivedRequest) -> std::io::Result<()> {
        if let Some((status, code)) = self.refusal(seen) {
            return head(
                &mut stream,
                status,
                &[("x-error-code", code), ("content-length", "0")],
            );
        }
        let path = seen.path.split('?').next().unwrap_or_default();
        if path == format!("/api/models/{REPO}/revision/main") {
            let body = self.listing().to_string();
            head(
                &mut stream,
                200,
                &[("content-length", &body.len().to_string())],
            )?;
            return stream.write_all(body.as_bytes());
        }
        let file = path.rsplit('/').next().unwrap_or_default();
        let is_file = path == format!("/{REPO}/resolve/{COMMIT}/{file}");
        let Some(content) = self
            .files
            .get(file)
            .filter(|_| is_file || path.starts_with("/stored/"))
        else {
            let code = if path.starts_with("/api/") {
                "RepoNotFound"
            } else {
                "EntryNotFound"
            };
            return head(
                &mut stream,
                404,
                &[("x-error-code", code), ("content-length", "0")],
            );
        };
        if is_file && is_large(file) {
            // Redirects to a different host name.
            let location = format!("http://localhost:{}/stored/{file}", self.port);
            let (sum, size) = (
                format!("\"{}\"", sha256(content)),
                content.len().to_string(),
            );
            return head(
                &mut stream,
                302,
                &[
                    ("location", &location),
                    ("x-linked-etag", &sum),
                    ("x-linked-size", &size),
                    ("content-length", "0"),
                ],
            );
        }
        if seen.method == "HEAD" {
            let (sum, size) = (
                format!("\"{}\"", git_sha1(content)),
                content.len().to_string(),
            );
            return head(
                &mut stream,
                200,
                &[("etag", &sum), ("content-length", &size)],
            );
        }
        self.send(stream, file, content, seen.range.as_deref())
    }

    fn send(
        &self,
        mut stream: TcpStream,
        file: &str,
        content: &[u8],
        range: Option<&str>,
    ) -> std::io::Result<()> {
        let mut content = content.to_vec();
        let mut from = 0;
        let (mut cut, mut stalled) = (None, None);
        {
            let mut faults = self.faults.lock().unwrap();
            if faults.wrong == Some(file) {
                *content.last_mut().unwrap() ^= 1;
            }
            if let Some(range) = range.filter(|_| !faults.no_ranges) {
                from = range
                    .strip_prefix("bytes=")
                    .unwrap()
                    .trim_end_matches('-')
                    .parse()
                    .unwrap();
            }
            if let Some(at) = faults.cut.iter().position(|(of, _)| *of == file) {
                cut = Some(faults.cut.remove(at).1);
            }
            if faults.stall.as_ref().is_some_and(|(of, _, _)| *of == file) {
                stalled = faults.stall.take();
            }
        }
        let rest = (content.len() - from).to_string();
        if from > 0 {
            let range = format!("bytes {from}-{}/{}", content.len() - 1, content.len());
            head(
                &mut stream,
                206,
                &[("content-length", &rest), ("content-range", &range)],
            )?;
        } else {
            head(&mut stream, 200, &[("content-length", &rest)])?;
        }
        if let Some(cut) = cut {
            return stream.write_all(&content[from..cut]);
        }
        if let Some((_, after, tell)) = stalled {
            stream.write_all(&content[from..after])?;
            stream.flush()?;
            let _ = tell.send(());
            // Waits until the client disconnects.
            let _ = BufReader::new(stream).read_line(&mut String::new());
            return Ok(());
        }
        stream.write_all(&content[from..])
    }

    fn refusal(&self, seen: &ReceivedRequest) -> Option<(u16, &'static str)> {
        let mut faults = self.faults.lock().unwrap();
        if let Some(at) = faults
            .refuse
            .iter()
            .position(|(part, _, _)| seen.path.contains(part))
        {
            let (_, status, code) = faults.refuse.remove(at);
            return Some((status, code));
        }
        let token = faults
            .token
            .filter(|_| !seen.path.starts_with("/stored/"))?;
        let right = seen.authorization.as_deref() == Some(&format!("Bearer {token}"));
        (!right).then_some((401, "GatedRepo"))
    }

    fn listing(&self) -> Value {
        let names_only = self.faults.lock().unwrap().names_only;
        let mut siblings = vec![
            json!({ "rfilename": "onnx/model.onnx", "size": 9 }),
            json!({ "rfilename": "../../evil.safetensors" }),
        ];
        for (name, content) in &self.files {
            siblings.push(if names_only {
                json!({ "rfilename": name })
            } else if is_large(name) {
                json!({ "rfilename": name, "size": content.len(), "blobId": "0".repeat(40), "lfs": { "sha256": sha256(content), "size": content.len() } })
            } else {
                json!({ "rfilename": name, "size": content.len(), "blobId": git_sha1(content) })
            });
        }
        json!({ "id": REPO, "sha": COMMIT, "siblings": siblings })
    }
}

fn head(stream: &mut TcpStream, status: u16, headers: &[(&str, &str)]) -> std::io::Result<()> {
    let mut text = format!("HTTP/1.1 {status} Status\r\nconnection: close\r\n");
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        text += &format!("{name}: {value}\r\n");
    }
    stream.write_all(text.as_bytes())?;
    stream.write_all(b"\r\n")
}
