//! A scripted engine: one script per connection.

use std::io;
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::TEST_TIMEOUT;
use super::http::{self, Received};

/// One step of a script, which runs after the request was read. The connection is closed at the end.
#[derive(Debug, Clone)]
pub enum Step {
    Send(Vec<u8>),
    /// Sends one byte at a time.
    Trickle(Vec<u8>),
    /// Waits until the test calls [`Stub::resume`].
    WaitForResume,
    /// Keeps the connection open until the client closes it, and notifies the test.
    Hold,
}

pub fn send(bytes: impl Into<Vec<u8>>) -> Step {
    Step::Send(bytes.into())
}

pub struct Stub {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    resume: watch::Sender<bool>,
    closed: mpsc::UnboundedReceiver<()>,
}

/// Starts an engine with one script per connection. The last script is used for all further connections.
pub async fn stub(scripts: Vec<Vec<Step>>) -> Stub {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let received = Arc::new(Mutex::new(Vec::new()));
    let (resume, resumed) = watch::channel(false);
    let (closed_sender, closed) = mpsc::unbounded_channel();
    let log = received.clone();
    tokio::spawn(async move {
        for number in 0.. {
            let Ok((connection, _)) = listener.accept().await else {
                return;
            };
            let script = scripts[number.min(scripts.len() - 1)].clone();
            let (log, resumed, closed_sender) =
                (log.clone(), resumed.clone(), closed_sender.clone());
            tokio::spawn(async move {
                // Clients may disconnect.
                let _ = run_script(connection, script, &log, resumed, &closed_sender).await;
            });
        }
    });
    Stub {
        url,
        received,
        resume,
        closed,
    }
}

/// Starts an engine that sends the same response to every connection.
pub async fn always(bytes: impl Into<Vec<u8>>) -> Stub {
    stub(vec![vec![send(bytes)]]).await
}

async fn run_script(
    mut connection: TcpStream,
    script: Vec<Step>,
    log: &Mutex<Vec<Received>>,
    mut resumed: watch::Receiver<bool>,
    closed: &mpsc::UnboundedSender<()>,
) -> io::Result<()> {
    // An empty script closes the connection before reading.
    if script.is_empty() {
        log.lock().unwrap().push(Received {
            request_line: "closed before reading".to_owned(),
            headers: Vec::new(),
            body: serde_json::Value::Null,
        });
        return Ok(());
    }
    let Some(request) = http::read(&mut connection).await? else {
        return Ok(());
    };
    log.lock().unwrap().push(request);
    for step in script {
        match step {
            Step::Send(bytes) => http::write(&mut connection, bytes).await?,
            Step::Trickle(bytes) => {
                for byte in bytes {
                    http::write(&mut connection, [byte]).await?;
                    tokio::task::yield_now().await;
                }
            }
            Step::WaitForResume => {
                let _ = resumed.wait_for(|resumed| *resumed).await;
            }
            Step::Hold => {
                http::wait_for_close(&mut connection).await;
                let _ = closed.send(());
            }
        }
    }
    Ok(())
}

impl Stub {
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Resumes every waiting connection.
    pub fn resume(&self) {
        self.resume.send_replace(true);
    }

    /// Returns when a client has closed a connection that was held.
    pub async fn closed(&mut self) {
        let closed = timeout(TEST_TIMEOUT, self.closed.recv()).await;
        closed
            .expect("the client keeps the connection open")
            .unwrap();
    }

    /// Replaces the URL of the engine, whose port differs between runs.
    pub fn replace_url(&self, text: &str) -> String {
        text.replace(&self.url, "URL")
    }
}
