//! What a row of the table of languages can say. The rows are in [`super::rows`].

use std::sync::OnceLock;

use super::compiled::Compiled;

/// Pairs of a node kind and one of its fields.
pub(crate) type Pairs = &'static [(&'static str, &'static str)];
pub(crate) type Names = &'static [&'static str];

pub(crate) struct LanguageSpec {
    pub id: &'static str,
    pub name: &'static str,
    pub extensions: Names,
    pub file_names: Names,
    pub interpreters: Names,
    /// Extensions of another row that are this language if the text contains one of the words (C++ in a `.h`).
    pub claims: &'static [(&'static str, Names)],
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
    Tree(TreeSyntax),
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
pub(crate) struct TreeSyntax {
    grammar: GrammarSpec,
    compiled: OnceLock<Option<Compiled>>,
}

impl TreeSyntax {
    pub const fn new(grammar: GrammarSpec) -> TreeSyntax {
        TreeSyntax {
            grammar,
            compiled: OnceLock::new(),
        }
    }

    #[cfg(test)]
    pub fn grammar(&self) -> &GrammarSpec {
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
pub(crate) struct GrammarSpec {
    pub language: fn() -> tree_sitter::Language,
    /// The text of the definitions query.
    pub definitions: &'static str,
    pub identifiers: Names,
    pub comments: Names,
    /// Words that are a name only where something is called or defined by them.
    pub callees: Names,
    /// Source text the grammar leaves alone, such as the replacement of a C macro.
    pub raw: Names,
    /// Leaves that are members of an enumeration where they stand directly in one.
    pub variants: Names,
    /// The text inside string literals. Interpolated code lies beside it, not inside.
    pub strings: Names,
    /// Where a call says what it calls. Instead of a field, `<` is the first child and `>` the last.
    pub calls: Pairs,
    /// Where a path or a member access says its last name.
    pub members: Pairs,
    /// Nodes around a definition that belong to it, and where the definition is. `<` asks that there is only one.
    pub wrappers: Pairs,
    /// Attributes, decorators and annotations.
    pub attributes: Names,
    /// Nodes that hold annotations beside keywords.
    pub modifiers: Names,
    /// Functions without a name: what they declare is local to them.
    pub closures: Names,
    /// Nodes whose tokens the grammar does not parse further.
    pub tokens: Names,
    /// Nodes with nothing inside that anyone would search for. A final `*` stands for any ending.
    pub opaque: Names,
    pub packages: Names,
    pub import_kinds: Names,
    /// Functions whose call imports something.
    pub import_calls: Names,
    pub imports: ImportSyntax,
    pub doc: Doc,
    pub visibility: Visibility,
    pub tests: Tests,
}

/// How a language writes its imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImportSyntax {
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
    pub outer: Names,
    /// How a comment begins that documents what it stands in.
    pub inner: Names,
    /// The node kind of a string that documents what it stands in.
    pub docstring: Names,
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
    HiddenBy(Names),
    /// One of these words before the name shows; without any, members are hidden.
    ShownBy(Names),
    /// Members by the section they stand in (`private:`), the rest unless one of the words stands before the name.
    Sections {
        hidden_by: Names,
        in_classes: bool,
    },
}

/// How a language marks a definition as a test, apart from the path of its file.
pub(crate) struct Tests {
    /// Words in an attribute, annotation or decorator.
    pub attributes: Names,
    pub function_prefixes: Names,
    pub class_prefixes: Names,
}

/// What a row need not say.
pub(crate) const BASE: GrammarSpec = GrammarSpec {
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
    imports: ImportSyntax::None,
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
