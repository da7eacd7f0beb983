//! The immutable state that a request works on, taken when the request arrived.

use grounding::View;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use repo_indexer::{Snapshot, Span};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{Position, Range, Uri};

use super::capabilities::ClientSupport;
use super::document::{Document, key};
use super::position::{Encoding, PastEnd, carry};
use super::privacy::is_private;
use super::root::Root;
use super::settings::{PrivateGlobs, Settings, SettingsSource};
use super::uri::{to_path, to_uri};
use assistant::answer::{DEFAULT_SOURCES, Target};
use assistant::chat::{ChatModel, Summaries};
use assistant::recording::{RecordingPolicy, Samples};
use settings::ModelSettings;

pub struct SessionSnapshot {
    pub encoding: Encoding,
    pub support: ClientSupport,
    pub settings: Option<Arc<Settings>>,
    pub documents: Arc<HashMap<String, Arc<Document>>>,
    /// The roots whose index is open. The `root` of a citation is an index into this list.
    pub roots: Vec<RootSnapshot>,
    pub all_roots: Vec<Arc<Root>>,
    /// The private globs for files outside all roots.
    pub private_outside: Arc<PrivateGlobs>,
    pub summaries: Arc<Summaries>,
    pub samples: Arc<Samples>,
    /// How much of an interaction is recorded. `None` before `initialize`.
    pub recording: Option<RecordingPolicy>,
    pub source: Arc<dyn SettingsSource>,
}

pub struct RootSnapshot {
    pub root: Arc<Root>,
    pub snapshot: Arc<Snapshot>,
}

/// A document named in a request: its newest text and its place in the index.
pub struct File {
    pub document: Arc<Document>,
    /// The root, as an index into [`SessionSnapshot::roots`], and the path relative to it. `None` outside all roots and until the index
    /// is open.
    pub place: Option<(usize, String)>,
}

impl SessionSnapshot {
    pub fn navigation(&self) -> bool {
        self.settings.as_ref().is_some_and(|s| s.navigation)
    }

    /// Returns the client of the configured model, `None` if no model is set up, or the reason why it cannot be used.
    pub fn assistant(&self) -> std::result::Result<Option<ChatModel>, String> {
        self.source.assistant(&self.model())
    }

    pub fn model(&self) -> ModelSettings {
        self.settings
            .as_ref()
            .map(|s| s.model.clone())
            .unwrap_or_default()
    }

    /// Returns the name of the workspace: the names of its roots.
    pub fn repository(&self) -> String {
        let names: Vec<&str> = self.all_roots.iter().map(|r| r.name.as_str()).collect();
        names.join(", ")
    }

    pub fn sources(&self) -> usize {
        self.settings
            .as_ref()
            .map_or(DEFAULT_SOURCES, |s| s.sources)
    }

    /// Returns the document with this URI. Errors if it is private, or neither open nor in the workspace.
    pub fn file(&self, uri: &Uri) -> Result<File> {
        self.visible(uri)?
            .ok_or_else(|| Error::invalid_params(format!("this file is private: {}", uri.as_str())))
    }

    /// Like [`SessionSnapshot::file`], but returns `None` for a private document: for requests that editors send by themselves while the
    /// cursor moves, where an error message would disturb.
    ///
    /// LSP also allows requests for a document that is not open; its text is taken from the index.
    pub fn visible(&self, uri: &Uri) -> Result<Option<File>> {
        let path = to_path(uri);
        let private = |path| is_private(path, &self.all_roots, &self.private_outside);
        if path.as_deref().is_some_and(private) {
            return Ok(None);
        }
        let place = path.as_deref().and_then(|p| self.place(p));
        let document = match self.documents.get(&key(uri)) {
            Some(document) => document.clone(),
            None => {
                let text = place
                    .as_ref()
                    .and_then(|(root, path)| self.roots[*root].snapshot.text(path));
                let text = text.ok_or_else(|| {
                    Error::invalid_params(format!(
                        "neither an open document nor a file of the workspace: {}",
                        uri.as_str()
                    ))
                })?;
                Arc::new(Document::new(uri.clone(), text))
            }
        };
        Ok(Some(File { document, place }))
    }

    /// Returns the innermost open root that contains a file, as an index into `roots`, and the path relative to it.
    pub fn place(&self, path: &Path) -> Option<(usize, String)> {
        let roots = self.roots.iter().enumerate();
        let containing =
            roots.filter_map(|(at, r)| Some((at, &r.root.path, r.root.relative(path)?)));
        let (at, _, path) = containing.max_by_key(|(_, root, _)| root.as_os_str().len())?;
        Some((at, path))
    }

    /// Returns the URI of a file: in the client's own spelling if the file is open.
    pub fn uri_of(&self, root: usize, path: &str) -> Option<Uri> {
        let path = self.roots.get(root)?.root.path.join(path);
        match self.documents.get(path.to_string_lossy().as_ref()) {
            Some(document) => Some(document.uri.clone()),
            None => to_uri(&path),
        }
    }

    /// Returns the views to answer from. They are named only if the workspace has several roots.
    pub fn views(&self) -> Vec<View> {
        let several = self.all_roots.len() > 1;
        let view = |r: &RootSnapshot| View {
            name: several.then(|| r.root.name.clone()),
            snapshot: r.snapshot.clone(),
        };
        self.roots.iter().map(view).collect()
    }

    /// Maps a range of a document to the text that the index has of it. `None` if the document is in no open root.
    pub fn target(&self, file: &File, range: Range) -> Result<Option<Target>> {
        let start = file.offset(range.start, self.encoding)?;
        let text = file.document.text();
        let end = file
            .document
            .lines()
            .offset_or_end(text, range.end, self.encoding)
            .max(start);
        let Some((root, path)) = file.place.clone() else {
            return Ok(None);
        };
        // The index may have an older text; the position is mapped to that text.
        let indexed = self.roots[root]
            .snapshot
            .text(&path)
            .unwrap_or_else(|| text.clone());
        let indexed_at = carry(text, &indexed, start).unwrap_or(start.min(indexed.len() as u32));
        Ok(Some(Target {
            root,
            path,
            text: text.clone(),
            span: Span { start, end },
            indexed_at,
        }))
    }
}

impl File {
    /// Returns the byte offset of a position. Errors if the line is past the end of the document.
    pub fn offset(&self, position: Position, encoding: Encoding) -> Result<u32> {
        let offset = self
            .document
            .lines()
            .offset(self.document.text(), position, encoding);
        offset.map_err(|PastEnd| {
            let lines = self
                .document
                .lines()
                .position(self.document.text(), u32::MAX, encoding)
                .line
                + 1;
            Error::invalid_params(format!(
                "line {} is past the end of the document, which has {lines}",
                position.line + 1
            ))
        })
    }

    /// Returns the text in a range.
    pub fn text(&self, range: Range, encoding: Encoding) -> Result<&str> {
        let start = self.offset(range.start, encoding)?;
        let end = self
            .document
            .lines()
            .offset_or_end(self.document.text(), range.end, encoding);
        Ok(self
            .document
            .text()
            .get(start as usize..end as usize)
            .unwrap_or_default())
    }
}
