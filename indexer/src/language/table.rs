//! The fields of a row in the language table. The rows are in [`super::rows`].

use std::sync::OnceLock;

use super::compiled::CompiledGrammar;

/// Pairs of a node kind and one of its fields.
pub(crate) type Pairs = &'static [(&'static str, &'static str)];
pub(crate) type Names = &'static [&'static str];

pub(crate) struct LanguageSpec {
    pub id: &'static str,
    pub name: &'static str,
    pub extensions: Names,
    pub file_names: Names,
    pub interpreters: Names,
    /// Extensions of another row that belong to this language if the text contains one of the given words (C++ in a `.h` file).
    pub claims: &'static [(&'static str, Names)],
    /// Languages of the same family can import each other: JavaScript and TypeScript, C and C++.
    pub family: &'static str,
    /// Separator between the names of a container and its member.
    pub separator: &'static str,
    /// Whether files in the same folder can use each other's definitions without an import.
    pub folder_is_scope: bool,
    /// Whether code inside a type can refer to members of the type without a qualifier.
    pub members_are_bare: bool,
    pub syntax: Syntax,
}

#[expect(
    clippy::large_enum_variant,
    reason = "rows are statics, which are never moved"
)]
pub(crate) enum Syntax {
    Tree(TreeSyntax),
    Markdown,
    /// reStructuredText and AsciiDoc: headings are underlined or start with `=`.
    Structured,
    Notebook,
    Toml,
    Yaml,
    Json,
    Plain,
}

/// A grammar specification and its lazily compiled tables.
pub(crate) struct TreeSyntax {
    grammar: GrammarSpec,
    compiled: OnceLock<Option<CompiledGrammar>>,
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

    /// Returns the compiled tables, or `None` if the row does not match its grammar, which a test excludes.
    pub fn compiled(&'static self) -> Option<&'static CompiledGrammar> {
        let build = || {
            let result = CompiledGrammar::new(&self.grammar);
            result
                .inspect_err(|error| {
                    tracing::error!("the definition of a language is invalid: {error}")
                })
                .ok()
        };
        self.compiled.get_or_init(build).as_ref()
    }
}

/// How extraction interprets the syntax tree of a language. Node kinds and fields are those of the tree-sitter grammar.
pub(crate) struct GrammarSpec {
    pub language: fn() -> tree_sitter::Language,
    /// The source of the definition queries.
    pub definitions: &'static str,
    pub identifiers: Names,
    pub comments: Names,
    /// Nodes that are names only where they are called or defined.
    pub callees: Names,
    /// Source text that the grammar does not parse, such as the replacement of a C macro.
    pub raw: Names,
    /// Leaves that are enumeration members if they are direct children of the enumeration.
    pub variants: Names,
    /// The text inside string literals, without interpolated code.
    pub strings: Names,
    /// Call nodes with the field of the callee. Instead of a field, `<` is the first named child and `>` the last.
    pub calls: Pairs,
    /// Paths and member accesses with the field of the last name.
    pub members: Pairs,
    /// Nodes that wrap a definition, with the field of the definition. `<` requires that there is only one named child.
    pub wrappers: Pairs,
    /// Attributes, decorators and annotations.
    pub attributes: Names,
    /// Nodes that contain annotations and keywords.
    pub modifiers: Names,
    /// Anonymous functions: their declarations are local.
    pub closures: Names,
    /// Nodes whose content the grammar only splits into tokens.
    pub tokens: Names,
    /// Nodes whose content is not indexed. A trailing `*` matches any suffix.
    pub opaque: Names,
    pub packages: Names,
    pub import_kinds: Names,
    /// Functions whose call is an import, such as `require`.
    pub import_calls: Names,
    pub imports: ImportSyntax,
    pub doc: Doc,
    pub visibility: Visibility,
    pub tests: Tests,
}

/// The import syntax of a language.
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

/// The documentation syntax of a language.
pub(crate) struct Doc {
    /// Prefixes of comments that document the following definition. The empty prefix accepts all comments.
    pub outer: Names,
    /// Prefixes of comments that document the enclosing definition or file.
    pub inner: Names,
    /// Node kinds of strings that document the enclosing definition or file.
    pub docstring: Names,
    /// Whether the first comment of a file may document the file.
    pub leading: bool,
}

/// The visibility rule of a language: when other files can refer to a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visibility {
    Everything,
    /// A leading underscore makes a name private.
    Underscore,
    /// A leading capital makes a name public.
    Capital,
    /// `pub`, unless restricted to the module itself.
    Pub,
    /// `export` at the top level; members are public unless marked.
    Export,
    /// One of these keywords before the name makes it private.
    PrivateIf(Names),
    /// One of these keywords before the name makes it public; members without any of them are private.
    PublicIf(Names),
    /// Members by their section (`private:`); other definitions are public unless one of the keywords precedes the name.
    Sections {
        private_if: Names,
        /// Whether members of a class outside of any section are public. `private_if` then applies to members, too.
        in_classes: bool,
    },
}

/// How definitions are recognized as tests, in addition to the path of the file.
pub(crate) struct Tests {
    /// Words in attributes, annotations or decorators.
    pub attributes: Names,
    pub function_prefixes: Names,
    pub class_prefixes: Names,
}

/// Default values of a row.
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
