//! Asynchronous access to the model library.

use std::path::PathBuf;

use models::library::{Installed, Library, LibraryError};

#[derive(Clone)]
pub(crate) struct AsyncLibrary(Library);

/// Why there is no generation to serve, as a one-line message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GenerationError {
    /// The model does not exist.
    Unknown(String),
    /// The generation is damaged or unreadable.
    Damaged(String),
}

impl GenerationError {
    pub(crate) fn line(self) -> String {
        match self {
            GenerationError::Unknown(line) | GenerationError::Damaged(line) => line,
        }
    }
}

impl AsyncLibrary {
    pub(crate) fn new(library: Library) -> Self {
        AsyncLibrary(library)
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.0.directory().to_owned()
    }

    /// Resolves the model name of a request. `default` means the default model.
    pub(crate) async fn name(&self, asked: &str) -> Result<String, GenerationError> {
        if asked.contains('@') {
            return Err(GenerationError::Unknown(format!(
                "request a model without its generation: the active generation answers, not {asked}; change it with `repo-lsp model use`"
            )));
        }
        if asked != "default" {
            return Ok(asked.to_owned());
        }
        self.ask(|library| library.resolve(None))
            .await
            .map(|installed| installed.name)
    }

    /// Returns the active generation of a model.
    pub(crate) async fn current(&self, name: &str) -> Result<Installed, GenerationError> {
        let name = name.to_owned();
        self.ask(move |library| library.current(&name)).await
    }

    /// Returns the previously active generation, if it is usable.
    pub(crate) async fn previous(&self, name: &str) -> Option<Installed> {
        let name = name.to_owned();
        let previous = self.ask(move |library| {
            let number = library.previous_number(&name);
            Ok(number.and_then(|number| library.generation(&name, number).ok()))
        });
        previous.await.ok().flatten()
    }

    /// Returns the base model of an adapter.
    pub(crate) async fn base(
        &self,
        installed: &Installed,
    ) -> Result<Option<Installed>, GenerationError> {
        let installed = installed.clone();
        self.ask(move |library| library.base(&installed)).await
    }

    pub(crate) async fn names(&self) -> Vec<String> {
        self.ask(|library| Ok(library.names()))
            .await
            .unwrap_or_default()
    }

    /// Runs a library call on a blocking thread, because it reads files.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Library) -> Result<T, LibraryError> + Send + 'static,
    ) -> Result<T, GenerationError> {
        let library = self.0.clone();
        let answer = tokio::task::spawn_blocking(move || question(&library)).await;
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(match error {
                LibraryError::NoSuchModel { .. }
                | LibraryError::NoDefault { .. }
                | LibraryError::NoCurrentGeneration { .. }
                | LibraryError::BadName(_) => GenerationError::Unknown(error.to_string()),
                other => GenerationError::Damaged(other.to_string()),
            }),
            Err(_) => Err(GenerationError::Damaged(
                "the model library could not be read".to_owned(),
            )),
        }
    }
}
