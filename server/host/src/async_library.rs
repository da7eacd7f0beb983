//! The library, asked from async code: which generation of a model is the current one, and what an adapter is laid over.

use std::path::PathBuf;

use models::library::{Installed, Library, LibraryError};

#[derive(Clone)]
pub(crate) struct AsyncLibrary(Library);

/// Why there is no generation to serve. Displays as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    /// There is no such model.
    Unknown(String),
    /// There is, but not in one piece.
    Damaged(String),
}

impl Missing {
    pub(crate) fn line(self) -> String {
        match self {
            Missing::Unknown(line) | Missing::Damaged(line) => line,
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

    /// The name of the model that is meant: the one that was chosen, where the request leaves it open.
    pub(crate) async fn name(&self, asked: &str) -> Result<String, Missing> {
        if asked.contains('@') {
            return Err(Missing::Unknown(format!(
                "name a model without its generation: the current one answers, not {asked}; `repo-lsp model use` changes it"
            )));
        }
        if asked != "default" {
            return Ok(asked.to_owned());
        }
        self.ask(|library| library.resolve(None))
            .await
            .map(|installed| installed.name)
    }

    /// The current generation of a model.
    pub(crate) async fn current(&self, name: &str) -> Result<Installed, Missing> {
        let name = name.to_owned();
        self.ask(move |library| library.current(&name)).await
    }

    /// The generation that was in use before the current one, if it is there and sound.
    pub(crate) async fn previous(&self, name: &str) -> Option<Installed> {
        let name = name.to_owned();
        let previous = self.ask(move |library| {
            let number = library.previous_number(&name);
            Ok(number.and_then(|number| library.generation(&name, number).ok()))
        });
        previous.await.ok().flatten()
    }

    /// What an adapter is laid over.
    pub(crate) async fn base(&self, installed: &Installed) -> Result<Option<Installed>, Missing> {
        let installed = installed.clone();
        self.ask(move |library| library.base(&installed)).await
    }

    pub(crate) async fn names(&self) -> Vec<String> {
        self.ask(|library| Ok(library.names()))
            .await
            .unwrap_or_default()
    }

    /// It reads files, which may be on a slow disk.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Library) -> Result<T, LibraryError> + Send + 'static,
    ) -> Result<T, Missing> {
        let library = self.0.clone();
        let answer = tokio::task::spawn_blocking(move || question(&library)).await;
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(match error {
                LibraryError::NoSuchModel { .. }
                | LibraryError::NoDefault { .. }
                | LibraryError::NoCurrentGeneration { .. }
                | LibraryError::BadName(_) => Missing::Unknown(error.to_string()),
                other => Missing::Damaged(other.to_string()),
            }),
            Err(_) => Err(Missing::Damaged(
                "the library of models could not be read".to_owned(),
            )),
        }
    }
}
