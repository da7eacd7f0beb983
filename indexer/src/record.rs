//! What the index keeps of one file: its fingerprint and its facts, in the form that is stored and held in memory.
//!
//! Names that are used but not defined here are kept as 64-bit hashes: the graph only ever compares them, a million of them fit in
//! 24 MB, and reading them back allocates nothing. (At 10⁶ distinct names two collide with probability 3 × 10⁻⁸.)

use std::hash::Hasher;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::extract::NameRole;
use crate::facts::{Extraction, FileFacts, Import, LineRange, Span, Symbol, Use, UseRole};
use crate::language::Language;

/// Identifies a file by its path, the same in every process and at every start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct FileKey(pub u64);

impl FileKey {
    pub fn of(path: &str) -> Self {
        FileKey(hash64(path.as_bytes()))
    }
}

/// Identifies a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct NameKey(pub u64);

impl NameKey {
    /// Names are short and hashed by the million, so this is FxHash with its bits mixed, not a cryptographic hash.
    pub fn of(name: &str) -> Self {
        let mut hasher = rustc_hash::FxHasher::default();
        hasher.write(name.as_bytes());
        NameKey(hasher.finish())
    }
}

/// The first 64 bits of the BLAKE3 hash.
pub(crate) fn hash64(bytes: &[u8]) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(bytes).as_bytes()[..8]);
    u64::from_le_bytes(first)
}

/// What tells a changed file from an unchanged one: size and time first, the hash when these differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    pub size: u64,
    /// Nanoseconds since the epoch.
    pub modified: u64,
    /// [`hash64`] of the content; zero for a file that was never read.
    pub hash: u64,
}

/// Why a file is not in the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SkipReason {
    TooLarge {
        bytes: u64,
    },
    NotText,
    /// Written by a program, and the sign of it.
    Generated(String),
    /// It matches a privacy glob: it appears in no answer, prompt, sample or log.
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
            SkipReason::Generated(sign) => write!(f, "generated: {sign}"),
            SkipReason::Private => f.write_str("private"),
            SkipReason::Unreadable(why) => write!(f, "cannot be read: {why}"),
        }
    }
}

/// [`crate::UseRole`] in four bytes: the owner of a member as 29 bits of its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct RoleKey(u32);

impl RoleKey {
    pub const BARE: RoleKey = RoleKey(0);
    pub const MEMBER: RoleKey = RoleKey(1);
    pub const MACRO: RoleKey = RoleKey(2);

    /// A member of the named owner.
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

/// [`crate::Use`] with its names hashed, in 24 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct HashedUse {
    pub name: NameKey,
    pub role: RoleKey,
    /// [`HashedUse::FILE`] outside of any definition.
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

    /// The definition that uses the name.
    pub fn by(&self) -> Option<u32> {
        (self.by != Self::FILE).then_some(self.by)
    }
}

/// One file as the index knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    /// Of the path; kept because it is asked for more often than hashing is free.
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
    /// The first paragraph of the file's own documentation, so that modules can be described without reading files.
    pub summary: Option<Box<str>>,
    pub package: Option<Box<str>>,
    pub errors: u32,
    /// Whether parsing took too long, so that the file is indexed as plain text.
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

    /// Takes over the facts; the chunks of `extraction` are left to the caller.
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

    /// The uses of one name in this file, one entry for each definition that uses it.
    pub fn uses_of(&self, name: NameKey) -> &[HashedUse] {
        let start = self.uses.partition_point(|u| u.name < name);
        let end = start + self.uses[start..].partition_point(|u| u.name == name);
        &self.uses[start..end]
    }

    /// Whether the definition, or the whole file, is a test.
    pub fn is_test(&self, symbol: Option<u32>) -> bool {
        self.test
            || symbol
                .and_then(|index| self.symbols.get(index as usize))
                .is_some_and(|s| s.test)
    }
}

/// A file ready to be written: what is kept and what is searched.
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

/// Where a chunk lies, packed into one fast-field value.
pub(crate) fn pack_lines(lines: LineRange) -> u64 {
    u64::from(lines.first) << 32 | u64::from(lines.last)
}

pub(crate) fn unpack_lines(packed: u64) -> LineRange {
    LineRange {
        first: (packed >> 32) as u32,
        last: packed as u32,
    }
}
