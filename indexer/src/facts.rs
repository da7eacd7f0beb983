//! The result of extracting one file: its definitions, the names it uses, its imports, and the text to search.
//!
//! These are plain values, independent of grammars, of other files and of the storage format.
//! Facts contain no copies of the text: documentation and signatures are byte spans of the file.

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

    /// Returns the text of the span, or `None` if the span does not lie on character boundaries of `text`.
    pub fn of(self, text: &str) -> Option<&str> {
        text.get(self.start as usize..self.end as usize)
    }
}

/// A range of lines. Both ends are 0-based and inclusive.
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
    /// A Rust `impl` block. It contains methods, but it is not looked up by name itself.
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
    /// The noun for a definition of this kind in a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            SymbolKind::Module => "module",
            SymbolKind::Class => "class",
            SymbolKind::Struct => "struct",
            SymbolKind::Enum => "enum",
            SymbolKind::Interface => "interface",
            SymbolKind::Impl => "implementation",
            SymbolKind::Function => "function",
            SymbolKind::Method => "method",
            SymbolKind::Macro => "macro",
            SymbolKind::TypeAlias => "type alias",
            SymbolKind::Constant => "constant",
            SymbolKind::Variable => "variable",
            SymbolKind::Field => "field",
            SymbolKind::Variant => "variant",
            SymbolKind::Section => "section",
            SymbolKind::Table => "table",
            SymbolKind::Key => "key",
        }
    }

    /// Whether members are qualified with the name of this symbol.
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
    /// The type this symbol belongs to if it is defined outside that type: `S` in Go's `func (s *S) F()` and in C++'s `S::f() {…}`.
    pub receiver: Option<Box<str>>,
    /// Index of the enclosing definition in [`FileFacts::symbols`]; always smaller than this symbol's own index.
    pub container: Option<u32>,
    /// Whether other files can refer to it, by the visibility rules of the language.
    pub public: bool,
    /// Whether it is a test, or inside a test module of a file that is not itself a test.
    pub test: bool,
    /// The whole definition, attributes and decorators included, leading documentation excluded.
    pub span: Span,
    pub lines: LineRange,
    pub name_span: Span,
    /// From the start of the definition (after decorators) up to its body.
    pub signature: Span,
    /// The documentation comment or docstring, including comment markers.
    pub doc: Option<Span>,
}

/// The syntactic form in which a name is used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum UseRole {
    /// Alone: `name`.
    Bare,
    /// A member of an expression that is not a plain name: `f().name`.
    Member,
    /// A macro: `name!(…)`.
    Macro,
    /// A member of a name: `owner.name`, `owner::name`, `owner->name`.
    Of(Box<str>),
}

/// The uses of one name in one syntactic form by one definition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Use {
    pub name: Box<str>,
    pub role: UseRole,
    /// Index of the innermost definition with a chunk of its own that contains the uses (a function or method, else a type); `None` at file level.
    pub by: Option<u32>,
    /// The 0-based line of the first use.
    pub line: u32,
    /// Number of uses, including calls, excluding definitions of the name.
    pub count: u32,
    /// Number of uses that are calls, or constructor or macro invocations.
    pub calls: u32,
}

/// One import, in the same form for all languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Segments joined by `/`. Relative paths begin with `./` or `../`; Rust's `crate`, `self` and `super` are kept as segments.
    /// `from ..a.b import c` is `../a/b`, `use crate::x::Y` is `crate/x`, `import "./z"` is `./z`, `#include <a/b.h>` is `a/b.h`.
    pub path: Box<str>,
    /// The imported names, before renaming with `as`; `*` for all names; empty if the module itself is imported. A default import of
    /// JavaScript has the name that the importing file gives it.
    pub names: Vec<Box<str>>,
    /// 0-based.
    pub line: u32,
}

/// The facts of a file that are kept after its text has been processed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FileFacts {
    /// Ordered by start offset, so that a container precedes its members.
    pub symbols: Vec<Symbol>,
    /// Sorted; one entry for each combination of name, role and containing definition.
    pub uses: Vec<Use>,
    pub imports: Vec<Import>,
    /// The documentation of the file: a Python module docstring, Rust `//!`, a Go package comment, or a leading block comment that is not a licence.
    pub doc: Option<Span>,
    /// The package or namespace the file declares (`package a.b;` gives `a/b`).
    pub package: Option<Box<str>>,
    /// The number of syntax errors found by the parser.
    pub errors: u32,
}

/// One searchable unit: a function, a method, a type without its methods, a section, or the rest of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chunk {
    /// Index of the definition this chunk belongs to; `None` for the rest of a file.
    pub symbol: Option<u32>,
    pub span: Span,
    pub lines: LineRange,
    /// The qualified name: containers first, separated by spaces.
    pub name: String,
    pub signature: String,
    pub doc: String,
    /// Code without comments and strings, or the prose of a document.
    pub body: String,
    pub comments: String,
    pub strings: String,
}

/// The complete result of extracting one file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Extraction {
    pub facts: FileFacts,
    pub chunks: Vec<Chunk>,
    /// Whether parsing exceeded its time limit, so that the file was treated as plain text.
    pub timed_out: bool,
}

/// One occurrence of a name at an exact position, found by parsing on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    pub span: Span,
    /// 0-based.
    pub line: u32,
    pub call: bool,
    /// Whether this is the name in a definition rather than a use.
    pub definition: bool,
}
