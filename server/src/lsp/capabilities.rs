//! The capabilities of the client that are used, and those that the server announces.

use tower_lsp::ls_types::*;

use super::commands;
use super::ext;
use super::position::Encoding;

/// The capabilities of the client that affect the server. An absent capability counts as not supported.
#[derive(Debug, Clone, Default)]
pub struct ClientSupport {
    pub work_done_progress: bool,
    pub show_document: bool,
    pub code_action_literals: bool,
    pub hierarchical_symbols: bool,
    pub plain_hover: bool,
    /// The client supports `workspace/configuration`.
    pub configuration: bool,
    pub register_configuration: bool,
    /// All five navigation capabilities support dynamic registration.
    pub register_navigation: bool,
}

impl ClientSupport {
    pub fn new(client: &ClientCapabilities) -> Self {
        let window = client.window.as_ref();
        let workspace = client.workspace.as_ref();
        let text = client.text_document.as_ref();
        let yes = |flag: Option<bool>| flag == Some(true);
        let hover_formats = text
            .and_then(|t| t.hover.as_ref())
            .and_then(|h| h.content_format.as_deref());
        let navigation = [
            text.and_then(|t| t.document_symbol.as_ref())
                .and_then(|c| c.dynamic_registration),
            text.and_then(|t| t.definition.as_ref())
                .and_then(|c| c.dynamic_registration),
            text.and_then(|t| t.references.as_ref())
                .and_then(|c| c.dynamic_registration),
            text.and_then(|t| t.call_hierarchy.as_ref())
                .and_then(|c| c.dynamic_registration),
            workspace
                .and_then(|w| w.symbol.as_ref())
                .and_then(|c| c.dynamic_registration),
        ];
        ClientSupport {
            work_done_progress: yes(window.and_then(|w| w.work_done_progress)),
            show_document: window
                .and_then(|w| w.show_document.as_ref())
                .is_some_and(|s| s.support),
            code_action_literals: text
                .and_then(|t| t.code_action.as_ref())
                .is_some_and(|c| c.code_action_literal_support.is_some()),
            hierarchical_symbols: yes(text
                .and_then(|t| t.document_symbol.as_ref())
                .and_then(|s| s.hierarchical_document_symbol_support)),
            plain_hover: hover_formats.is_some_and(|f| !f.contains(&MarkupKind::Markdown)),
            configuration: yes(workspace.and_then(|w| w.configuration)),
            register_configuration: yes(workspace
                .and_then(|w| w.did_change_configuration.as_ref())
                .and_then(|c| c.dynamic_registration)),
            register_navigation: navigation.into_iter().all(yes),
        }
    }
}

pub fn server(encoding: Encoding, navigation: bool) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(
            TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::INCREMENTAL),
                save: Some(TextDocumentSyncSaveOptions::Supported(true)),
                ..Default::default()
            },
        )),
        hover_provider: Some(true.into()),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(commands::kinds()),
            resolve_provider: Some(true),
            ..Default::default()
        })),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: commands::ids(),
            ..Default::default()
        }),
        document_symbol_provider: navigation.then_some(OneOf::Left(true)),
        workspace_symbol_provider: navigation.then_some(OneOf::Left(true)),
        definition_provider: navigation.then_some(OneOf::Left(true)),
        references_provider: navigation.then_some(OneOf::Left(true)),
        call_hierarchy_provider: navigation.then_some(CallHierarchyServerCapability::Simple(true)),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: Some(WorkspaceFileOperationsServerCapabilities {
                did_create: Some(every_file()),
                did_rename: Some(every_file()),
                did_delete: Some(every_file()),
                ..Default::default()
            }),
        }),
        experimental: Some(ext::announcement()),
        ..Default::default()
    }
}

/// Returns the dynamic registrations of navigation, for sessions in which it is turned on after `initialize`.
pub fn navigation_registrations() -> Vec<Registration> {
    let any_file = serde_json::json!({ "documentSelector": [{ "scheme": "file" }] });
    let methods = [
        ("textDocument/documentSymbol", true),
        ("textDocument/definition", true),
        ("textDocument/references", true),
        ("textDocument/prepareCallHierarchy", true),
        ("workspace/symbol", false),
    ];
    let registration = |(method, document): (&str, bool)| Registration {
        id: format!("repo-lsp/{method}"),
        method: method.to_owned(),
        register_options: document.then(|| any_file.clone()),
    };
    methods.map(registration).into()
}

fn every_file() -> FileOperationRegistrationOptions {
    let pattern = FileOperationPattern {
        glob: "**/*".to_owned(),
        ..Default::default()
    };
    FileOperationRegistrationOptions {
        filters: vec![FileOperationFilter {
            scheme: Some("file".to_owned()),
            pattern,
        }],
    }
}
