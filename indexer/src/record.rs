//! The record of one file: its fingerprint and facts, in the form that is stored on disk and held in memory.
//!
//! Used names are stored as 64-bit hashes: the graph only compares them, a million uses fit in 24 MB, and decoding them allocates
//! no strings. (With 10⁶ distinct names, the probability of a collision is 3 × 10⁻⁸.)

use std::hash::Hasher;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::extract::NameRole;
use crate::facts::{Extraction, FileFacts, Import, LineRange, Span, Symbol, Use, UseRole};
use crate::language::Language;

/// Identifies a file by a hash of its path. The same in all processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct FileKey(pub u64);

impl FileKey {
    pub fn of(path: &str) -> Self {
        FileKey(hash64(path.as_bytes()))
    }
}

/// Identifies a name by its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct NameKey(pub u64);

impl NameKey {
    /// Uses FxHash rather than a cryptographic hash, because millions of short names are hashed.
    pub fn of(name: &str) -> Self {
        let mut hasher = rustc_hash::FxHasher::default();
        hasher.write(name.as_bytes());
        NameKey(hasher.finish())
    }
}

/// Returns the first 64 bits of the BLAKE3 hash.
pub(crate) fn hash64(bytes: &[u8]) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(bytes).as_bytes()[..8]);
    u64::from_le_bytes(first)
}

/// Detects changed files: by size and modification time first, and by content hash if these differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    pub size: u64,
    /// Modification time in nanoseconds since the Unix epoch.
    pub modified: u64,
    /// [`hash64`] of the content; 0 for a file that was not read.
    pub hash: u64,
}

/// Why a file is not in the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SkipReason {
    TooLarge {
        bytes: u64,
    },
    NotText,
    /// Generated code, with the reason why it is considered generated.
    Generated(String),
    /// Matches a privacy glob. Private files never appear in answers, prompts, samples or logs.
    Private,
    Unreadable(String),
}

impl std::fmt::Display for SkipReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SkipReason::TooLarge { bytes } => {
                write!(f, "larger than the limit ({:.1} MB)", *bytes as f64 / 1e6)
            }
            SkipReason::NotText => f.write_str("not text"),
            SkipReason::Generated(reason) => write!(f, "generated: {reason}"),
            SkipReason::Private => f.write_str("private"),
            SkipReason::Unreadable(why) => write!(f, "cannot be read: {why}"),
        }
    }
}

/// [`crate::UseRole`] in 4 bytes: the owner of a member is stored as 29 bits of its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct RoleKey(u32);

impl RoleKey {
    pub const BARE: RoleKey = RoleKey(0);
    pub const MEMBER: RoleKey = RoleKey(1);
    pub const MACRO: RoleKey = RoleKey(2);

    /// Returns the key for a member of `owner`.
    pub fn of(owner: &str) -> RoleKey {
        RoleKey((NameKey::of(owner).0 as u32) << 3 | 4)
    }

    pub fn is_of(self, owner: &str) -> bool {
        self == RoleKey::of(owner)
    }
}

impl From<NameRole<'_>> for RoleKey {
    fn from(role: NameRole<'_>) -> Self {
        match role {
            NameRole::Bare => RoleKey::BARE,
            NameRole::Member => RoleKey::MEMBER,
            NameRole::Macro => RoleKey::MACRO,
            NameRole::Of(owner) => RoleKey::of(owner),
        }
    }
}

impl From<&UseRole> for RoleKey {
    fn from(role: &UseRole) -> Self {
        match role {
            UseRole::Bare => RoleKey::BARE,
            UseRole::Member => RoleKey::MEMBER,
            UseRole::Macro => RoleKey::MACRO,
            UseRole::Of(owner) => RoleKey::of(owner),
        }
    }
}

/// [`crate::Use`] with hashed names, in 24 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct HashedUse {
    pub name: NameKey,
    pub role: RoleKey,
    /// Index of the containing definition, or [`HashedUse::FILE`] outside of any definition.
    by: u32,
    pub line: u32,
    pub count: u16,
    pub calls: u16,
}

impl HashedUse {
    const FILE: u32 = u32::MAX;

    fn new(used: &Use) -> Self {
        HashedUse {
            name: NameKey::of(&used.name),
            role: RoleKey::from(&used.role),
            by: used.by.unwrap_or(Self::FILE),
            line: used.line,
            count: used.count.min(u16::MAX.into()) as u16,
            calls: used.calls.min(u16::MAX.into()) as u16,
        }
    }

    /// Index of the definition that contains the uses.
    pub fn by(&self) -> Option<u32> {
        (self.by != Self::FILE).then_some(self.by)
    }
}

/// The indexed state of one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    /// The hash of `path`, stored to avoid hashing the path repeatedly.
    pub key: FileKey,
    pub path: Arc<str>,
    pub fingerprint: Fingerprint,
    pub skipped: Option<SkipReason>,
    /// The language's id in the language table.
    pub language: Option<Box<str>>,
    pub test: bool,
    pub lines: u32,
    pub symbols: Vec<Symbol>,
    /// Sorted by name.
    pub uses: Vec<HashedUse>,
    pub imports: Vec<Import>,
    pub doc: Option<Span>,
    /// The first paragraph of the file's documentation, stored so that modules can be described without reading files.
    pub summary: Option<Box<str>>,
    pub package: Option<Box<str>>,
    pub errors: u32,
    /// Whether parsing exceeded its time limit, so that the file is indexed as plain text.
    pub unparsed: bool,
}

impl FileRecord {
    pub fn new(path: &str, fingerprint: Fingerprint) -> Self {
        FileRecord {
            key: FileKey::of(path),
            path: path.into(),
            fingerprint,
            skipped: None,
            language: None,
            test: false,
            lines: 0,
            symbols: Vec::new(),
            uses: Vec::new(),
            imports: Vec::new(),
            doc: None,
            summary: None,
            package: None,
            errors: 0,
            unparsed: false,
        }
    }

    pub fn skipped(path: &str, fingerprint: Fingerprint, reason: SkipReason) -> Self {
        FileRecord {
            skipped: Some(reason),
            ..FileRecord::new(path, fingerprint)
        }
    }

    /// Fills in the extracted facts.
    pub fn with_facts(mut self, facts: FileFacts) -> Self {
        let FileFacts {
            symbols,
            uses,
            imports,
            doc,
            package,
            errors,
        } = facts;
        self.uses = uses.iter().map(HashedUse::new).collect();
        self.uses.sort_unstable();
        (
            self.symbols,
            self.imports,
            self.doc,
            self.package,
            self.errors,
        ) = (symbols, imports, doc, package, errors);
        self
    }

    pub fn language(&self) -> Option<Language> {
        Language::from_id(self.language.as_deref()?)
    }

    /// Returns the uses of one name in this file, one entry for each role and containing definition.
    pub fn uses_of(&self, name: NameKey) -> &[HashedUse] {
        let start = self.uses.partition_point(|u| u.name < name);
        let end = start + self.uses[start..].partition_point(|u| u.name == name);
        &self.uses[start..end]
    }

    /// Whether the definition or the whole file is a test.
    pub fn is_test(&self, symbol: Option<u32>) -> bool {
        self.test
            || symbol
                .and_then(|index| self.symbols.get(index as usize))
                .is_some_and(|s| s.test)
    }
}

/// A file to be written to the index: its record and its searchable chunks.
pub(crate) struct IndexedFile {
    pub record: FileRecord,
    pub chunks: Vec<crate::facts::Chunk>,
}

impl IndexedFile {
    pub fn new(record: FileRecord, extraction: Extraction) -> Self {
        IndexedFile {
            record: record.with_facts(extraction.facts),
            chunks: extraction.chunks,
        }
    }
}

/// Packs the line range of a chunk into one fast-field value.
pub(crate) fn pack_lines(lines: LineRange) -> u64 {
    u64::from(lines.first) << 32 | u64::from(lines.last)
}

pub(crate) fn unpack_lines(packed: u64) -> LineRange {
    LineRange {
        first: (packed >> 32) as u32,
        last: packed as u32,
    }
}
