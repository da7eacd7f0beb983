//! Which files a workspace has, and reading one of them into a record.
//!
//! The only module that lists or reads workspace files. It knows nothing of the store or of what is already indexed.

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

/// Folders that hold no source of their own even where no ignore file says so.
const NEVER: &[&str] = &[
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

/// What belongs to the index, by the user's settings.
#[derive(Debug, Clone)]
pub(crate) struct ScanRules {
    root: PathBuf,
    exclude: GlobSet,
    private: PrivateFiles,
    max_file_bytes: u64,
    languages_off: Vec<String>,
}

/// Files that may hold secrets, by the globs of the settings.
#[derive(Debug, Clone)]
pub struct PrivateFiles {
    globs: GlobSet,
    /// For each glob, in their order, whether it is an exception.
    exceptions: Vec<bool>,
}

impl PrivateFiles {
    pub fn new(patterns: &[String]) -> Result<Self, IndexError> {
        Ok(PrivateFiles {
            globs: globs(patterns, true)?,
            exceptions: patterns.iter().map(|glob| glob.starts_with('!')).collect(),
        })
    }

    /// Of a path relative to the root, separated by `/`. The last glob that matches decides, as in .gitignore.
    pub fn contains(&self, path: &str) -> bool {
        let matching = self.globs.matches(path);
        matching.last().is_some_and(|&last| !self.exceptions[last])
    }
}

/// A file found by a walk, with what the file system says of it.
#[derive(Debug, Clone)]
pub(crate) struct FoundFile {
    /// Relative to the root, separated by `/`.
    pub path: String,
    pub size: u64,
    pub modified: u64,
}

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct ScanListing {
    pub files: Vec<FoundFile>,
    /// Every folder that is not ignored: what has to be watched.
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

    /// The path relative to the root with `/`, or nothing for a path that lies elsewhere or is not Unicode.
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

    /// Lists `folder` and, unless `shallow`, everything below it.
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
            !(excluded || entry.depth() > 0 && NEVER.contains(&name))
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

    /// The folder, if it belongs to the workspace and none of its parents is ignored.
    pub fn holds(&self, folder: &Path) -> bool {
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

    /// Whether a scan would take a file of this path and size, which need not be on the disk yet.
    pub fn admits(&self, path: &str, size: u64) -> bool {
        let absolute = self.absolute(path);
        let Some(parent) = absolute.parent() else {
            return false;
        };
        let excluded = self.exclude.is_match(path);
        if size > self.max_file_bytes || excluded || !self.holds(parent) {
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

    /// The text of a file now, for showing it. Links that lead out of the workspace or to a private file are not followed.
    pub fn text_of(&self, path: &str, max_bytes: u64) -> Option<Arc<str>> {
        let real = self.absolute(path).canonicalize().ok()?;
        if self.is_private(&self.relative(&real)?) || real.metadata().ok()?.len() > max_bytes {
            return None;
        }
        String::from_utf8(std::fs::read(real).ok()?)
            .ok()
            .map(Arc::from)
    }

    /// Whether what the index has of a file that did not change is what these rules would make of it. The user may have made it
    /// private since, or raised the limit.
    pub fn agree(&self, known: &FileRecord, size: u64) -> bool {
        let private = self.is_private(&known.path);
        let large = !private && size > self.max_file_bytes;
        let is_off = |id: &str| self.languages_off.iter().any(|off| off == id);
        let language = match known.language.as_deref() {
            // It may have been off before.
            Some(id) if id == Language::plain().id() => Language::of_path(&known.path)
                .is_none_or(|by_path| by_path.id() == id || is_off(by_path.id())),
            Some(id) => !is_off(id),
            None => true,
        };
        language
            && private == matches!(known.skipped, Some(SkipReason::Private))
            && large == matches!(known.skipped, Some(SkipReason::TooLarge { .. }))
    }

    /// Reads a file. `known` is what the index has of it: where the content is the same, only the fingerprint is new.
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

    /// The record and the chunks of a text, from the disk or from an open buffer.
    pub fn index(
        &self,
        path: &str,
        text: &str,
        fingerprint: Fingerprint,
    ) -> Result<IndexedFile, SkipReason> {
        if let Some(sign) = extract::looks_generated(path, text) {
            return Err(SkipReason::Generated(sign.to_owned()));
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

/// The outcome of reading a file that looked changed.
pub(crate) enum ReadOutcome {
    New(IndexedFile),
    /// The content is the one already indexed; only its time changed.
    Touched(FileRecord),
    Gone,
}

/// The first paragraph of a piece of documentation, on one line and of bounded length.
fn summarize(doc: &str) -> Option<Box<str>> {
    const LONGEST: usize = 240;
    let clean = extract::clean_doc(doc);
    let paragraph: Vec<&str> = clean
        .trim()
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .map(str::trim)
        .collect();
    let mut text = paragraph.join(" ");
    if text.len() > LONGEST {
        let cut = (0..=LONGEST)
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

/// Private globs know no case, because secrets are the same in capitals, and may be exceptions.
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
