//! `initialize` and `initialized`: negotiates capabilities and opens the workspace.

use std::path::PathBuf;
use std::sync::Arc;

use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::*;

use super::capabilities::{self, ClientSupport};
use super::ext::SECTION;
use super::notifications::configuration;
use super::position::Encoding;
use super::root::folder;
use super::settings::section;
use super::shared::Shared;
use super::workspace::open_root;

pub fn initialize(shared: &Shared, params: InitializeParams) -> Result<InitializeResult> {
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
    let private_outside = shared.source.resolve(None, &editor).private();
    {
        let mut session = shared.session();
        session.encoding = encoding;
        session.support = ClientSupport::new(&params.capabilities);
        session.editor_settings = editor;
        session.private_outside = Arc::new(private_outside);
        session.settings = Some(Arc::new(settings));
    }
    // Indexing starts before `initialized`, while the editor is still starting.
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
    shared.client.set_ready();
    if shared.session().support.register_configuration {
        let registration = Registration {
            id: "repo-lsp/configuration".to_owned(),
            method: "workspace/didChangeConfiguration".to_owned(),
            register_options: Some(serde_json::json!({ "section": SECTION })),
        };
        let connection = shared.client.connection.clone();
        shared.client.detach(async move {
            let _ = connection.register_capability(vec![registration]).await;
        });
    }
    // The initialization options may hold only a part of the editor's settings.
    configuration::pull(shared);
}

/// Returns the name and path of each workspace folder that is a local folder.
fn folders(params: &InitializeParams) -> Vec<(String, PathBuf)> {
    let several = params.workspace_folders.as_deref().unwrap_or_default();
    let mut folders: Vec<_> = several
        .iter()
        .filter_map(|f| folder(&f.uri, Some(&f.name)))
        .collect();
    if folders.is_empty() {
        // Clients from before workspace folders.
        #[expect(deprecated, reason = "older clients send nothing else")]
        let single = params.root_uri.as_ref().and_then(|uri| folder(uri, None));
        folders.extend(single);
    }
    folders
}
