//! A scripted host without models, which runs in a separate process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use models::host_files::{HostAddress, HostFiles};
use serde_json::{Value, json};
use settings::paths::Dirs;
use tokio::io::{self, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::http::{self, events, finish, text, whole};

/// Environment variable with the script of the host, as JSON.
pub const SCRIPT: &str = "REPO_LSP_TEST_SCRIPT";
pub const VERSION: &str = "1.2.3";

/// The event log: one line each, such as `started PID`, `lost PID`, `asked PID` or `stopping PID`.
pub fn event_log(data: &Path) -> PathBuf {
    data.join("event_log")
}

/// Runs only in the process that a test starts.
#[test]
#[ignore = "is started as the host process by other tests"]
fn scripted() {
    let Ok(script) = std::env::var(SCRIPT) else {
        return;
    };
    let script: Value = serde_json::from_str(&script).unwrap();
    let data = PathBuf::from(std::env::var_os("REPO_LSP_DATA_DIR").unwrap());
    let host = Host { script, data };
    if let Some(message) = host.script["fails"].as_str() {
        eprintln!("{message}");
        std::process::exit(3);
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(host.run());
}

struct Host {
    script: Value,
    data: PathBuf,
}

impl Host {
    async fn run(self) {
        self.exit_with_test();
        let folder = self.data.clone();
        let files = HostFiles::new(&Dirs {
            cache: folder.clone(),
            config: folder.clone(),
            data: folder,
        });
        std::fs::create_dir_all(files.directory()).unwrap();
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(files.lock())
            .unwrap();
        match File::try_lock(&lock) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                self.log_event("lost");
                std::process::exit(0);
            }
            Err(error) => panic!("{error}"),
        }
        self.log_event("started");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let address = HostAddress {
            url: format!("http://{address}/v1"),
            token: format!("token of {address}"),
            pid: std::process::id(),
            version: self.version(),
        };
        files.publish(&address).unwrap();
        let host = Arc::new(self);
        let stopping = Arc::new(AtomicBool::new(false));
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            let (host, address) = (host.clone(), address.clone());
            let (files, stopping) = (files.clone(), stopping.clone());
            tokio::spawn(async move {
                // A disconnecting client does not end the host.
                let _ = host.serve(connection, &address, &files, &stopping).await;
            });
        }
    }

    async fn serve(
        &self,
        mut connection: TcpStream,
        address: &HostAddress,
        files: &HostFiles,
        stopping: &AtomicBool,
    ) -> io::Result<()> {
        let Some(request) = http::read(&mut connection).await? else {
            return Ok(());
        };
        let token = format!("Bearer {}", address.token);
        let refused = |status| {
            whole(
                status,
                &json!({ "error": { "message": "no", "type": "t" } }),
            )
        };
        let reply = match request.request_line.as_str() {
            _ if request.header("authorization") != Some(&token) => refused("401 Unauthorized"),
            "GET /repo-lsp/status" => {
                if self.script["hangs"] == true && self.is_first("hung") {
                    std::future::pending::<()>().await;
                }
                let status = json!({
                    "version": address.version, "pid": address.pid, "device": null, "models": [], "running": 0, "waiting": 0,
                    "residentBytes": null, "stopping": stopping.load(Ordering::SeqCst),
                });
                whole("200 OK", &status)
            }
            "POST /repo-lsp/stop" => {
                self.log_event("stopping");
                stopping.store(true, Ordering::SeqCst);
                http::write(
                    &mut connection,
                    whole("202 Accepted", &json!({ "running": 0 })),
                )
                .await?;
                if self.script["lingers"] == true && self.is_first("lingered") {
                    files.withdraw();
                    // Holds the lock until the test releases it.
                    while !self.data.join("release").exists() {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                }
                files.withdraw();
                std::process::exit(0);
            }
            "POST /v1/chat/completions" => {
                self.log_event("asked");
                let dies = self.script["dies"].as_str().unwrap_or_default();
                match dies {
                    "always" => std::process::exit(9),
                    "once" if self.is_first("died") => std::process::exit(9),
                    "after a word" if self.is_first("died") => {
                        http::write(&mut connection, events() + &text("Half")).await?;
                        // Waits until the test has received the text.
                        connection.flush().await?;
                        while !self.data.join("release").exists() {
                            tokio::time::sleep(Duration::from_millis(10)).await;
                        }
                        std::process::exit(9);
                    }
                    _ => {}
                }
                if self.script["refuses"] == true {
                    let why = json!({ "error": { "message": "repo@7 needs 9 GB; free some, or set host.quantization", "type": "unavailable_error" } });
                    whole("503 Service Unavailable", &why)
                } else {
                    let seen = json!([request.header("x-repo-lsp-priority"), request.body]);
                    events() + &text(&seen.to_string()) + &finish("stop") + &http::done()
                }
            }
            _ => refused("404 Not Found"),
        };
        http::write(&mut connection, reply).await?;
        connection.shutdown().await?;
        // Let the client close first, so that no data is lost.
        let _ = connection.read(&mut [0]).await;
        Ok(())
    }

    fn version(&self) -> String {
        let version = self.script["version"].as_str();
        version.unwrap_or(VERSION).to_owned()
    }

    fn log_event(&self, event: &str) {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(event_log(&self.data));
        let line = format!("{event} {}\n", std::process::id());
        log.unwrap().write_all(line.as_bytes()).unwrap();
    }

    /// Returns true for the first call with this name, over all host processes of the test.
    fn is_first(&self, name: &str) -> bool {
        File::create_new(self.data.join(name)).is_ok()
    }

    /// Exits when the test has removed its directory.
    fn exit_with_test(&self) {
        let data = self.data.clone();
        std::thread::spawn(move || {
            while data.exists() {
                std::thread::sleep(Duration::from_millis(50));
            }
            std::process::exit(0);
        });
    }
}
