//! `initialize` and `initialized`: what is agreed, and which workspace is opened.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::*;

use super::capabilities::{self, ClientSupport};
use super::ext::SECTION;
use super::notifications::configuration;
use super::position::Encoding;
use super::roots::{self, Root};
use super::session::Shared;

pub fn initialize(shared: &Arc<Shared>, params: InitializeParams) -> Result<InitializeResult> {
    let offered = params
        .capabilities
        .general
        .as_ref()
        .and_then(|g| g.position_encodings.as_deref());
    let encoding = Encoding::negotiate(offered);
    let editor = section(params.initialization_options.clone().unwrap_or_default());
    let folders = folders(&params);
    let first = folders.first().map(|(_, path)| path.as_path());
    let settings = shared.source.resolve(first, &editor).settings;
    let navigation = settings.navigation;
    let elsewhere = shared.source.resolve(None, &editor).private();
    {
        let mut session = shared.session();
        session.encoding = encoding;
        session.support = ClientSupport::new(&params.capabilities);
        session.editor_settings = editor;
        session.private_elsewhere = elsewhere.map(Arc::new);
        session.settings = Some(Arc::new(settings));
    }
    // Begun before the client is ready for messages: the index is being read while the editor starts.
    for (name, path) in folders {
        open_root(shared, name, &path);
    }
    let version = Some(env!("CARGO_PKG_VERSION").to_owned());
    Ok(InitializeResult {
        capabilities: capabilities::server(encoding, navigation),
        server_info: Some(ServerInfo {
            name: "repo-lsp".to_owned(),
            version,
        }),
        ..Default::default()
    })
}

pub fn initialized(shared: &Arc<Shared>) {
    shared.ready.send_replace(true);
    let support = shared.session().support.clone();
    if support.register_configuration {
        let registration = Registration {
            id: "repo-lsp/configuration".to_owned(),
            method: "workspace/didChangeConfiguration".to_owned(),
            register_options: Some(serde_json::json!({ "section": SECTION })),
        };
        let client = shared.client.clone();
        shared.detach(async move {
            let _ = client.register_capability(vec![registration]).await;
        });
    }
    // What `initialize` brought may be less than the editor knows.
    configuration::pull(shared);
}

/// Opens a root that is not open yet.
pub fn open_root(shared: &Arc<Shared>, name: String, path: &Path) {
    let editor = shared.session().editor_settings.clone();
    let resolved = shared.source.resolve(Some(path), &editor);
    configuration::complain(shared, resolved.problems);
    let root = Root::new(name, path.to_owned(), resolved.settings.index.clone());
    let refused = resolved.fatal.is_some();
    let root = Arc::new(match resolved.fatal {
        Some(reason) => root.refused(reason),
        None => root,
    });
    {
        let mut session = shared.session();
        if session.roots.iter().any(|r| r.path == path) {
            return;
        }
        session.roots.push(root.clone());
        let recording = resolved.settings.samples.mode;
        session.recording.insert(path.to_owned(), recording);
        drop(session);
        shared.settle_recording();
    }
    if !refused {
        roots::open(shared, root);
    }
}

/// Some clients wrap their settings in the section's name, some send what is in it.
pub fn section(settings: Value) -> Value {
    match settings {
        Value::Object(mut fields) => fields.remove(SECTION).unwrap_or(Value::Object(fields)),
        other => other,
    }
}

fn folders(params: &InitializeParams) -> Vec<(String, std::path::PathBuf)> {
    let several = params.workspace_folders.as_deref().unwrap_or_default();
    let mut folders: Vec<_> = several
        .iter()
        .filter_map(|f| roots::folder(&f.uri, Some(&f.name)))
        .collect();
    if folders.is_empty() {
        // Clients from before workspace folders.
        #[expect(deprecated, reason = "older clients send nothing else")]
        let single = params
            .root_uri
            .as_ref()
            .and_then(|uri| roots::folder(uri, None));
        folders.extend(single);
    }
    folders
}
