//! The routing table: the handler of each message, and the lane it runs in.
//!
//! Handlers of notifications change the session and return; they are not async. Requests take a snapshot before their first `.await` and
//! run on a worker thread. Nothing in this file waits for a reply of the client.

use std::sync::Arc;

use repo_indexer::Cancel;
use tokio::sync::mpsc;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::*;
use tower_lsp::{Client, LanguageServer};

use super::commands;
use super::dispatch::Lane::{self, Instant, Work};
use super::ext::{
    AskParams, FeedbackParams, FeedbackResult, Partial, PartialParams, StatusParams, StatusResult,
};
use super::overlays::Overlays;
use super::session::SharedSession;
use super::settings::SettingsSource;
use super::shared::Shared;
use super::snapshot::SessionSnapshot;
use super::{lifecycle, notifications as on, requests as req};
use assistant::ask::AskResult;

pub struct Server {
    pub(super) shared: Arc<Shared>,
}

/// A request handler. It runs on a worker thread and should stop soon after the token is cancelled.
type Handler<P, R> = fn(&SessionSnapshot, P, &Cancel) -> Result<R>;

impl Server {
    pub fn new(
        client: Client,
        source: Arc<dyn SettingsSource>,
        session: SharedSession,
        overlays: Overlays,
    ) -> Self {
        Server {
            shared: Arc::new(Shared::new(client, source, session, overlays)),
        }
    }

    pub(super) async fn run<P, R>(&self, lane: Lane, handler: Handler<P, R>, params: P) -> Result<R>
    where
        P: Send + 'static,
        R: Send + 'static,
    {
        // Taken before the first `.await`, so that later messages do not affect this request (rule 2).
        let snapshot = self.shared.snapshot();
        self.shared
            .lanes
            .run(lane, move |cancel| handler(&snapshot, params, cancel))
            .await
    }

    pub async fn status(&self, params: StatusParams) -> Result<StatusResult> {
        self.run(Work, req::status::handle, params).await
    }

    pub async fn feedback(&self, params: FeedbackParams) -> Result<FeedbackResult> {
        let snapshot = Arc::new(self.shared.snapshot());
        req::feedback::handle(&self.shared, snapshot, params).await
    }

    /// Answers a question. The only request that sends partial results while it runs.
    pub async fn ask(&self, params: AskParams) -> Result<AskResult> {
        let snapshot = Arc::new(self.shared.snapshot());
        let token = params.partial_result_token.clone();
        let (sender, mut parts) = mpsc::unbounded_channel();
        let sender = token.is_some().then_some(sender);
        let work = req::ask::handle(&self.shared, snapshot, params, sender);
        tokio::pin!(work);
        let send = async |value| {
            if let Some(token) = token.clone() {
                self.shared
                    .client
                    .connection
                    .send_notification::<Partial>(PartialParams { token, value })
                    .await;
            }
        };
        let result = loop {
            tokio::select! {
                biased;
                Some(part) = parts.recv() => send(part).await,
                result = &mut work => break result,
            }
        };
        while let Ok(part) = parts.try_recv() {
            send(part).await;
        }
        result
    }
}

impl LanguageServer for Server {
    // Life cycle.

    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        lifecycle::initialize(&self.shared, params)
    }

    async fn initialized(&self, _: InitializedParams) {
        lifecycle::initialized(&self.shared);
    }

    async fn shutdown(&self) -> Result<()> {
        self.shared.session().shut_down = true;
        Ok(())
    }

    // Notifications: a short lock each, no `.await`.

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        on::documents::open(&self.shared, params);
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        on::documents::change(&self.shared, params);
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        on::files::saved(&self.shared, params);
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        on::documents::close(&self.shared, params);
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        on::configuration::change(&self.shared, params);
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        on::folders::change(&self.shared, params);
    }

    async fn did_create_files(&self, params: CreateFilesParams) {
        on::files::created(&self.shared, params);
    }

    async fn did_rename_files(&self, params: RenameFilesParams) {
        on::files::renamed(&self.shared, params);
    }

    async fn did_delete_files(&self, params: DeleteFilesParams) {
        on::files::deleted(&self.shared, params);
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        on::files::watched(&self.shared, params);
    }

    // Answered from memory, in the instant lane.

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        self.run(Instant, req::hover::handle, params).await
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        self.run(Instant, req::code_action::handle, params).await
    }

    async fn code_action_resolve(&self, params: CodeAction) -> Result<CodeAction> {
        self.run(Instant, req::code_action::resolve, params).await
    }

    // Commands, which search and read files.

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<LSPAny>> {
        if params.command == commands::FEEDBACK {
            let argument = params.arguments.into_iter().next().unwrap_or_default();
            let argument = serde_json::from_value(argument)
                .map_err(|e| Error::invalid_params(format!("the command's argument: {e}")))?;
            return Ok(serde_json::to_value(self.feedback(argument).await?).ok());
        }
        let snapshot = Arc::new(self.shared.snapshot());
        let result = req::execute_command::handle(&self.shared, snapshot, params).await?;
        on::show::answer(&self.shared, &result);
        Ok(serde_json::to_value(result).ok())
    }

    // Navigation: off by default.

    async fn document_symbol(
        &self,
        params: DocumentSymbolParams,
    ) -> Result<Option<DocumentSymbolResponse>> {
        self.run(Instant, req::document_symbol::handle, params)
            .await
    }

    async fn symbol(
        &self,
        params: WorkspaceSymbolParams,
    ) -> Result<Option<WorkspaceSymbolResponse>> {
        self.run(Work, req::workspace_symbol::handle, params).await
    }

    async fn goto_definition(
        &self,
        params: GotoDefinitionParams,
    ) -> Result<Option<GotoDefinitionResponse>> {
        self.run(Instant, req::definition::handle, params).await
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        self.run(Work, req::references::handle, params).await
    }

    async fn prepare_call_hierarchy(
        &self,
        params: CallHierarchyPrepareParams,
    ) -> Result<Option<Vec<CallHierarchyItem>>> {
        self.run(Instant, req::call_hierarchy::prepare, params)
            .await
    }

    async fn incoming_calls(
        &self,
        params: CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
        self.run(Work, req::call_hierarchy::incoming, params).await
    }

    async fn outgoing_calls(
        &self,
        params: CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
        self.run(Work, req::call_hierarchy::outgoing, params).await
    }
}
