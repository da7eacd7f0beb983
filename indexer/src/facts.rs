//! What extraction learns about one file: its definitions, what it uses, what it imports, and the text to search.
//!
//! These are plain values. They know nothing of grammars, of other files or of how they are stored.
//! Text is never copied into facts: documentation and signatures are byte spans of the file.

use serde::{Deserialize, Serialize};

/// A half-open range of UTF-8 byte offsets in a file.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Span {
            start: start as u32,
            end: end as u32,
        }
    }

    pub fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }

    pub fn covers(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// The text under the span, or nothing if the text is not the one the span was taken from.
    pub fn of(self, text: &str) -> Option<&str> {
        text.get(self.start as usize..self.end as usize)
    }
}

/// An inclusive range of zero-based lines.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
pub struct LineRange {
    pub first: u32,
    pub last: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SymbolKind {
    /// A namespace inside a file: Rust `mod`, C++ and C# `namespace`, TypeScript `namespace`, Ruby `module`.
    Module,
    Class,
    Struct,
    Enum,
    /// A Rust trait, a Java, Go, TypeScript or PHP interface.
    Interface,
    /// A Rust `impl` block: it contains methods but is not itself looked up by name.
    Impl,
    Function,
    Method,
    Macro,
    TypeAlias,
    Constant,
    Variable,
    Field,
    Variant,
    /// A section of a document; its name is the heading.
    Section,
    /// An SQL table or view.
    Table,
    /// A key of a configuration file.
    Key,
}

impl SymbolKind {
    /// Whether its members are named by way of it.
    pub fn is_type(self) -> bool {
        use SymbolKind::*;
        matches!(self, Class | Struct | Enum | Interface | Impl | Table)
    }
}

/// One definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Symbol {
    pub name: Box<str>,
    pub kind: SymbolKind,
    /// The type that it belongs to although it is written elsewhere: `S` of Go's `func (s *S) F()` and of C++'s `S::f() {…}`.
    pub receiver: Option<Box<str>>,
    /// Index of the enclosing definition in [`FileFacts::symbols`]; always smaller than this symbol's own index.
    pub container: Option<u32>,
    /// Whether other files may name it, by the language's own rule.
    pub public: bool,
    /// Whether it is a test or lies inside a test module of a file that is not itself a test.
    pub test: bool,
    /// The whole definition, attributes and decorators included, leading documentation excluded.
    pub span: Span,
    pub lines: LineRange,
    pub name_span: Span,
    /// From the start of the definition proper (after decorators) to before its body.
    pub signature: Span,
    /// The documentation comment or docstring, comment marks included.
    pub doc: Option<Span>,
}

/// How a name is written where it is used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum UseRole {
    /// Alone: `name`.
    Bare,
    /// A member of something that is more than a name: `f().name`.
    Member,
    /// A macro: `name!(…)`.
    Macro,
    /// A member of a name: `owner.name`, `owner::name`, `owner->name`.
    Of(Box<str>),
}

/// How often one name is used in one way by one definition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Use {
    pub name: Box<str>,
    pub role: UseRole,
    /// Index of the innermost chunk-forming definition that contains the uses (a function or method, else a type); none at file level.
    pub by: Option<u32>,
    /// The zero-based line of the first use.
    pub line: u32,
    /// All uses, calls included, definitions of the name excluded.
    pub count: u32,
    /// Those that are calls (or constructor or macro invocations).
    pub calls: u32,
}

/// One import, in a form shared by all languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Segments joined by `/`, relative ones beginning with `./` or `../`; Rust's `crate`, `self` and `super` stay as words.
    /// `from ..a.b import c` is `../a/b`, `use crate::x::Y` is `crate/x`, `import "./z"` is `./z`, `#include <a/b.h>` is `a/b.h`.
    pub path: Box<str>,
    /// What is taken from it, by its original name; `*` for all; empty when the module itself is imported.
    pub names: Vec<Box<str>>,
    pub line: u32,
}

/// All facts of a file that outlive its text.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FileFacts {
    /// In the order of their start, so that a container comes before its contents.
    pub symbols: Vec<Symbol>,
    /// Sorted, one entry for each pair of name and user.
    pub uses: Vec<Use>,
    pub imports: Vec<Import>,
    /// The documentation of the file as a whole: a Python module docstring, Rust `//!`, a Go package comment, a leading block comment that is not a licence.
    pub doc: Option<Span>,
    /// The package or namespace the file declares (`package a.b;` gives `a/b`).
    pub package: Option<Box<str>>,
    /// How many syntax errors the parser met.
    pub errors: u32,
}

/// One searchable unit: a function, a method, a type without its methods, a section, or what remains of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chunk {
    /// The definition this is the text of; none for the remainder of a file.
    pub symbol: Option<u32>,
    pub span: Span,
    pub lines: LineRange,
    /// Qualified name, container first, separated by spaces.
    pub name: String,
    pub signature: String,
    pub doc: String,
    /// Code without its comments and strings; the prose of a document.
    pub body: String,
    pub comments: String,
    pub strings: String,
}

/// Everything one pass over a file yields.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Extraction {
    pub facts: FileFacts,
    pub chunks: Vec<Chunk>,
    /// The parser took too long, so the file was taken as plain text.
    pub timed_out: bool,
}

/// One use of a name at an exact place, found by parsing on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    pub span: Span,
    pub line: u32,
    pub call: bool,
    /// Whether this is the name of a definition rather than a use.
    pub definition: bool,
}
