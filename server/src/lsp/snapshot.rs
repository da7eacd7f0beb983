//! What a request sees: the session at the moment the request arrived. Immutable.

use grounding::View;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use repo_indexer::{PrivateFiles, Snapshot, Span};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{Position, Range, Uri};

use super::capabilities::ClientSupport;
use super::convert::{to_path, to_uri};
use super::document::{Document, key};
use super::position::{Encoding, PastEnd, carry};
use super::roots::Root;
use super::settings::{Settings, SettingsSource};
use assistant::answer::{DEFAULT_SOURCES, Target};
use assistant::chat::{Assistant, Summaries};
use assistant::recording::{RecordingPolicy, Samples};
use settings::ModelSettings;

pub struct SessionSnapshot {
    pub encoding: Encoding,
    pub support: ClientSupport,
    pub settings: Option<Arc<Settings>>,
    pub documents: Arc<HashMap<String, Arc<Document>>>,
    /// The roots whose index is open. What answers count as their roots.
    pub roots: Vec<RootSnapshot>,
    pub all_roots: Vec<Arc<Root>>,
    /// Which files are private that lie in none of them; none while nobody can tell.
    pub private_elsewhere: Option<Arc<PrivateFiles>>,
    pub summaries: Arc<Summaries>,
    pub samples: Arc<Samples>,
    /// How much is kept; the strictest of all roots has its way.
    pub keeping: Option<RecordingPolicy>,
    pub source: Arc<dyn SettingsSource>,
}

pub struct RootSnapshot {
    pub root: Arc<Root>,
    pub snapshot: Arc<Snapshot>,
}

/// A document a request is about: its newest text, and where the index has it.
pub struct File {
    pub document: Arc<Document>,
    /// The root and the path in it; none for what lies outside or whose index is not open yet.
    pub place: Option<(usize, String)>,
}

impl SessionSnapshot {
    pub fn navigation(&self) -> bool {
        self.settings.as_ref().is_some_and(|s| s.navigation)
    }

    /// Who answers: none if no model is set up, or why the one that is cannot be asked.
    pub fn assistant(&self) -> std::result::Result<Option<Assistant>, String> {
        self.source.assistant(&self.model())
    }

    pub fn model(&self) -> ModelSettings {
        self.settings
            .as_ref()
            .map(|s| s.model.clone())
            .unwrap_or_default()
    }

    /// What the workspace is called.
    pub fn repository(&self) -> String {
        let names: Vec<&str> = self.all_roots.iter().map(|r| r.name.as_str()).collect();
        names.join(", ")
    }

    pub fn sources(&self) -> usize {
        self.settings
            .as_ref()
            .map_or(DEFAULT_SOURCES, |s| s.sources)
    }

    /// The document a request is about. A private one is refused: none of its text may come into an answer.
    pub fn file(&self, uri: &Uri) -> Result<File> {
        self.shown(uri)?
            .ok_or_else(|| Error::invalid_params(format!("this file is private: {}", uri.as_str())))
    }

    /// The same for what an editor asks on its own, as the caret moves: a private document is nothing rather than an error.
    ///
    /// An open document; else a file of the workspace as it is on disk, which LSP lets a request name as well.
    pub fn shown(&self, uri: &Uri) -> Result<Option<File>> {
        let path = to_path(uri);
        if path.as_deref().is_some_and(|p| self.is_private(p)) {
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
                        "not an open document, nor a file of the workspace: {}",
                        uri.as_str()
                    ))
                })?;
                Arc::new(Document::new(uri.clone(), text))
            }
        };
        Ok(Some(File { document, place }))
    }

    /// Whether a file is private, under its name or under that of the file it is a link to. It need not be in an index for that, nor
    /// in the workspace.
    fn is_private(&self, path: &Path) -> bool {
        self.is_named_private(path) || self.is_named_private(&without_links(path))
    }

    fn is_named_private(&self, path: &Path) -> bool {
        let roots = self.all_roots.iter();
        let mut around = roots
            .filter_map(|root| Some((root, root.relative(path)?)))
            .peekable();
        if around.peek().is_some() {
            // In nested roots the stricter one counts.
            return around.any(|(root, path)| root.is_private(&path));
        }
        let path = path.to_string_lossy();
        let path = path.trim_start_matches('/');
        let private = self.private_elsewhere.as_ref();
        // A link in the workspace may lead here, so that what is private there is private here. Globs that begin at the root hold below
        // it only, and this is not below it.
        let below = format!("elsewhere/{path}");
        private.is_none_or(|private| private.contains(path))
            || self.all_roots.iter().any(|root| root.is_private(&below))
    }

    pub fn place(&self, path: &Path) -> Option<(usize, String)> {
        let roots = self.roots.iter().enumerate();
        let containing =
            roots.filter_map(|(at, r)| Some((at, &r.root.path, r.root.relative(path)?)));
        let (at, _, path) = containing.max_by_key(|(_, root, _)| root.as_os_str().len())?;
        Some((at, path))
    }

    /// The client's own spelling of a URI if it has the file open.
    pub fn uri_of(&self, root: usize, path: &str) -> Option<Uri> {
        let path = self.roots.get(root)?.root.path.join(path);
        match self.documents.get(path.to_string_lossy().as_ref()) {
            Some(document) => Some(document.uri.clone()),
            None => to_uri(&path),
        }
    }

    /// The roots as the answers see them; named only where there are several.
    pub fn views(&self) -> Vec<View> {
        let several = self.all_roots.len() > 1;
        let view = |r: &RootSnapshot| View {
            name: several.then(|| r.root.name.clone()),
            snapshot: r.snapshot.clone(),
        };
        self.roots.iter().map(view).collect()
    }

    /// What a range of a document is about, in terms of the index's own text of it.
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
        // Usually the index already has this very text; else the place is carried over to the text it has.
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

/// What a path leads to. Its end need not be there, as that of a file that was never saved.
fn without_links(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|folder| {
        let real = folder.canonicalize().ok()?;
        let rest = path.strip_prefix(folder).ok()?;
        Some(real.components().chain(rest.components()).collect())
    });
    there.unwrap_or_else(|| path.to_owned())
}

impl File {
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

    /// The text under a range.
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
