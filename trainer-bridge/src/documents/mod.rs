//! Documents: the pieces of a repository that a teacher is shown, each with an outline of what it is and where it belongs.
//!
//! Everything here follows from the index and the text; no model is asked, and nothing is written.

mod code;
mod exclusion;
mod module;
mod prose;
mod rows;
mod transcript;

use std::path::Path;

use repo_indexer::{Cancel, Cancelled, Snapshot};
use serde::{Deserialize, Serialize};

pub(crate) use code::{file_outline, parts};
pub use exclusion::ExclusionReason;
pub(crate) use exclusion::exclusion_of;
pub use rows::flow_rows;

use crate::gates::redact;
use crate::history::Commit;
use crate::private_file::FileError;
use crate::repository::Repository;
use crate::sample::CitedLines;

/// A piece of text of a size that a teacher can be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The kind and the place, which together name one document of a repository.
    pub id: String,
    pub kind: DocumentKind,
    /// Relative to the root; for a transcript, to its folder; for a module, its first file; empty for a commit.
    pub path: String,
    pub lines: CitedLines,
    pub title: String,
    pub text: String,
    /// What the document is, where it belongs and what it contains: a few lines.
    pub outline: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    Code,
    Module,
    /// A section of a README or of other documentation.
    Section,
    Notebook,
    Transcript,
    Commit,
}

impl DocumentKind {
    pub fn name(self) -> &'static str {
        match self {
            DocumentKind::Code => "code",
            DocumentKind::Module => "module",
            DocumentKind::Section => "section",
            DocumentKind::Notebook => "notebook",
            DocumentKind::Transcript => "transcript",
            DocumentKind::Commit => "commit",
        }
    }
}

/// What documents are made of besides the indexed files.
#[derive(Debug, Default)]
pub struct DocumentSources<'s> {
    /// A folder of transcripts: `.vtt`, `.srt` and `.txt`.
    pub transcripts: Option<&'s Path>,
    /// Commits whose messages say what changed and why.
    pub commits: &'s [Commit],
}

/// The documents of a repository, sorted by id, and the files that were left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Documents {
    pub documents: Vec<Document>,
    /// Sorted by path.
    pub excluded: Vec<(String, ExclusionReason)>,
}

#[derive(Debug, thiserror::Error)]
pub enum DocumentsError {
    #[error("cancelled")]
    Cancelled,
    #[error(transparent)]
    File(#[from] FileError),
}

impl From<Cancelled> for DocumentsError {
    fn from(_: Cancelled) -> Self {
        DocumentsError::Cancelled
    }
}

/// Bytes of a document. Teachers with a small context still have room for instructions, an example and an answer.
pub(crate) const MAX_DOCUMENT: usize = 6_000;

/// Shorter pieces say too little to ask about.
pub(crate) const MIN_DOCUMENT: usize = 120;

/// Makes the documents of a repository.
pub fn documents(
    snapshot: &Snapshot,
    sources: &DocumentSources,
    cancel: &Cancel,
) -> Result<Documents, DocumentsError> {
    let repository = Repository::read(snapshot, cancel)?;
    let mut documents = Vec::new();
    for file in &repository.files {
        cancel.check()?;
        match file.language.id() {
            "jupyter" => documents.extend(prose::notebook(file)),
            _ if file.language.is_code() => documents.extend(code::documents(&repository, file)),
            _ if file.language.is_document() => documents.extend(prose::sections(file)),
            // Configuration is asked about key by key; see `facts`.
            _ => {}
        }
    }
    documents.extend(module::documents(&repository));
    documents.extend(sources.commits.iter().filter_map(prose::commit));
    if let Some(folder) = sources.transcripts {
        documents.extend(transcript::documents(folder)?);
    }
    documents.retain(|document| document.text.trim().len() >= MIN_DOCUMENT);
    documents.sort_by(|a, b| a.id.cmp(&b.id));
    // A teacher may be another machine, and what it writes is kept.
    for document in &mut documents {
        redact(&mut document.title);
        redact(&mut document.text);
        redact(&mut document.outline);
    }
    let excluded = repository
        .excluded
        .iter()
        .map(|(path, reason)| (path.to_string(), *reason));
    Ok(Documents {
        documents,
        excluded: excluded.collect(),
    })
}

impl Document {
    fn new(
        kind: DocumentKind,
        path: &str,
        lines: CitedLines,
        title: String,
        text: String,
        outline: String,
    ) -> Self {
        let place = if lines.last == 0 {
            path.to_owned()
        } else {
            format!("{path}#L{}-L{}", lines.first, lines.last)
        };
        Document {
            id: format!("{}:{place}", kind.name()),
            kind,
            path: path.to_owned(),
            lines,
            title,
            text,
            outline,
        }
    }
}

#[cfg(test)]
mod tests;
