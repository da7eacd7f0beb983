//! Chooses the model that answers with given settings, and how to reach it.

use std::sync::Arc;
use std::time::Duration;

use models::launch::HostLauncher;
use models::library::{Library, LibraryError};
use models::{Client, ModelError, Request, Stream};
use settings::ModelSettings;
use settings::paths::Dirs;

/// Finds models; kept for the life of the process, because it keeps track of the host.
#[derive(Debug)]
pub struct ChatModels {
    library: Library,
    host: Arc<HostLauncher>,
    hosts_models: bool,
}

/// A model that can be asked, in the host or a remote engine.
#[derive(Debug, Clone)]
pub struct ChatModel {
    /// The model's name in requests to the engine.
    name: String,
    label: String,
    engine: Engine,
    first_token: Duration,
}

#[derive(Debug, Clone)]
enum Engine {
    /// The model host on this machine; started by the first request.
    Host(Arc<HostLauncher>),
    /// An engine that the user has configured.
    Remote(Client),
}

impl ChatModels {
    /// `hosts_models`: whether this program was built with the model host.
    pub fn new(dirs: &Dirs, hosts_models: bool) -> Self {
        ChatModels {
            hosts_models,
            library: Library::new(dirs),
            host: Arc::new(HostLauncher::new(dirs)),
        }
    }

    /// Returns the model to ask: `None` if no model is set up, an error if the configured one cannot be asked.
    pub fn choose(&self, settings: &ModelSettings) -> Result<Option<ChatModel>, String> {
        if !settings.enabled {
            return Ok(None);
        }
        let first_token = Duration::from_secs(settings.first_token_seconds);
        if let Some(endpoint) = &settings.endpoint {
            let Some(name) = settings.name.clone() else {
                return Err(format!(
                    "model.endpoint is {endpoint}, but model.name does not say which of its models to ask"
                ));
            };
            let key = settings.api_key_variable.as_ref().map(|variable| {
                std::env::var(variable).map_err(|_| {
                    format!("{variable}, which model.api_key_variable names, is not set")
                })
            });
            let client = Client::new(endpoint, key.transpose()?.as_deref());
            return Ok(Some(ChatModel {
                label: name.clone(),
                name,
                engine: Engine::Remote(client.map_err(|error| error.to_string())?),
                first_token,
            }));
        }
        let installed = match self.library.resolve(settings.name.as_deref()) {
            Err(LibraryError::NoDefault { installed }) if installed.is_empty() => return Ok(None),
            resolved => resolved.map_err(|error| error.to_string())?,
        };
        if !self.hosts_models {
            return Err("this program was built without the feature local-model; set model.endpoint, or build it with that".to_owned());
        }
        Ok(Some(ChatModel {
            label: installed.label(),
            name: installed.name,
            engine: Engine::Host(self.host.clone()),
            first_token,
        }))
    }

    /// Returns when the model in use was trained, in milliseconds since 1970; `None` if it was not trained on this machine.
    pub fn trained(&self, settings: &ModelSettings) -> Option<u64> {
        if settings.endpoint.is_some() {
            return None;
        }
        let installed = self.library.resolve(settings.name.as_deref()).ok()?;
        let manifest = installed.manifest;
        manifest.trainer.is_some().then_some(manifest.created)
    }
}

impl ChatModel {
    /// A remote engine, for tests.
    #[cfg(test)]
    pub fn remote(name: &str, client: Client) -> Self {
        ChatModel {
            name: name.to_owned(),
            label: name.to_owned(),
            engine: Engine::Remote(client),
            first_token: Duration::from_secs(20),
        }
    }

    /// The generation, as `name@7`, or the model's name in a remote engine.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns the client of a remote engine, and the model's name there. `None` for the host on this machine.
    pub(crate) fn remote_engine(&self) -> Option<(&Client, &str)> {
        match &self.engine {
            Engine::Host(_) => None,
            Engine::Remote(client) => Some((client, &self.name)),
        }
    }

    /// Like [`Self::chat`], for background work: returns `None` if a model would have to be loaded first.
    pub async fn chat_if_running(&self, request: Request) -> Result<Option<Stream>, ModelError> {
        if let Engine::Host(host) = &self.engine {
            let status = host.status().await?;
            let mut loaded = status.iter().flat_map(|status| &status.models);
            if !loaded.any(|model| model.name == self.name && model.state == "serving") {
                return Ok(None);
            }
        }
        self.chat(request).await.map(Some)
    }

    /// Sends a request and returns the streamed reply.
    pub async fn chat(&self, request: Request) -> Result<Stream, ModelError> {
        let request = Request {
            model: self.name.clone(),
            ..request
        };
        match &self.engine {
            Engine::Host(host) => host.chat(&request, self.first_token).await,
            Engine::Remote(client) => client.chat(&request, self.first_token).await,
        }
    }
}
