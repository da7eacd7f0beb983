//! What a row of the table of languages can say. The rows are in [`super::rows`].

use std::sync::OnceLock;

use super::compiled::Compiled;

/// Pairs of a node kind and one of its fields.
pub(crate) type Pairs = &'static [(&'static str, &'static str)];
pub(crate) type Kinds = &'static [&'static str];

pub(crate) struct Row {
    pub id: &'static str,
    pub name: &'static str,
    pub extensions: Kinds,
    pub file_names: Kinds,
    pub interpreters: Kinds,
    /// Extensions of another row that are this language if the text contains one of the words (C++ in a `.h`).
    pub claims: &'static [(&'static str, Kinds)],
    /// Rows of one family import from each other: JavaScript and TypeScript, C and C++.
    pub family: &'static str,
    /// Between the names of a container and its member.
    pub separator: &'static str,
    /// Whether the files of a folder see each other's definitions without an import.
    pub folder_is_scope: bool,
    /// Whether a member may be named without its owner inside of it.
    pub members_are_bare: bool,
    pub syntax: Syntax,
}

#[expect(
    clippy::large_enum_variant,
    reason = "rows are statics, which nothing moves"
)]
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
    pub const fn new(grammar: Grammar) -> Parsed {
        Parsed {
            grammar,
            compiled: OnceLock::new(),
        }
    }

    #[cfg(test)]
    pub fn grammar(&self) -> &Grammar {
        &self.grammar
    }

    /// None if the row contradicts its grammar, which a test excludes.
    pub fn compiled(&'static self) -> Option<&'static Compiled> {
        let build = || {
            let result = Compiled::new(&self.grammar);
            result
                .inspect_err(|error| tracing::error!("a language cannot be used: {error}"))
                .ok()
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
    /// Words that are a name only where something is called or defined by them.
    pub callees: Kinds,
    /// Source text the grammar leaves alone, such as the replacement of a C macro.
    pub raw: Kinds,
    /// Leaves that are members of an enumeration where they stand directly in one.
    pub variants: Kinds,
    /// The text inside string literals. Interpolated code lies beside it, not inside.
    pub strings: Kinds,
    /// Where a call says what it calls. Instead of a field, `<` is the first child and `>` the last.
    pub calls: Pairs,
    /// Where a path or a member access says its last name.
    pub members: Pairs,
    /// Nodes around a definition that belong to it, and where the definition is. `<` asks that there is only one.
    pub wrappers: Pairs,
    /// Attributes, decorators and annotations.
    pub attributes: Kinds,
    /// Nodes that hold annotations beside keywords.
    pub modifiers: Kinds,
    /// Functions without a name: what they declare is local to them.
    pub closures: Kinds,
    /// Nodes whose tokens the grammar does not parse further.
    pub tokens: Kinds,
    /// Nodes with nothing inside that anyone would search for. A final `*` stands for any ending.
    pub opaque: Kinds,
    pub packages: Kinds,
    pub import_kinds: Kinds,
    /// Functions whose call imports something.
    pub import_calls: Kinds,
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
    /// Members by the section they stand in (`private:`), the rest unless one of the words stands before the name.
    Sections {
        hidden_by: Kinds,
        in_classes: bool,
    },
}

/// How a language marks a definition as a test, apart from the path of its file.
pub(crate) struct Tests {
    /// Words in an attribute, annotation or decorator.
    pub attributes: Kinds,
    pub function_prefixes: Kinds,
    pub class_prefixes: Kinds,
}

/// What a row need not say.
pub(crate) const BASE: Grammar = Grammar {
    language: || tree_sitter_python::LANGUAGE.into(),
    definitions: "",
    identifiers: &["identifier"],
    callees: &[],
    raw: &[],
    variants: &[],
    comments: &["comment"],
    strings: &["string_content"],
    calls: &[],
    members: &[],
    wrappers: &[],
    attributes: &[],
    modifiers: &[],
    closures: &[],
    tokens: &[],
    opaque: &[],
    packages: &[],
    import_kinds: &[],
    import_calls: &[],
    imports: Imports::None,
    doc: Doc {
        outer: &[""],
        inner: &[],
        docstring: &[],
        leading: true,
    },
    visibility: Visibility::Everything,
    tests: Tests {
        attributes: &[],
        function_prefixes: &[],
        class_prefixes: &[],
    },
};
