//! The language table. To add a language, add a row, a `.scm` file with definition queries, and a fixture test.
//!
//! Node kinds and fields are those of the tree-sitter grammar; a test checks that they exist.

use super::table::{
    BASE, Doc, GrammarSpec, ImportSyntax, LanguageSpec, Names, Pairs, Syntax, Tests, TreeSyntax,
    Visibility,
};

/// All languages. If two rows have the same extension, the first one is used.
pub(crate) static ROWS: &[&LanguageSpec] = &[
    &PYTHON,
    &RUST,
    &TYPESCRIPT,
    &TSX,
    &JAVASCRIPT,
    &GO,
    &JAVA,
    &C,
    &CPP,
    &CSHARP,
    &RUBY,
    &PHP,
    &BASH,
    &LUA,
    &SQL,
    &MARKDOWN,
    &RESTRUCTURED_TEXT,
    &NOTEBOOK,
    &TOML,
    &YAML,
    &JSON,
    &PLAIN,
];

const EMPTY: LanguageSpec = LanguageSpec {
    id: "",
    name: "",
    family: "",
    separator: ".",
    folder_is_scope: false,
    members_are_bare: false,
    extensions: &[],
    file_names: &[],
    interpreters: &[],
    claims: &[],
    syntax: Syntax::Plain,
};

static PYTHON: LanguageSpec = LanguageSpec {
    id: "python",
    name: "Python",
    family: "python",
    separator: ".",
    folder_is_scope: false,
    members_are_bare: false,
    extensions: &["py", "pyi", "pyw"],
    file_names: &["SConstruct", "SConscript", "wscript"],
    interpreters: &["python", "pypy"],
    claims: &[],
    syntax: Syntax::Tree(TreeSyntax::new(GrammarSpec {
        language: || tree_sitter_python::LANGUAGE.into(),
        definitions: include_str!("python.scm"),
        calls: &[("call", "function")],
        members: &[("attribute", "attribute")],
        wrappers: &[("decorated_definition", "definition")],
        attributes: &["decorator"],
        closures: &["lambda"],
        opaque: &["string_start", "string_end", "line_continuation"],
        import_kinds: &[
            "import_statement",
            "import_from_statement",
            "future_import_statement",
        ],
        imports: ImportSyntax::Python,
        doc: Doc {
            outer: &[],
            inner: &[],
            docstring: &["string"],
            leading: false,
        },
        visibility: Visibility::Underscore,
        tests: Tests {
            attributes: &["fixture"],
            function_prefixes: &["test_"],
            class_prefixes: &["Test"],
        },
        ..BASE
    })),
};

static RUST: LanguageSpec = LanguageSpec {
    id: "rust",
    name: "Rust",
    family: "rust",
    separator: "::",
    folder_is_scope: false,
    members_are_bare: false,
    extensions: &["rs"],
    file_names: &[],
    interpreters: &["rust-script"],
    claims: &[],
    syntax: Syntax::Tree(TreeSyntax::new(GrammarSpec {
        language: || tree_sitter_rust::LANGUAGE.into(),
        definitions: include_str!("rust.scm"),
        identifiers: &[
            "identifier",
            "type_identifier",
            "field_identifier",
            "shorthand_field_identifier",
        ],
        comments: &["line_comment", "block_comment"],
        calls: &[
            ("call_expression", "function"),
            ("macro_invocation", "macro"),
            ("struct_expression", "name"),
        ],
        members: &[
            ("field_expression", "field"),
            ("scoped_identifier", "name"),
            ("scoped_type_identifier", "name"),
            ("generic_function", "function"),
            ("generic_type_with_turbofish", "type"),
        ],
        attributes: &["attribute_item"],
        closures: &["closure_expression"],
        tokens: &["token_tree"],
        opaque: &[
            "lifetime",
            "label",
            "metavariable",
            "fragment_specifier",
            "visibility_modifier",
            "mutable_specifier",
        ],
        import_kinds: &["use_declaration", "extern_crate_declaration", "mod_item"],
        imports: ImportSyntax::Rust,
        doc: Doc {
            outer: &["///", "/**"],
            inner: &["//!", "/*!"],
            docstring: &[],
            leading: false,
        },
        visibility: Visibility::Pub,
        tests: Tests {
            attributes: &["test", "bench", "proptest", "quickcheck", "rstest"],
            function_prefixes: &[],
            class_prefixes: &[],
        },
        ..BASE
    })),
};

/// Settings shared by JavaScript and TypeScript.
const ECMASCRIPT: GrammarSpec = GrammarSpec {
    identifiers: &[
        "identifier",
        "property_identifier",
        "private_property_identifier",
        "shorthand_property_identifier",
        "shorthand_property_identifier_pattern",
        "import",
    ],
    strings: &["string_fragment", "regex_pattern", "jsx_text"],
    calls: ECMASCRIPT_CALLS,
    members: ECMASCRIPT_MEMBERS,
    wrappers: &[("export_statement", "declaration")],
    attributes: &["decorator"],
    closures: &[
        "arrow_function",
        "function_expression",
        "generator_function",
        "class_static_block",
    ],
    opaque: &[
        "statement_identifier",
        "regex_flags",
        "hash_bang_line",
        "this",
        "optional_chain",
    ],
    import_kinds: &[
        "import_statement",
        "export_statement",
        "assignment_expression",
    ],
    import_calls: &["require", "import"],
    imports: ImportSyntax::EcmaScript,
    doc: Doc {
        outer: &["/**"],
        inner: &[],
        docstring: &[],
        leading: true,
    },
    visibility: Visibility::Export,
    ..BASE
};

const ECMASCRIPT_CALLS: Pairs = &[
    ("call_expression", "function"),
    ("new_expression", "constructor"),
    ("jsx_opening_element", "name"),
    ("jsx_self_closing_element", "name"),
];

const ECMASCRIPT_MEMBERS: Pairs = &[
    ("member_expression", "property"),
    ("parenthesized_expression", "<"),
    ("await_expression", "<"),
];

/// TypeScript with and without JSX use different grammars and the same settings.
const TYPESCRIPT_GRAMMAR: GrammarSpec = GrammarSpec {
    language: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    definitions: concat!(
        include_str!("ecmascript.scm"),
        include_str!("typescript.scm")
    ),
    identifiers: &[
        "identifier",
        "type_identifier",
        "property_identifier",
        "private_property_identifier",
        "shorthand_property_identifier",
        "shorthand_property_identifier_pattern",
        "import",
    ],
    variants: &["property_identifier"],
    strings: &["string_fragment", "regex_pattern"],
    calls: &[
        ("call_expression", "function"),
        ("new_expression", "constructor"),
    ],
    members: &[
        ("member_expression", "property"),
        ("parenthesized_expression", "<"),
        ("await_expression", "<"),
        ("non_null_expression", "<"),
        ("instantiation_expression", "<"),
    ],
    wrappers: &[
        ("export_statement", "declaration"),
        ("ambient_declaration", "<"),
    ],
    opaque: &[
        "statement_identifier",
        "regex_flags",
        "hash_bang_line",
        "this",
        "optional_chain",
        "accessibility_modifier",
        "override_modifier",
        "predefined_type",
    ],
    ..ECMASCRIPT
};

static TYPESCRIPT: LanguageSpec = LanguageSpec {
    id: "typescript",
    name: "TypeScript",
    family: "javascript",
    separator: ".",
    folder_is_scope: false,
    members_are_bare: false,
    extensions: &["ts", "mts", "cts"],
    interpreters: &["deno", "ts-node", "tsx"],
    syntax: Syntax::Tree(TreeSyntax::new(TYPESCRIPT_GRAMMAR)),
    ..EMPTY
};

static TSX: LanguageSpec = LanguageSpec {
    id: "typescriptreact",
    name: "TSX",
    family: "javascript",
    separator: ".",
    folder_is_scope: false,
    members_are_bare: false,
    extensions: &["tsx"],
    syntax: Syntax::Tree(TreeSyntax::new(GrammarSpec {
        language: || tree_sitter_typescript::LANGUAGE_TSX.into(),
        strings: &["string_fragment", "regex_pattern", "jsx_text"],
        calls: ECMASCRIPT_CALLS,
        ..TYPESCRIPT_GRAMMAR
    })),
    ..EMPTY
};

static JAVASCRIPT: LanguageSpec = LanguageSpec {
    id: "javascript",
    name: "JavaScript",
    family: "javascript",
    separator: ".",
    folder_is_scope: false,
    members_are_bare: false,
    extensions: &["js", "jsx", "mjs", "cjs"],
    file_names: &["Jakefile"],
    interpreters: &["node", "nodejs", "bun"],
    syntax: Syntax::Tree(TreeSyntax::new(GrammarSpec {
        language: || tree_sitter_javascript::LANGUAGE.into(),
        definitions: concat!(
            include_str!("ecmascript.scm"),
            include_str!("javascript.scm")
        ),
        ..ECMASCRIPT
    })),
    ..EMPTY
};

static GO: LanguageSpec = LanguageSpec {
    id: "go",
    name: "Go",
    family: "go",
    separator: ".",
    folder_is_scope: true,
    members_are_bare: false,
    extensions: &["go"],
    syntax: Syntax::Tree(TreeSyntax::new(GrammarSpec {
        language: || tree_sitter_go::LANGUAGE.into(),
        definitions: include_str!("go.scm"),
        identifiers: &[
            "identifier",
            "type_identifier",
            "field_identifier",
            "package_identifier",
        ],
        strings: &[
            "interpreted_string_literal_content",
            "raw_string_literal_content",
        ],
        calls: &[
            ("call_expression", "function"),
            ("composite_literal", "type"),
        ],
        members: &[
            ("selector_expression", "field"),
            ("qualified_type", "name"),
            ("generic_type", "type"),
            ("type_instantiation_expression", "type"),
        ],
        wrappers: &[
            ("type_declaration", "<"),
            ("const_declaration", "<"),
            ("var_declaration", "<"),
        ],
        closures: &["func_literal"],
        opaque: &["label_name", "blank_identifier"],
        packages: &["package_clause"],
        import_kinds: &["import_declaration"],
        imports: ImportSyntax::Go,
        visibility: Visibility::Capital,
        ..BASE
    })),
    ..EMPTY
};

static JAVA: LanguageSpec = LanguageSpec {
    id: "java",
    name: "Java",
    family: "java",
    separator: ".",
    folder_is_scope: true,
    members_are_bare: true,
    extensions: &["java"],
    syntax: Syntax::Tree(TreeSyntax::new(GrammarSpec {
        language: || tree_sitter_java::LANGUAGE.into(),
        definitions: include_str!("java.scm"),
        identifiers: &["identifier", "type_identifier"],
        comments: &["line_comment", "block_comment"],
        strings: &["string_fragment", "multiline_string_fragment"],
        calls: &[
            ("method_invocation", "name"),
            ("object_creation_expression", "type"),
        ],
        members: &[("generic_type", "<"), ("scoped_type_identifier", ">")],
        attributes: &["annotation", "marker_annotation"],
        modifiers: &["modifiers"],
        closures: &["lambda_expression"],
        opaque: &[
            "this",
            "integral_type",
            "floating_point_type",
            "boolean_type",
            "void_type",
        ],
        packages: &["package_declaration"],
        import_kinds: &["import_declaration"],
        imports: ImportSyntax::Java,
        doc: Doc {
            outer: &["/**"],
            inner: &[],
            docstring: &[],
            leading: true,
        },
        visibility: Visibility::PrivateIf(&["private"]),
        tests: Tests {
            attributes: &[
                "Test",
                "ParameterizedTest",
                "RepeatedTest",
                "TestFactory",
                "BeforeEach",
                "AfterEach",
                "BeforeAll",
                "AfterAll",
            ],
            function_prefixes: &[],
            class_prefixes: &[],
        },
        ..BASE
    })),
    ..EMPTY
};

const C_GRAMMAR: GrammarSpec = GrammarSpec {
    language: || tree_sitter_c::LANGUAGE.into(),
    definitions: include_str!("c.scm"),
    identifiers: &["identifier", "type_identifier", "field_identifier"],
    raw: &["preproc_arg"],
    strings: &["string_content", "system_lib_string"],
    calls: &[("call_expression", "function")],
    members: &[
        ("field_expression", "field"),
        ("parenthesized_expression", "<"),
    ],
    attributes: &[],
    opaque: &[
        "statement_identifier",
        "primitive_type",
        "storage_class_specifier",
        "type_qualifier",
        "preproc_directive",
    ],
    import_kinds: &["preproc_include"],
    imports: ImportSyntax::Include,
    visibility: Visibility::PrivateIf(&["static"]),
    ..BASE
};

static C: LanguageSpec = LanguageSpec {
    id: "c",
    name: "C",
    family: "c",
    separator: ".",
    folder_is_scope: true,
    members_are_bare: false,
    extensions: &["c", "h"],
    syntax: Syntax::Tree(TreeSyntax::new(C_GRAMMAR)),
    ..EMPTY
};

static CPP: LanguageSpec = LanguageSpec {
    id: "cpp",
    name: "C++",
    family: "c",
    separator: "::",
    folder_is_scope: true,
    members_are_bare: true,
    extensions: &[
        "cpp", "cc", "cxx", "c++", "hpp", "hh", "hxx", "h++", "ipp", "inl", "tpp", "ino", "cu",
        "cuh",
    ],
    claims: &[(
        "h",
        &[
            "class ",
            "namespace ",
            "template",
            "public:",
            "private:",
            "#include <string>",
            "std::",
            "constexpr ",
        ],
    )],
    syntax: Syntax::Tree(TreeSyntax::new(GrammarSpec {
        language: || tree_sitter_cpp::LANGUAGE.into(),
        definitions: concat!(include_str!("c.scm"), include_str!("cpp.scm")),
        identifiers: &[
            "identifier",
            "type_identifier",
            "field_identifier",
            "namespace_identifier",
        ],
        strings: &["string_content", "raw_string_content", "system_lib_string"],
        calls: &[
            ("call_expression", "function"),
            ("new_expression", "type"),
            ("field_initializer", "<"),
        ],
        members: &[
            ("field_expression", "field"),
            ("qualified_identifier", "name"),
            ("template_function", "name"),
            ("template_method", "name"),
            ("template_type", "name"),
            ("dependent_name", ">"),
            ("parenthesized_expression", "<"),
        ],
        wrappers: &[("template_declaration", ">")],
        closures: &["lambda_expression"],
        opaque: &[
            "statement_identifier",
            "primitive_type",
            "storage_class_specifier",
            "type_qualifier",
            "preproc_directive",
            "raw_string_delimiter",
            "auto",
            "this",
            "virtual_specifier",
        ],
        visibility: Visibility::Sections {
            private_if: &["static"],
            in_classes: false,
        },
        ..C_GRAMMAR
    })),
    ..EMPTY
};

static CSHARP: LanguageSpec = LanguageSpec {
    id: "csharp",
    name: "C#",
    family: "csharp",
    separator: ".",
    folder_is_scope: true,
    members_are_bare: true,
    extensions: &["cs", "csx"],
    syntax: Syntax::Tree(TreeSyntax::new(GrammarSpec {
        language: || tree_sitter_c_sharp::LANGUAGE.into(),
        definitions: include_str!("csharp.scm"),
        strings: &[
            "string_literal_content",
            "string_content",
            "raw_string_content",
            "verbatim_string_literal",
        ],
        calls: &[
            ("invocation_expression", "function"),
            ("object_creation_expression", "type"),
        ],
        members: &[
            ("member_access_expression", "name"),
            ("conditional_access_expression", ">"),
            ("member_binding_expression", "name"),
            ("qualified_name", "name"),
            ("generic_name", "<"),
        ],
        attributes: &["attribute_list"],
        closures: &["lambda_expression", "anonymous_method_expression"],
        opaque: &[
            "modifier",
            "predefined_type",
            "implicit_type",
            "raw_string_start",
            "raw_string_end",
            "interpolation_*",
        ],
        packages: &["file_scoped_namespace_declaration", "namespace_declaration"],
        import_kinds: &["using_directive"],
        imports: ImportSyntax::CSharp,
        doc: Doc {
            outer: &["///", "/**"],
            inner: &[],
            docstring: &[],
            leading: true,
        },
        visibility: Visibility::PublicIf(&["public", "internal", "protected"]),
        tests: Tests {
            attributes: &[
                "Test",
                "TestCase",
                "TestMethod",
                "TestClass",
                "TestFixture",
                "Fact",
                "Theory",
            ],
            function_prefixes: &[],
            class_prefixes: &[],
        },
        ..BASE
    })),
    ..EMPTY
};

static RUBY: LanguageSpec = LanguageSpec {
    id: "ruby",
    name: "Ruby",
    family: "ruby",
    separator: "::",
    folder_is_scope: true,
    members_are_bare: true,
    extensions: &["rb", "rake", "gemspec", "ru"],
    file_names: &[
        "Rakefile",
        "Gemfile",
        "Guardfile",
        "Vagrantfile",
        "Podfile",
        "Fastfile",
    ],
    interpreters: &["ruby"],
    syntax: Syntax::Tree(TreeSyntax::new(GrammarSpec {
        language: || tree_sitter_ruby::LANGUAGE.into(),
        definitions: include_str!("ruby.scm"),
        identifiers: &[
            "identifier",
            "constant",
            "instance_variable",
            "class_variable",
            "global_variable",
        ],
        strings: &["string_content", "heredoc_content", "simple_symbol"],
        calls: &[("call", "method")],
        members: &[("scope_resolution", "name")],
        closures: &["do_block", "block", "lambda"],
        opaque: &["self", "super", "heredoc_beginning", "heredoc_end"],
        import_calls: &["require", "require_relative", "load", "autoload"],
        imports: ImportSyntax::Ruby,
        visibility: Visibility::Sections {
            private_if: &["private", "protected"],
            in_classes: true,
        },
        tests: Tests {
            attributes: &[],
            function_prefixes: &["test_"],
            class_prefixes: &["Test"],
        },
        ..BASE
    })),
    ..EMPTY
};

static PHP: LanguageSpec = LanguageSpec {
    id: "php",
    name: "PHP",
    family: "php",
    separator: "::",
    folder_is_scope: true,
    members_are_bare: false,
    extensions: &["php", "phtml", "php5", "php7"],
    interpreters: &["php"],
    syntax: Syntax::Tree(TreeSyntax::new(GrammarSpec {
        language: || tree_sitter_php::LANGUAGE_PHP.into(),
        definitions: include_str!("php.scm"),
        identifiers: &["name"],
        strings: &["string_content", "nowdoc_string", "text"],
        calls: &[
            ("function_call_expression", "function"),
            ("member_call_expression", "name"),
            ("nullsafe_member_call_expression", "name"),
            ("scoped_call_expression", "name"),
            ("object_creation_expression", "<"),
        ],
        members: &[("qualified_name", ">"), ("relative_name", ">")],
        attributes: &["attribute_list"],
        closures: &["anonymous_function", "arrow_function"],
        opaque: &[
            "php_tag",
            "php_end_tag",
            "*_modifier",
            "primitive_type",
            "heredoc_start",
            "heredoc_end",
        ],
        packages: &["namespace_definition"],
        import_kinds: &[
            "namespace_use_declaration",
            "include_expression",
            "include_once_expression",
            "require_expression",
            "require_once_expression",
        ],
        imports: ImportSyntax::Php,
        doc: Doc {
            outer: &["/**"],
            inner: &[],
            docstring: &[],
            leading: true,
        },
        visibility: Visibility::PrivateIf(&["private", "protected"]),
        tests: Tests {
            attributes: &["Test", "DataProvider"],
            function_prefixes: &[],
            class_prefixes: &[],
        },
        ..BASE
    })),
    ..EMPTY
};

static BASH: LanguageSpec = LanguageSpec {
    id: "shellscript",
    name: "Bash",
    family: "shellscript",
    separator: ".",
    folder_is_scope: true,
    members_are_bare: false,
    extensions: &["sh", "bash", "zsh", "ksh", "bats", "ebuild"],
    file_names: &[".bashrc", ".bash_profile", ".profile", ".zshrc", "PKGBUILD"],
    interpreters: &["sh", "bash", "zsh", "dash", "ksh", "ash"],
    syntax: Syntax::Tree(TreeSyntax::new(GrammarSpec {
        language: || tree_sitter_bash::LANGUAGE.into(),
        definitions: include_str!("bash.scm"),
        identifiers: &["variable_name"],
        callees: &["word"],
        strings: &[
            "string_content",
            "raw_string",
            "ansi_c_string",
            "heredoc_content",
        ],
        calls: &[("command", "name")],
        members: &[("command_name", "<")],
        opaque: &[
            "heredoc_start",
            "heredoc_end",
            "file_descriptor",
            "special_variable_name",
            "test_operator",
        ],
        import_calls: &["source", "."],
        imports: ImportSyntax::Bash,
        ..BASE
    })),
    ..EMPTY
};

static LUA: LanguageSpec = LanguageSpec {
    id: "lua",
    name: "Lua",
    family: "lua",
    separator: ".",
    folder_is_scope: true,
    members_are_bare: false,
    extensions: &["lua", "rockspec", "luau"],
    file_names: &[".luacheckrc"],
    interpreters: &["lua", "luajit"],
    syntax: Syntax::Tree(TreeSyntax::new(GrammarSpec {
        language: || tree_sitter_lua::LANGUAGE.into(),
        definitions: include_str!("lua.scm"),
        calls: &[("function_call", "name")],
        members: &[
            ("dot_index_expression", "field"),
            ("method_index_expression", "method"),
        ],
        closures: &["function_definition"],
        import_calls: &["require", "dofile", "loadfile"],
        imports: ImportSyntax::Lua,
        visibility: Visibility::PrivateIf(&["local"]),
        ..BASE
    })),
    ..EMPTY
};

static SQL: LanguageSpec = LanguageSpec {
    id: "sql",
    name: "SQL",
    family: "sql",
    separator: ".",
    folder_is_scope: true,
    members_are_bare: false,
    extensions: &["sql", "ddl", "dml", "psql", "pgsql"],
    syntax: Syntax::Tree(TreeSyntax::new(GrammarSpec {
        language: || tree_sitter_sequel::LANGUAGE.into(),
        definitions: include_str!("sql.scm"),
        comments: &["comment", "marginalia"],
        strings: &["literal"],
        calls: &[("invocation", "<")],
        members: &[("object_reference", "name")],
        opaque: &["keyword_*", "dollar_quote"],
        ..BASE
    })),
    ..EMPTY
};

static MARKDOWN: LanguageSpec = LanguageSpec {
    id: "markdown",
    name: "Markdown",
    family: "markdown",
    separator: ".",
    folder_is_scope: false,
    members_are_bare: false,
    extensions: &["md", "markdown", "mdx", "mkd", "qmd", "rmd"],
    syntax: Syntax::Markdown,
    ..EMPTY
};

static RESTRUCTURED_TEXT: LanguageSpec = LanguageSpec {
    id: "restructuredtext",
    name: "Structured text",
    family: "restructuredtext",
    separator: ".",
    folder_is_scope: false,
    members_are_bare: false,
    extensions: &["rst", "rest", "adoc", "asciidoc", "asc"],
    syntax: Syntax::Structured,
    ..EMPTY
};

static NOTEBOOK: LanguageSpec = LanguageSpec {
    id: "jupyter",
    name: "Jupyter notebook",
    family: "jupyter",
    separator: ".",
    folder_is_scope: false,
    members_are_bare: false,
    extensions: &["ipynb"],
    syntax: Syntax::Notebook,
    ..EMPTY
};

static TOML: LanguageSpec = LanguageSpec {
    id: "toml",
    name: "TOML",
    family: "toml",
    separator: ".",
    folder_is_scope: false,
    members_are_bare: false,
    extensions: &["toml"],
    file_names: &["Pipfile"],
    syntax: Syntax::Toml,
    ..EMPTY
};

static YAML: LanguageSpec = LanguageSpec {
    id: "yaml",
    name: "YAML",
    family: "yaml",
    separator: ".",
    folder_is_scope: false,
    members_are_bare: false,
    extensions: &["yaml", "yml"],
    file_names: &[".clang-format", ".clang-tidy"],
    syntax: Syntax::Yaml,
    ..EMPTY
};

const JSON_NAMES: Names = &[
    ".babelrc",
    ".eslintrc",
    ".prettierrc",
    ".jshintrc",
    "composer.lock",
];

static JSON: LanguageSpec = LanguageSpec {
    id: "json",
    name: "JSON",
    family: "json",
    separator: ".",
    folder_is_scope: false,
    members_are_bare: false,
    extensions: &["json", "jsonc", "json5", "webmanifest", "code-workspace"],
    file_names: JSON_NAMES,
    syntax: Syntax::Json,
    ..EMPTY
};

pub(crate) static PLAIN: LanguageSpec = LanguageSpec {
    id: "plaintext",
    name: "Plain text",
    family: "plaintext",
    separator: ".",
    folder_is_scope: false,
    members_are_bare: false,
    extensions: &["txt", "text", "log"],
    syntax: Syntax::Plain,
    ..EMPTY
};
