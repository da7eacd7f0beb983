//! Methods that only exist in tests: requests that block, panic, or return what the session contains.

use std::collections::HashSet;
use std::sync::OnceLock;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use repo_indexer::{Cancel, IndexEvent, Progress, RefreshReport, Snapshot};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tower_lsp::LspServiceBuilder;
use tower_lsp::jsonrpc::{Error, Result};

use crate::lsp::dispatch::Lane;
use crate::lsp::ext::{StatusParams, StatusResult};
use crate::lsp::progress;
use crate::lsp::requests::status;
use crate::lsp::server::Server;
use crate::lsp::snapshot::SessionSnapshot;

pub fn hooks(builder: LspServiceBuilder<Server>) -> LspServiceBuilder<Server> {
    builder
        .custom_method("test/texts", Server::test_texts)
        .custom_method("test/block", Server::test_block)
        .custom_method("test/lateStatus", Server::test_late_status)
        .custom_method("test/stopped", Server::test_stopped)
        .custom_method("test/scan", Server::test_scan)
        .custom_method("test/panic", Server::test_panic)
        .custom_method("test/panicOutside", Server::test_panic_outside)
        .custom_method("test/panicNotification", Server::test_panic_notification)
}

/// The keys of blocking requests that were cancelled, and with a `+` of those that have begun. Tests may share a process, so each uses
/// its own key.
static STOPPED: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// The events of the scan that `test/scan` simulates. Only one test uses it.
static SCAN: OnceLock<mpsc::UnboundedSender<IndexEvent>> = OnceLock::new();

fn stopped() -> MutexGuard<'static, Option<HashSet<String>>> {
    STOPPED.lock()
}

fn texts(session: &SessionSnapshot, _: Value, _: &Cancel) -> Result<Value> {
    let mut texts: Vec<&str> = session.documents.values().map(|d| &**d.text()).collect();
    texts.sort_unstable();
    Ok(json!(texts))
}

fn block(_: &SessionSnapshot, key: Value, cancel: &Cancel) -> Result<Value> {
    let key = key.as_str().unwrap_or_default();
    stopped().get_or_insert_default().insert(format!("{key}+"));
    while !cancel.is_cancelled() {
        std::thread::sleep(Duration::from_millis(1));
    }
    stopped().get_or_insert_default().insert(key.to_owned());
    Ok(Value::Null)
}

/// Returns a status that is computed only after the index contains one more file, with the given name, than the request's snapshot.
fn late_status(session: &SessionSnapshot, name: String, cancel: &Cancel) -> Result<StatusResult> {
    let root = &session.roots[0];
    let files = |snapshot: &Snapshot| snapshot.status().files;
    std::fs::write(root.root.path.join(name), "late = 1\n").map_err(|_| Error::internal_error())?;
    let index = root.root.index().ok_or_else(Error::internal_error)?;
    while files(&index.snapshot()) == files(&root.snapshot) && !cancel.is_cancelled() {
        std::thread::sleep(Duration::from_millis(1));
    }
    status::handle(session, StatusParams::default(), cancel)
}

impl Server {
    async fn test_late_status(&self, params: String) -> Result<StatusResult> {
        self.run(Lane::Work, late_status, params).await
    }

    async fn test_texts(&self, params: Value) -> Result<Value> {
        self.run(Lane::Instant, texts, params).await
    }

    async fn test_block(&self, params: Value) -> Result<Value> {
        self.run(Lane::Work, block, params).await
    }

    async fn test_stopped(&self, params: Value) -> Result<bool> {
        Ok(stopped()
            .as_ref()
            .is_some_and(|s| params.as_str().is_some_and(|p| s.contains(p))))
    }

    /// Sends an event as the index of the first root would: `begin`, `fail` or `succeed`.
    async fn test_scan(&self, event: String) -> Result<Value> {
        let root = self.shared.session().roots[0].clone();
        let event = match event.as_str() {
            "begin" => IndexEvent::Progress(Progress {
                done: 7,
                total: 200,
            }),
            "fail" => IndexEvent::Failed("the disk is full".to_owned()),
            _ => IndexEvent::Fresh(RefreshReport::default()),
        };
        root.observe(&event);
        let events = SCAN.get_or_init(|| {
            let (events, receiver) = mpsc::unbounded_channel();
            tokio::spawn(progress::report(
                self.shared.client.clone(),
                true,
                root,
                receiver,
            ));
            events
        });
        let _ = events.send(event);
        Ok(Value::Null)
    }

    async fn test_panic(&self, _: Value) -> Result<Value> {
        self.run(
            Lane::Work,
            |_, _: (), _| panic!("as intended by the test"),
            (),
        )
        .await
    }

    async fn test_panic_outside(&self, _: Value) -> Result<Value> {
        panic!("as intended by the test")
    }

    async fn test_panic_notification(&self, _: Value) {
        panic!("as intended by the test")
    }
}
