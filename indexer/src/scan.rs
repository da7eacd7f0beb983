//! Lists the files of a workspace and reads them into records.
//!
//! This is the only module that lists or reads workspace files. It does not access the store.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::{WalkBuilder, WalkState};
use parking_lot::Mutex;

use crate::error::IndexError;
use crate::extract;
use crate::graph::packages::declared_name;
use crate::language::Language;
use crate::record::{FileRecord, Fingerprint, IndexedFile, SkipReason, hash64};

/// Folders that are excluded even without an ignore file.
const ALWAYS_EXCLUDED: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    ".jj",
    "node_modules",
    ".venv",
    "__pycache__",
    ".tox",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
];

/// Decides which files are indexed, according to the settings.
#[derive(Debug, Clone)]
pub(crate) struct ScanRules {
    root: PathBuf,
    exclude: GlobSet,
    private: PrivateFiles,
    max_file_bytes: u64,
    languages_off: Vec<String>,
}

/// Matches private files, which may contain secrets, by the globs of the settings.
#[derive(Debug, Clone)]
pub struct PrivateFiles {
    globs: GlobSet,
    /// For each glob, whether it is an exception (a leading `!`).
    exceptions: Vec<bool>,
}

impl PrivateFiles {
    pub fn new(patterns: &[String]) -> Result<Self, IndexError> {
        Ok(PrivateFiles {
            globs: globs(patterns, true)?,
            exceptions: patterns.iter().map(|glob| glob.starts_with('!')).collect(),
        })
    }

    /// Whether a path is private. `path` is relative to the root and separated by `/`. The last matching glob decides, as in .gitignore.
    pub fn contains(&self, path: &str) -> bool {
        let matching = self.globs.matches(path);
        matching.last().is_some_and(|&last| !self.exceptions[last])
    }
}

/// A file found by a scan, with its metadata.
#[derive(Debug, Clone)]
pub(crate) struct FoundFile {
    /// Relative to the root, separated by `/`.
    pub path: String,
    pub size: u64,
    /// Nanoseconds since the Unix epoch.
    pub modified: u64,
}

/// The files and folders found by a scan.
#[derive(Debug, Default)]
pub(crate) struct ScanListing {
    pub files: Vec<FoundFile>,
    /// All folders that are not ignored. These have to be watched.
    pub folders: Vec<PathBuf>,
}

impl ScanRules {
    pub fn new(
        root: &Path,
        exclude: &[String],
        private: &[String],
        max_file_bytes: u64,
        languages_off: &[String],
    ) -> Result<Self, IndexError> {
        Ok(ScanRules {
            root: root.to_owned(),
            exclude: globs(exclude, false)?,
            private: PrivateFiles::new(private)?,
            max_file_bytes,
            languages_off: languages_off.to_vec(),
        })
    }

    /// Returns the path relative to the root, separated by `/`, or `None` if it is outside the root or not Unicode.
    pub fn relative(&self, path: &Path) -> Option<String> {
        let relative = path.strip_prefix(&self.root).ok()?;
        let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
        parts
            .map(|parts| parts.join("/"))
            .filter(|path| !path.is_empty())
    }

    pub fn absolute(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub fn is_private(&self, path: &str) -> bool {
        self.private.contains(path)
    }

    /// Lists the files and folders in `folder`, recursively unless `shallow`.
    pub fn list(&self, folder: &Path, shallow: bool, threads: usize) -> ScanListing {
        let listing = Mutex::new(ScanListing::default());
        let mut walk = WalkBuilder::new(folder);
        walk.hidden(false)
            .require_git(false)
            .follow_links(false)
            .threads(threads)
            .max_depth(shallow.then_some(1));
        let rules = self.clone();
        walk.filter_entry(move |entry| {
            let name = entry.file_name().to_str().unwrap_or_default();
            let excluded = rules
                .relative(entry.path())
                .is_some_and(|path| rules.exclude.is_match(path));
            !(excluded || entry.depth() > 0 && ALWAYS_EXCLUDED.contains(&name))
        });
        walk.build_parallel().run(|| {
            Box::new(|entry| {
                let Ok(entry) = entry else {
                    return WalkState::Continue;
                };
                let Some(kind) = entry.file_type() else {
                    return WalkState::Continue;
                };
                if kind.is_dir() {
                    listing.lock().folders.push(entry.into_path());
                } else if kind.is_file()
                    && let Some(path) = self.relative(entry.path())
                    && let Ok(meta) = entry.metadata()
                {
                    let found = FoundFile {
                        path,
                        size: meta.len(),
                        modified: modified(&meta),
                    };
                    listing.lock().files.push(found);
                }
                WalkState::Continue
            })
        });
        let mut listing = listing.into_inner();
        listing.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        listing
    }

    /// Whether a scan of the workspace would list this folder: it is inside the root, and neither it nor a parent is ignored.
    pub fn lists_folder(&self, folder: &Path) -> bool {
        let mut at = self.root.clone();
        let Ok(relative) = folder.strip_prefix(&self.root) else {
            return false;
        };
        for part in relative.iter() {
            let next = at.join(part);
            if !self.list(&at, true, 1).folders.contains(&next) {
                return false;
            }
            at = next;
        }
        true
    }

    /// Whether a scan would index a file with this path and size. The file need not exist yet.
    pub fn admits(&self, path: &str, size: u64) -> bool {
        let absolute = self.absolute(path);
        let Some(parent) = absolute.parent() else {
            return false;
        };
        let excluded = self.exclude.is_match(path);
        if size > self.max_file_bytes || excluded || !self.lists_folder(parent) {
            return false;
        }
        let exists = absolute.symlink_metadata().is_ok();
        !exists
            || self
                .list(parent, true, 1)
                .files
                .iter()
                .any(|found| found.path == path)
    }

    /// Reads the current text of a file for display. Returns `None` for private files, files above `max_bytes`, and links to such files or
    /// out of the workspace.
    pub fn text_of(&self, path: &str, max_bytes: u64) -> Option<Arc<str>> {
        let real = self.absolute(path).canonicalize().ok()?;
        if self.is_private(&self.relative(&real)?) || real.metadata().ok()?.len() > max_bytes {
            return None;
        }
        String::from_utf8(std::fs::read(real).ok()?)
            .ok()
            .map(Arc::from)
    }

    /// Whether the record of an unchanged file still agrees with these rules. It does not if the settings have changed: the file became
    /// private, the size limit was raised, or a language was turned off.
    pub fn agree(&self, known: &FileRecord, size: u64) -> bool {
        let private = self.is_private(&known.path);
        let large = !private && size > self.max_file_bytes;
        let is_off = |id: &str| self.languages_off.iter().any(|off| off == id);
        let language = match known.language.as_deref() {
            // The language may have been turned off when the file was indexed.
            Some(id) if id == Language::plain().id() => Language::of_path(&known.path)
                .is_none_or(|by_path| by_path.id() == id || is_off(by_path.id())),
            Some(id) => !is_off(id),
            None => true,
        };
        language
            && private == matches!(known.skipped, Some(SkipReason::Private))
            && large == matches!(known.skipped, Some(SkipReason::TooLarge { .. }))
    }

    /// Reads and indexes a file. `known` is its current record: if the content is unchanged, only the fingerprint is updated.
    pub fn read(&self, found: &FoundFile, known: Option<&FileRecord>) -> ReadOutcome {
        let mut print = Fingerprint {
            size: found.size,
            modified: found.modified,
            hash: 0,
        };
        let skip = |print, reason| {
            ReadOutcome::New(IndexedFile {
                record: FileRecord::skipped(&found.path, print, reason),
                chunks: Vec::new(),
            })
        };
        if self.is_private(&found.path) {
            return skip(print, SkipReason::Private);
        }
        if found.size > self.max_file_bytes {
            return skip(print, SkipReason::TooLarge { bytes: found.size });
        }
        let bytes = match std::fs::read(self.absolute(&found.path)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return ReadOutcome::Gone,
            Err(error) => return skip(print, SkipReason::Unreadable(error.kind().to_string())),
        };
        print.hash = hash64(&bytes);
        if let Some(known) = known
            && known.fingerprint.hash == print.hash
        {
            return ReadOutcome::Touched(FileRecord {
                fingerprint: print,
                ..known.clone()
            });
        }
        match String::from_utf8(bytes) {
            Ok(text) if !extract::looks_binary(text.as_bytes()) => {
                match self.index(&found.path, &text, print) {
                    Ok(indexed) => ReadOutcome::New(indexed),
                    Err(reason) => skip(print, reason),
                }
            }
            _ => skip(print, SkipReason::NotText),
        }
    }

    /// Extracts the record and chunks of a text from the disk or from an open buffer. Returns the reason if the file is skipped.
    pub fn index(
        &self,
        path: &str,
        text: &str,
        fingerprint: Fingerprint,
    ) -> Result<IndexedFile, SkipReason> {
        if let Some(reason) = extract::looks_generated(path, text) {
            return Err(SkipReason::Generated(reason.to_owned()));
        }
        let detected = Language::detect(path, text);
        let off = self.languages_off.iter().any(|off| off == detected.id());
        let language = if off { Language::plain() } else { detected };
        let mut extraction = extract::extract(language, path, text);
        if extraction.facts.package.is_none() {
            extraction.facts.package = declared_name(path, text);
        }
        let summary = extraction
            .facts
            .doc
            .and_then(|doc| doc.of(text))
            .and_then(summarize);
        let record = FileRecord {
            language: Some(language.id().into()),
            unparsed: extraction.timed_out,
            test: extract::is_test_path(path),
            lines: text.lines().count() as u32,
            summary,
            ..FileRecord::new(path, fingerprint)
        };
        Ok(IndexedFile::new(record, extraction))
    }
}

/// The result of reading a file with a changed fingerprint.
pub(crate) enum ReadOutcome {
    New(IndexedFile),
    /// The content is unchanged; only the modification time differs.
    Touched(FileRecord),
    Gone,
}

/// Maximum length of a summary, in bytes.
const MAX_SUMMARY_LEN: usize = 240;

/// Returns the first paragraph of a documentation text on one line, truncated to [`MAX_SUMMARY_LEN`] bytes.
fn summarize(doc: &str) -> Option<Box<str>> {
    let clean = extract::clean_doc(doc);
    let paragraph: Vec<&str> = clean
        .trim()
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .map(str::trim)
        .collect();
    let mut text = paragraph.join(" ");
    if text.len() > MAX_SUMMARY_LEN {
        let cut = (0..=MAX_SUMMARY_LEN)
            .rev()
            .find(|&at| text.is_char_boundary(at))
            .unwrap_or(0);
        text.truncate(cut);
        text.push('…');
    }
    (!text.is_empty()).then(|| text.into())
}

fn modified(meta: &Metadata) -> u64 {
    let since = meta
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| since.as_nanos() as u64)
}

/// Compiles globs. Private globs ignore case, so that a renamed secret stays private, and may be exceptions (`!`).
fn globs(patterns: &[String], private: bool) -> Result<GlobSet, IndexError> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let bad = |error: globset::Error| IndexError::BadGlob {
            glob: pattern.clone(),
            reason: error.kind().to_string(),
        };
        // As in .gitignore, a pattern without a slash matches at any depth.
        let glob = pattern
            .strip_prefix('!')
            .filter(|_| private)
            .unwrap_or(pattern);
        let anywhere = if glob.contains('/') {
            glob.trim_start_matches('/').to_owned()
        } else {
            format!("**/{glob}")
        };
        let mut builder = GlobBuilder::new(&anywhere);
        builder.case_insensitive(private);
        set.add(builder.build().map_err(bad)?);
    }
    set.build().map_err(|error| IndexError::BadGlob {
        glob: String::new(),
        reason: error.to_string(),
    })
}
