//! The routes for the model list, the status, and the shutdown.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::manager::ModelState;
use crate::serve::HostProcess;

/// `GET /v1/models`: lists the models.
pub(super) async fn models(State(host): State<Arc<HostProcess>>) -> Json<Value> {
    let names = host.manager.library().names().await;
    let data: Vec<Value> = names
        .into_iter()
        .map(|name| json!({ "id": name, "object": "model", "created": 0, "owned_by": "repo-lsp" }))
        .collect();
    Json(json!({ "object": "list", "data": data }))
}

/// `GET /repo-lsp/status`.
pub(super) async fn status(State(host): State<Arc<HostProcess>>) -> Json<Value> {
    let rows = host.manager.rows();
    let device = rows
        .iter()
        .find_map(|row| row.engine.as_ref())
        .map(|engine| engine.facts.device);
    let models: Vec<Value> = rows.iter().map(row).collect();
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "pid": std::process::id(),
        "device": device,
        "models": models,
        "running": *host.running.borrow(),
        "waiting": *host.waiting.borrow(),
        "residentBytes": resident(),
        "stopping": host.stopping.is_cancelled(),
    }))
}

/// `POST /repo-lsp/stop`: stops the host after its current requests.
pub(super) async fn stop(State(host): State<Arc<HostProcess>>) -> (StatusCode, Json<Value>) {
    host.stopping.cancel();
    (
        StatusCode::ACCEPTED,
        Json(json!({ "running": *host.running.borrow() })),
    )
}

fn row(row: &ModelState) -> Value {
    let facts = row.engine.as_ref().map(|engine| &engine.facts);
    json!({
        "name": row.name,
        "generation": row.generation,
        "state": row.state,
        "precision": facts.map(|facts| &facts.precision),
        "bytes": facts.map(|facts| facts.bytes),
        "contextTokens": facts.map(|facts| facts.context),
        "users": row.engine.as_ref().map(|engine| engine.users()),
        "problem": row.problem,
    })
}

/// Returns the resident memory of this process, in bytes.
fn resident() -> Option<u64> {
    use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};
    let own = Pid::from_u32(std::process::id());
    let mut system = System::new();
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[own]),
        false,
        ProcessRefreshKind::nothing().with_memory(),
    );
    system.process(own).map(sysinfo::Process::memory)
}
