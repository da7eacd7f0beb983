//! The table of languages: one row each. To add a language, add a row, its `.scm`, and a fixture test.
//!
//! Node kinds and fields are the grammar's own names; a test checks that the grammar knows every one of them.

use std::sync::OnceLock;

use super::compiled::Compiled;

/// Pairs of a node kind and one of its fields.
pub(crate) type Pairs = &'static [(&'static str, &'static str)];
type Kinds = &'static [&'static str];

pub(crate) struct Row {
    pub id: &'static str,
    pub name: &'static str,
    pub extensions: Kinds,
    pub file_names: Kinds,
    pub interpreters: Kinds,
    /// Extensions of another row that are this language if the text contains one of the words (C++ in a `.h`).
    pub claims: &'static [(&'static str, Kinds)],
    pub syntax: Syntax,
}

pub(crate) enum Syntax {
    Tree(Parsed),
    Markdown,
    /// reStructuredText and AsciiDoc: headings by underlining or by leading `=`.
    Structured,
    Notebook,
    Toml,
    Yaml,
    Json,
    Plain,
}

/// A grammar and, once it was needed, its tables.
pub(crate) struct Parsed {
    grammar: Grammar,
    compiled: OnceLock<Option<Compiled>>,
}

impl Parsed {
    const fn new(grammar: Grammar) -> Parsed {
        Parsed { grammar, compiled: OnceLock::new() }
    }

    /// None if the row contradicts its grammar, which a test excludes.
    pub fn compiled(&'static self) -> Option<&'static Compiled> {
        let build = || {
            let result = Compiled::new(&self.grammar);
            result.inspect_err(|error| tracing::error!("a language cannot be used: {error}")).ok()
        };
        self.compiled.get_or_init(build).as_ref()
    }
}

/// How one language looks to the walk over its syntax tree.
pub(crate) struct Grammar {
    pub language: fn() -> tree_sitter::Language,
    /// The text of the definitions query.
    pub definitions: &'static str,
    pub identifiers: Kinds,
    pub comments: Kinds,
    /// The text inside string literals. Interpolated code lies beside it, not inside.
    pub strings: Kinds,
    /// Where a call says what it calls.
    pub calls: Pairs,
    /// Where a path or a member access says its last name.
    pub members: Pairs,
    /// Nodes around a definition that belong to it, and where the definition is.
    pub wrappers: Pairs,
    /// Attributes, decorators and annotations.
    pub attributes: Kinds,
    /// Nodes that hold annotations beside keywords.
    pub modifiers: Kinds,
    /// Functions without a name: what they declare is local to them.
    pub closures: Kinds,
    /// Nodes whose tokens the grammar does not parse further.
    pub tokens: Kinds,
    /// Nodes with nothing inside that anyone would search for.
    pub opaque: Kinds,
    pub packages: Kinds,
    pub import_kinds: Kinds,
    pub imports: Imports,
    pub doc: Doc,
    pub visibility: Visibility,
    pub tests: Tests,
}

/// How a language writes its imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Imports {
    None,
    Python,
    Rust,
    EcmaScript,
    Go,
    Java,
    Include,
    CSharp,
    Ruby,
    Php,
    Lua,
    Bash,
}

/// How a language documents a definition.
pub(crate) struct Doc {
    /// How a comment before a definition must begin to document it; the empty mark accepts all.
    pub outer: Kinds,
    /// How a comment begins that documents what it stands in.
    pub inner: Kinds,
    /// The node kind of a string that documents what it stands in.
    pub docstring: Kinds,
    /// Whether the first comment of a file may document the file.
    pub leading: bool,
}

/// How a language says that other files may name a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visibility {
    Everything,
    /// A leading underscore hides.
    Underscore,
    /// A capital shows.
    Capital,
    /// `pub`, unless restricted to the module itself.
    Pub,
    /// `export` at the top level; members are public unless marked.
    Export,
    /// One of these words before the name hides.
    HiddenBy(Kinds),
    /// One of these words before the name shows; without any, members are hidden.
    ShownBy(Kinds),
}

/// How a language marks a definition as a test, apart from the path of its file.
pub(crate) struct Tests {
    /// Words in an attribute, annotation or decorator.
    pub attributes: Kinds,
    pub function_prefixes: Kinds,
    pub class_prefixes: Kinds,
}

const NO_TESTS: Tests = Tests { attributes: &[], function_prefixes: &[], class_prefixes: &[] };

/// All languages. Where two rows claim an extension the first wins.
pub(crate) static ROWS: &[&Row] = &[&PYTHON, &RUST, &PLAIN];

static PYTHON: Row = Row {
    id: "python",
    name: "Python",
    extensions: &["py", "pyi", "pyw"],
    file_names: &["SConstruct", "SConscript", "wscript"],
    interpreters: &["python", "pypy"],
    claims: &[],
    syntax: Syntax::Tree(Parsed::new(Grammar {
        language: || tree_sitter_python::LANGUAGE.into(),
        definitions: include_str!("python.scm"),
        identifiers: &["identifier"],
        comments: &["comment"],
        strings: &["string_content"],
        calls: &[("call", "function")],
        members: &[("attribute", "attribute")],
        wrappers: &[("decorated_definition", "definition")],
        attributes: &["decorator"],
        modifiers: &[],
        closures: &["lambda"],
        tokens: &[],
        opaque: &["string_start", "string_end", "line_continuation"],
        packages: &[],
        import_kinds: &["import_statement", "import_from_statement", "future_import_statement"],
        imports: Imports::Python,
        doc: Doc { outer: &[], inner: &[], docstring: &["string"], leading: false },
        visibility: Visibility::Underscore,
        tests: Tests { attributes: &["fixture"], function_prefixes: &["test_"], class_prefixes: &["Test"] },
    })),
};

static RUST: Row = Row {
    id: "rust",
    name: "Rust",
    extensions: &["rs"],
    file_names: &[],
    interpreters: &["rust-script"],
    claims: &[],
    syntax: Syntax::Tree(Parsed::new(Grammar {
        language: || tree_sitter_rust::LANGUAGE.into(),
        definitions: include_str!("rust.scm"),
        identifiers: &["identifier", "type_identifier", "field_identifier", "shorthand_field_identifier"],
        comments: &["line_comment", "block_comment"],
        strings: &["string_content"],
        calls: &[("call_expression", "function"), ("macro_invocation", "macro"), ("struct_expression", "name")],
        members: &[
            ("field_expression", "field"),
            ("scoped_identifier", "name"),
            ("scoped_type_identifier", "name"),
            ("generic_function", "function"),
            ("generic_type_with_turbofish", "type"),
        ],
        wrappers: &[],
        attributes: &["attribute_item"],
        modifiers: &[],
        closures: &["closure_expression"],
        tokens: &["token_tree"],
        opaque: &["lifetime", "label", "metavariable", "fragment_specifier"],
        packages: &[],
        import_kinds: &["use_declaration", "extern_crate_declaration", "mod_item"],
        imports: Imports::Rust,
        doc: Doc { outer: &["///", "/**"], inner: &["//!", "/*!"], docstring: &[], leading: false },
        visibility: Visibility::Pub,
        tests: Tests { attributes: &["test", "bench", "proptest", "quickcheck", "rstest"], function_prefixes: &[], class_prefixes: &[] },
    })),
};

pub(crate) static PLAIN: Row = Row {
    id: "plaintext",
    name: "Plain text",
    extensions: &["txt", "text"],
    file_names: &[],
    interpreters: &[],
    claims: &[],
    syntax: Syntax::Plain,
};
