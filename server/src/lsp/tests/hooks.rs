//! Methods that only exist in tests: a request that blocks, one that panics, one that tells what it sees.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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

/// The keys of blocking requests that saw their cancellation, and with a `+` those that began. Tests share a process, so each has its
/// own key.
static STOPPED: Mutex<Option<HashSet<String>>> = Mutex::new(None);

fn stopped() -> MutexGuard<'static, Option<HashSet<String>>> {
    STOPPED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn texts(session: &SessionSnapshot, _: Value, _: &Cancel) -> Result<Value> {
    let mut texts: Vec<&str> = session.documents.values().map(|d| &**d.text()).collect();
    texts.sort_unstable();
    Ok(json!(texts))
}

fn block(_: &SessionSnapshot, key: Value, cancel: &Cancel) -> Result<Value> {
    let key = key.as_str().unwrap_or_default();
    stopped().get_or_insert_default().insert(format!("{key}+"));
    for _ in 0..10_000 {
        if cancel.is_cancelled() {
            stopped().get_or_insert_default().insert(key.to_owned());
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(Value::Null)
}

/// A status whose worker comes to it only when the index has one more file, of the given name, than when the request came.
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

    /// Plays the keeper of the first root's index: a scan that is begun and then fails, or succeeds.
    async fn test_scan(&self, succeeds: Value) -> Result<Value> {
        let root = self.shared.session().roots[0].clone();
        let (events, receiver) = mpsc::unbounded_channel();
        tokio::spawn(progress::report(
            self.shared.clone(),
            root.clone(),
            receiver,
        ));
        let tell = |event: IndexEvent| {
            root.observe(&event);
            let _ = events.send(event);
        };
        if succeeds == json!(true) {
            tell(IndexEvent::Fresh(RefreshReport::default()));
            return Ok(Value::Null);
        }
        let progress = Progress {
            done: 7,
            total: 200,
        };
        tell(IndexEvent::Progress(progress));
        // The progress is begun, and answered, before the failure.
        tokio::time::sleep(Duration::from_millis(300)).await;
        tell(IndexEvent::Failed("the disk is full".to_owned()));
        // The keeper lives on: nothing ends because its channel does.
        std::mem::forget(events);
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
